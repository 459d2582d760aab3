"""Classified parcels as files: the layer's own fields and geometry, then the prediction; whole or not at all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

import geopandas
import pandas
import pyogrio

from backend.errors import NotWritable, UnknownFormat, writing_to
from backend.protocol import FORMATS


def check_output(path: Path) -> str:
    """The driver that `path` asks for by its ending, after a trial that it can be written.

    Raises UnknownFormat; NotWritable (no such folder, no permission, held open by another program).
    """
    driver = FORMATS.get(path.suffix.lower().removeprefix("."))
    if driver is None:
        raise UnknownFormat(path, [f".{ending}" for ending in FORMATS])
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists():
            _check_free(path)
    return driver


def attach(
    table: geopandas.GeoDataFrame, predictions: pandas.DataFrame
) -> tuple[geopandas.GeoDataFrame, dict[str, str]]:
    """The layer's own fields, then the prediction's; and which own fields had to be renamed, for theirs are taken.

    Nothing of the layer is lost: its `crop_code` of an earlier run, say, stays as `crop_cod_1`.
    """
    taken = {name.lower() for name in predictions.columns}
    used = taken | {str(name).lower() for name in table.columns}
    renamed: dict[str, str] = {}
    for name in table.columns:
        if str(name).lower() in taken and name != table.geometry.name:
            renamed[name] = _free_name(str(name), used)
            used.add(renamed[name].lower())
    own = table.rename(columns=renamed)
    fields = own.drop(columns=own.geometry.name)
    joined = pandas.concat([fields.reset_index(drop=True), predictions.reset_index(drop=True)], axis=1)
    return geopandas.GeoDataFrame(joined, geometry=own.geometry.reset_index(drop=True), crs=table.crs), renamed


def write(table: geopandas.GeoDataFrame, path: Path, layer: str) -> None:
    """Writes a layer in the format of the path's ending; a failure leaves the old file. Raises as `check_output`."""
    driver = check_output(path)
    with writing_to(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        try:
            _write_as(table, Path(folder) / path.name, layer, driver)
        except pyogrio.errors.DataSourceError as error:
            raise NotWritable(path, error) from error
        for part in Path(folder).iterdir():
            shutil.move(part, path.with_name(part.name))


def _write_as(table: geopandas.GeoDataFrame, path: Path, layer: str, driver: str) -> None:
    if driver == "Parquet":  # GDAL's wheels come without it
        table.to_parquet(path, index=False)
        return
    options = {
        "CSV": {"GEOMETRY": "AS_WKT"},
        "ESRI Shapefile": {"ENCODING": "UTF-8"},
        "FlatGeobuf": {"SPATIAL_INDEX": "NO"},  # with one, features change their order and null geometries are refused
    }.get(driver, {})
    name = layer if driver == "GPKG" else path.stem
    kind = "Unknown" if table.geometry.isna().all() else None
    pyogrio.write_dataframe(
        table, path, layer=name, driver=driver, use_arrow=True, geometry_type=kind, layer_options=options
    )


def _check_free(path: Path) -> None:
    """Raises OSError when another program works on the file: a lock, or an open GeoPackage's journal beside it."""
    with path.open("r+b"):
        pass
    if path.suffix.lower() != ".gpkg":
        return
    if path.with_name(f"{path.name}-wal").exists():
        raise OSError(f"another program has it open ({path.name}-wal lies beside it)")
    try:
        with sqlite3.connect(path, timeout=0.2, isolation_level=None) as database:
            database.execute("BEGIN EXCLUSIVE").connection.rollback()
        database.close()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise OSError("another program has it open (the database is locked)") from error


def _free_name(name: str, used: set[str]) -> str:
    """A field name of at most ten characters, a shapefile's limit, that is not yet used."""
    return next(new for n in range(1, 1000) if (new := f"{name[: 9 - len(str(n))]}_{n}").lower() not in used)
