"""GeoParquet, read and written some features at a time; a parcel series store keeps its layer in one, too."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import shapely

from backend.parcels.sources import chunk
from backend.parcels.sources.chunk import ARROW, Chunk
from backend.parcels.sources.geometry_columns import with_outlines
from backend.parcels.sources.locations import reading, stamp

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")  # row numbers that pandas kept


@dataclass(frozen=True)
class GeoParquet:
    """A Source: a file, or a folder of files that are the parts of one layer. Without geometries it gives plain tables.

    `geometry`: the column of outlines, where it is not the one that the file names.
    """

    path: Path
    guessed: bool = False
    geometry: str | None = None

    @property
    def layer(self) -> str:
        return self.path.stem

    def chunks(self, geometry: bool = True, features: int | None = None) -> Iterator[Chunk]:
        parts, start = sorted(self.path.glob("*.parquet")) if self.path.is_dir() else [self.path], 0
        with reading(self.path):
            for part in parts:
                for table in tables(part, geometry, features, outlines=self.geometry):
                    table.index = pandas.RangeIndex(start, start + len(table))
                    start += len(table)
                    yield Chunk(table)

    def stamp(self) -> list[Any]:
        return [*stamp(self.path), *([self.geometry] if self.geometry else [])]


def tables(
    path: Path, geometry: bool = True, features: int | None = None, ids: bool = False, outlines: str | None = None
) -> Iterator[pandas.DataFrame]:  # fmt: skip
    """A file's rows, some at a time, at least one table. Rows are counted through the file or, with `ids`, have the
    index that pandas wrote, which is otherwise an ordinary field. `outlines`: as in GeoParquet. Raises BadArgument.
    """
    unused = [b"ARROW:schema", *([] if ids else [b"pandas"])]
    with closing(pyarrow.parquet.ParquetFile(path)) as file:
        metadata = {key: value for key, value in (file.metadata.metadata or {}).items() if key not in unused}
        geo = json.loads(metadata.get(b"geo", b"{}"))
        if geometry and not ids:
            geo = with_outlines(geo, file, outlines)
            metadata.update({b"geo": json.dumps(geo).encode()} if geo else {})
        left_out = set() if ids else {name for name in file.schema_arrow.names if _UNNAMED_INDEX.fullmatch(name)}
        left_out |= set() if geometry else set(geo.get("columns", ()))
        start = 0
        for batch in _batches(
            file, [name for name in file.schema_arrow.names if name not in left_out], features or chunk.FEATURES
        ):
            table = _table(batch.replace_schema_metadata(metadata), bool(geo) and geometry)
            if isinstance(table.index, pandas.RangeIndex):
                table.index = pandas.RangeIndex(start, start + len(table))
            start += len(table)
            yield table


def _batches(file: pyarrow.parquet.ParquetFile, columns: list[str], features: int) -> Iterator[pyarrow.Table]:
    if not file.metadata.num_rows:
        yield file.read(columns=columns)
    for batch in file.iter_batches(features, columns=columns):
        yield pyarrow.Table.from_batches([batch])


def _table(rows: pyarrow.Table, geometry: bool) -> pandas.DataFrame:
    """Outlines by geopandas, which knows their encodings; it reads files, so the rows become one in memory."""
    if not geometry:
        return rows.to_pandas(**ARROW)
    try:
        return _as_file(rows)
    except shapely.errors.GEOSException:  # a broken outline, which becomes null and affects no other
        return _as_file(_without_broken(rows))


def _as_file(rows: pyarrow.Table) -> geopandas.GeoDataFrame:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(rows, buffer, compression="none")
    return geopandas.read_parquet(buffer, to_pandas_kwargs=ARROW)


def _without_broken(rows: pyarrow.Table) -> pyarrow.Table:
    for name, column in json.loads(rows.schema.metadata[b"geo"])["columns"].items():
        if column.get("encoding") == "WKB":
            wkb = rows[name].to_numpy()
            sound = ~shapely.is_missing(shapely.from_wkb(wkb, on_invalid="ignore"))
            kept = pyarrow.array(np.where(sound, wkb, None), rows.schema.field(name).type)
            rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), kept)
    return rows


def write(path: Path, tables: Iterable[geopandas.GeoDataFrame], index: bool | None = None) -> None:
    """One file of tables that have the same fields and types, at least one; `index` as pandas takes it."""
    writer = None
    described: dict[str, Any] = {}
    try:
        for table in tables:
            rows, geo = _rows(table, index)
            described = _joined(described, geo)
            writer = writer or pyarrow.parquet.ParquetWriter(path, rows.schema)
            writer.write_table(rows.replace_schema_metadata(writer.schema.metadata))
        if writer is not None:
            writer.add_key_value_metadata({"geo": json.dumps(described)})
    finally:
        if writer is not None:
            writer.close()


def _rows(table: geopandas.GeoDataFrame, index: bool | None) -> tuple[pyarrow.Table, dict[str, Any]]:
    """The rows as geopandas encodes them, and its description of their geometry."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=index, compression=None)
    rows = pyarrow.parquet.read_table(buffer)
    metadata = dict(rows.schema.metadata)
    described = json.loads(metadata.pop(b"geo"))
    return rows.replace_schema_metadata(metadata), described


def _joined(described: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The description of all rows: every type of geometry, the box around all."""
    columns = {}
    for name, column in more["columns"].items():
        before = described.get("columns", {}).get(name, column)
        columns[name] = {**column, "geometry_types": sorted({*before["geometry_types"], *column["geometry_types"]})}
        boxes = [box for box in (before.get("bbox"), column.get("bbox")) if box]
        if boxes:
            west, south, east, north = zip(*boxes, strict=True)
            columns[name]["bbox"] = [min(west), min(south), max(east), max(north)]
    return {**more, "columns": columns}
