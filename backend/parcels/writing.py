"""Classified parcels as files: the layer's own fields and geometry, then the prediction; whole or not at all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyogrio
import shapely

from backend.errors import NotWritable, UnknownFormat, writing_to
from backend.parcels.places import layers_in
from backend.parcels.storable import cut_by_shapefile, for_gdal, polygons_only
from backend.protocol import FORMATS

_SHORT = 10  # bytes of a field name in a shapefile
_NO_SPACE = 1 << 20  # bytes free on a disk on which a file could not be finished


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
            _require_no_other_layers(path)
    return driver


def attach(
    table: geopandas.GeoDataFrame, predictions: pandas.DataFrame, path: Path
) -> tuple[geopandas.GeoDataFrame, dict[str, str]]:
    """The layer's own fields, then the prediction's; and which own fields had to be renamed, for theirs are taken.

    Nothing of the layer is lost: its `crop_code` of an earlier run, say, stays as `crop_cod_1`. In a shapefile a name
    is as good as its first ten bytes.
    """
    short = path.suffix.lower() == ".shp"
    taken = {name.lower() for name in predictions.columns}
    used = taken | {str(name).lower() for name in table.columns}
    renamed: dict[str, str] = {}
    for name in table.columns.drop(table.geometry.name):
        stored = str(name).encode()[:_SHORT].decode(errors="ignore") if short else str(name)
        if stored.lower() in taken:
            renamed[name] = _free_name(str(name), used)
            used.add(renamed[name].lower())
    own = table.rename(columns=renamed)
    fields = own.drop(columns=own.geometry.name)
    joined = pandas.concat([fields, predictions.set_index(fields.index)], axis=1)
    return geopandas.GeoDataFrame(joined, geometry=own.geometry, crs=table.crs), renamed


@dataclass(frozen=True)
class Losses:
    """What the format could not hold: how many outlines it left `emptied`, fields whose texts it `cut`."""

    emptied: int = 0
    cut: tuple[str, ...] = ()


def write(table: geopandas.GeoDataFrame, path: Path, layer: str) -> Losses:
    """Writes a layer in the format of the path's ending; a failure leaves the old file. Raises as `check_output`."""
    driver = check_output(path)
    losses = Losses()
    if driver == "ESRI Shapefile":
        table, emptied = polygons_only(table)
        losses = Losses(emptied, tuple(cut_by_shapefile(table)))
    with writing_to(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        try:
            _write_as(table, Path(folder) / path.name, layer, driver)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            if shutil.disk_usage(folder).free < _NO_SPACE:  # GDAL's words for it are many
                raise OSError(errno.ENOSPC, str(error)) from error
            raise NotWritable(path, error) from error
        for part in Path(folder).iterdir():
            shutil.move(part, path.with_name(part.name))
        if driver == "ESRI Shapefile":
            for ending in (".qix", ".sbn", ".sbx"):  # an index of the features that were there before
                path.with_suffix(ending).unlink(missing_ok=True)
    return losses


def _write_as(table: geopandas.GeoDataFrame, path: Path, layer: str, driver: str) -> None:
    if driver == "Parquet":  # GDAL's wheels come without it
        table.to_parquet(path, index=False)
        return
    table = for_gdal(table)
    fields = {str(name).lower() for name in table.columns.drop(table.geometry.name)}
    fid = _beside(fields, "fid")  # a layer's own field of that name stays one
    options = {
        "CSV": {"GEOMETRY": "AS_WKT"},
        "ESRI Shapefile": {"ENCODING": "UTF-8"},
        "FlatGeobuf": {"SPATIAL_INDEX": "NO"},  # with one, features change their order and null geometries are refused
        "GPKG": {"FID": fid, "GEOMETRY_NAME": _beside(fields, "geom")},
    }[driver]
    if driver == "GPKG" and _are_feature_ids(table.index):
        table.insert(0, fid, table.index.to_numpy())
    if driver == "FlatGeobuf" and shapely.has_m(table.geometry.array).any():  # which pyogrio cannot declare there
        flat = shapely.from_wkb(shapely.to_wkb(np.asarray(table.geometry.array), output_dimension=3))
        table = table.set_geometry(geopandas.GeoSeries(flat, table.index, crs=table.crs))
    name = layer if driver == "GPKG" else path.stem
    kind = "Unknown" if table.geometry.isna().all() else None
    version = {"VERSION": "1.3"} if driver == "GPKG" else {}  # the newest that QGIS 3.22 reads without a warning
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")  # imported series may have none
        warnings.filterwarnings("ignore", message=r"Layer '.*' has been declared with non-M")  # they are kept
        warnings.filterwarnings("ignore", message=".*(has been truncated|not successfully written)")  # told as Losses
        pyogrio.write_dataframe(
            table, path, layer=name, driver=driver, use_arrow=True, geometry_type=kind,
            layer_options=options, dataset_options=version,
        )  # fmt: skip


def _are_feature_ids(index: pandas.Index) -> bool:
    """Whether features have ids of the file they came from; a GeoPackage keeps rising ones and with them the order."""
    return index.name == "fid" and pandas.api.types.is_integer_dtype(index) and index.is_monotonic_increasing


def _check_free(path: Path) -> None:
    """Raises OSError when another program works on the file: a lock, or an open GeoPackage's journal beside it."""
    with path.open("r+b"):
        pass
    if path.suffix.lower() != ".gpkg":
        return
    if path.with_name(f"{path.name}-wal").exists():
        raise OSError(f"another program has it open ({path.name}-wal lies beside it)")
    try:
        with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE").connection.rollback()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise OSError("another program has it open (the database is locked)") from error


def _beside(fields: set[str], name: str) -> str:
    """`name`, or a like one where a field has it already."""
    return name if name not in fields else _free_name(name, fields)


def _free_name(name: str, used: set[str]) -> str:
    """A field name of at most ten characters, a shapefile's limit, that is not yet used."""
    return next(new for n in range(1, 1000) if (new := f"{name[: 9 - len(str(n))]}_{n}").lower() not in used)


def _require_no_other_layers(path: Path) -> None:
    """Raises NotWritable for a file of several layers: writing one would take the others away."""
    try:
        layers = [name for name, geometry in layers_in(str(path)).items() if geometry is not None]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):  # no layer at all: it may be replaced
        return
    if len(layers) > 1:
        raise NotWritable(path, f"it holds several layers ({', '.join(layers)}), which would be lost")
