"""The parcel index of a store, index.parquet: its columns, their types and ranges, and whether they agree."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from pyarrow import types

from backend.json_document import Fault
from backend.memory import require_memory
from backend.series.manifest import Manifest
from backend.vocabulary import CLASSIFIABLE, OUTLINES, QUALITY

_MOST = 2**53
_NEARLY = 1e-6  # by which a share of areas may be above 1
_SIDE_PX = 1 << 16  # positions are uint16


@dataclass(frozen=True)
class Column:
    """`least` and `most` of numbers. `always`: in every store, else where its maker knows it; `finished`: only in a
    finished one.
    """

    kind: str
    least: float = 0
    most: float = _MOST
    always: bool = True
    finished: bool = False


COLUMNS = {
    "parcel_id": Column("text"),
    "first_pixel": Column("whole numbers"),
    "n_pixels": Column("whole numbers"),
    "row_px": Column("whole numbers"),
    "column_px": Column("whole numbers"),
    "height_px": Column("whole numbers"),
    "width_px": Column("whole numbers"),
    "by_touch": Column("true or false"),
    "valid": Column("true or false"),
    "narrow": Column("true or false", always=False),
    "covered_share": Column("numbers", 0, 1 + _NEARLY, always=False),
    "inside_share": Column("numbers", 0, 1 + _NEARLY),
    "area_m2": Column("numbers", 0, 1e15),
    "perimeter_m": Column("numbers", 0, 1e15),
    "shared_px": Column("whole numbers", always=False),
    "outline": Column("text", always=False),
    "quality": Column("text", finished=True),
    "observed": Column("numbers", 0, 1 + _NEARLY, finished=True),
}
_KINDS: dict[str, Callable[[pyarrow.DataType], bool]] = {
    "text": lambda kind: types.is_string(kind) or types.is_large_string(kind),
    "whole numbers": types.is_signed_integer,
    "numbers": types.is_floating,
    "true or false": types.is_boolean,
}


def read_index(path: Path, manifest: Manifest) -> pandas.DataFrame:
    """One row per parcel, in the layer's order, without columns of a newer minor version. Raises OSError, Fault."""
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            wanted = [name for name in COLUMNS if name in names]
            _require_columns(names, manifest.complete)
            table = file.read(columns=wanted)
            faults = [_fault(name, table.column(name)) for name in wanted]
            index = table.to_pandas(ignore_metadata=True)
    except (pyarrow.ArrowException, KeyError, TypeError) as error:
        require_memory(error)
        raise Fault(str(error)[:200]) from error
    for fault in filter(None, faults):
        raise fault
    _require_ranges(index)
    _require_pixels(index, manifest)
    _require_known_flags(index)
    return index


def _require_columns(names: list[str], complete: bool) -> None:
    needed = [name for name, column in COLUMNS.items() if column.always and (complete or not column.finished)]
    missing = [name for name in needed if name not in names]
    if missing:
        raise Fault(f"it lacks the columns {', '.join(missing)}")
    repeated = [name for name in COLUMNS if names.count(name) > 1]
    if repeated:
        raise Fault(f"the column {repeated[0]} occurs twice")


def _fault(name: str, values: pyarrow.ChunkedArray) -> Fault | None:
    kind = COLUMNS[name].kind
    if not _KINDS[kind](values.type):
        return Fault(f"{name}: expected {kind}, found {values.type}")
    nulls = values.null_count
    return Fault(f"{name}: expected a value in every row, found {nulls} nulls") if nulls else None


def _require_ranges(index: pandas.DataFrame) -> None:
    for name, column in COLUMNS.items():
        if name in index and column.kind in ("whole numbers", "numbers"):
            values = index[name].to_numpy()
            wrong = ~((values >= column.least) & (values <= column.most))  # NaN, too
            _refuse(name, f"{column.least:g} to {column.most:g}", wrong, index)


def _require_pixels(index: pandas.DataFrame, manifest: Manifest) -> None:
    """Each parcel's pixels follow those of the parcel before, inside its box, which is inside the grid."""
    count, height, width = (index[name].to_numpy() for name in ("n_pixels", "height_px", "width_px"))
    _refuse("first_pixel", "the sum of n_pixels before", index["first_pixel"] != np.cumsum(count) - count, index)
    if manifest.positions:
        grid = manifest.grid
        rows, columns = (grid.height, grid.width) if grid else (_SIDE_PX, _SIDE_PX)
        _refuse("height_px", f"a box within {rows} rows", index["row_px"] + height > rows, index)
        _refuse("width_px", f"a box within {columns} columns", index["column_px"] + width > columns, index)
        _refuse("n_pixels", "at most height_px * width_px", count > height * width, index)
    if "shared_px" in index:
        _refuse("shared_px", "at most n_pixels", index["shared_px"] > count, index)


def _require_known_flags(index: pandas.DataFrame) -> None:
    """Flags and issues of outlines are in the vocabulary; parcels that can be classified have pixels."""
    if "quality" in index:
        flags = index["quality"]
        _refuse("quality", f"one of {', '.join(QUALITY)}", ~flags.isin(list(QUALITY)), index)
        empty = (index["n_pixels"] == 0) | ~index["valid"]
        _refuse("quality", "a flag that fits n_pixels and valid", flags.isin(CLASSIFIABLE) & empty, index)
    if "outline" in index:
        known = {text: set(text.split(",")) <= {*OUTLINES, ""} for text in index["outline"].unique()}
        _refuse("outline", f"some of {', '.join(OUTLINES)}", ~index["outline"].map(known).astype(bool), index)


def _refuse(name: str, expected: str, wrong: pandas.Series | np.ndarray, index: pandas.DataFrame) -> None:
    where = np.flatnonzero(np.asarray(wrong))
    if len(where):
        raise Fault(f"{name}: expected {expected}, found {index[name].iloc[where[0]]!r} in row {where[0]}")
