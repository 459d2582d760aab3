"""Classified parcels as files: the layer's own fields and geometry, then the prediction; whole or not at all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import geopandas
import pandas
import pyogrio

from backend.errors import OutputInUse, UnknownFormat
from backend.files import cause, shortage, writing_to
from backend.options import FORMATS
from backend.parcels import geopackage
from backend.parcels.batches import Batches
from backend.parcels.geopackage import is_geopackage, kept_tables
from backend.parcels.layer_style import LayerStyle
from backend.parcels.read_back import Tally, require_written
from backend.parcels.sources import geoparquet
from backend.parcels.storable import Contents, as_text
from backend.spreadsheet import cell
from backend.staging import Staging, staged

_WITHOUT_MEASURES = ("ESRI Shapefile", "FlatGeobuf")
_ROW_ID = "OGC_FID"  # GDAL takes a column of this name for feature ids, and drops it where a format keeps none
_OWN_IDS = (".gpkg", ".parquet")
_SHORT = 10  # bytes of a field name in a shapefile
_INDEXES = (".qix", ".sbn", ".sbx")  # of the features that a shapefile had before


def check_output(path: Path, layer: str | None = None, overwrite: bool = False) -> str:
    """The driver that `path` asks for by its ending, after a check that it can be written.

    A file that another program has open is no reason yet: it may be closed before the output is written. Raises
    UnknownFormat; NotWritable (no such folder, no permission); TableExists.
    """
    driver = FORMATS.get(path.suffix.lower().removeprefix("."))
    if driver is None:
        raise UnknownFormat(path, [f".{ending}" for ending in FORMATS])
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists():
            with suppress(OutputInUse):
                geopackage.require_free(path)
            if is_geopackage(path):
                geopackage.require_new(path, layer or path.stem, overwrite)
    return driver


def attach(
    table: geopandas.GeoDataFrame, predictions: pandas.DataFrame, path: Path
) -> tuple[geopandas.GeoDataFrame, dict[str, str]]:
    """The layer's own fields, then the prediction's; and which own fields had to be renamed because of them.

    Nothing of the layer is lost: its `crop_code` of an earlier run, say, stays as `crop_cod_1`. In a shapefile a name
    is as good as its first ten bytes; but for GeoParquet, capitals make no other name.
    """
    ending = path.suffix.lower()
    short = ending == ".shp"
    taken = {name.lower() for name in predictions.columns}
    used = taken | {str(name).lower() for name in table.columns}
    renamed: dict[str, str] = {}
    for name in table.columns.drop(table.geometry.name):
        stored = str(name).encode()[:_SHORT].decode(errors="ignore") if short else str(name)
        if stored.lower() in taken or (stored == _ROW_ID and ending not in _OWN_IDS):
            renamed[name] = _free_name(str(name), used)
            used.add(renamed[name].lower())
            continue
        if stored != str(name):  # cut by the format
            renamed[name] = stored
        if ending != ".parquet":
            taken.add(stored.lower())
    own = table.rename(columns=renamed)
    fields = own.drop(columns=own.geometry.name)
    added = _for_spreadsheets(predictions) if ending == ".csv" else predictions
    joined = pandas.concat([fields, added.set_index(fields.index)], axis=1)
    return geopandas.GeoDataFrame(joined, geometry=own.geometry, crs=table.crs), renamed


def _for_spreadsheets(predictions: pandas.DataFrame) -> pandas.DataFrame:
    """The names of a model's classes as texts that no spreadsheet executes; the layer's own fields are not changed."""
    texts = predictions.select_dtypes("string")
    return predictions.assign(
        **{name: texts[name].map(cell, na_action="ignore").astype(texts[name].dtype) for name in texts}
    )


@dataclass(frozen=True)
class Attached:
    """A whole layer with its predictions, some features at a time; `tables` gives the layer's own at each call."""

    tables: Callable[[], Iterator[geopandas.GeoDataFrame]]
    predictions: pandas.DataFrame
    path: Path

    def __iter__(self) -> Iterator[geopandas.GeoDataFrame]:
        first = 0
        for table in self.tables():
            yield attach(table, self.predictions[first : first + len(table)], self.path)[0]
            first += len(table)

    @property
    def renamed(self) -> dict[str, str]:
        """As of `attach`."""
        return attach(next(self.tables()).iloc[:0], self.predictions[:0], self.path)[1]


@dataclass(frozen=True)
class Losses:
    """What the format could not hold: how many outlines it left `emptied`, fields whose texts it `cut` or that it holds
    `as_text` only, M values.
    """

    emptied: int = 0
    cut: tuple[str, ...] = ()
    measures: bool = False
    as_text: tuple[str, ...] = ()


def write(
    tables: Iterable[geopandas.GeoDataFrame], path: Path, layer: str, overwrite: bool = False
) -> Losses:  # fmt: skip
    """Writes a layer in the format of the path's ending; a failure leaves the old file. Raises as `prepare`."""
    with staged(path) as staging:
        return prepare(tables, path, layer, staging, overwrite)


def prepare(
    tables: Iterable[geopandas.GeoDataFrame], path: Path, layer: str, staging: Staging, overwrite: bool = False,
    style: LayerStyle | None = None,
) -> Losses:  # fmt: skip
    """Writes a layer beside its target, reads it back, and leaves its move to `staging`.

    `tables` are its features, some at a time with the same fields and types, at least one; they are asked for several
    times. A GeoPackage that holds other tables is copied, and the layer added to the copy; one of its name is replaced
    only with `overwrite`. Only a GeoPackage holds a `style`. Raises as `check_output`, OutputInUse, DiskFull,
    FileTooLarge.
    """
    driver = check_output(path, layer, overwrite)
    contents = Contents.of(tables)
    with writing_to(path):
        if path.exists():
            geopackage.require_free(path)
        made = staging.layer(path) / path.name
        others = path.exists() and is_geopackage(path) and kept_tables(path, layer)
        before = geopackage.copy(path, made) if others else None
        try:
            written = _write_as(tables, contents, made, layer, driver)
        except RuntimeError as error:  # of GDAL, whose words for a full disk are many
            raise OSError(cause(error) or shortage(made.parent), str(error)) from error
        if is_geopackage(made):
            if style is not None:
                style.add(made, layer, points=contents.kinds <= {"Point", "MultiPoint"})
            geopackage.settle(made)
        require_written(made, layer if is_geopackage(made) else made.stem, written)
        if path.exists():
            geopackage.require_free(path)
        if before is not None and geopackage.stamp(path) != before:
            raise OutputInUse(path, "another program changed it meanwhile")
        staging.place_layer(path, _INDEXES if driver == "ESRI Shapefile" else ())
    return _losses(contents, driver, as_text(next(iter(tables)), driver, contents.huge))


def _losses(contents: Contents, driver: str, texts: tuple[str, ...]) -> Losses:
    measures = contents.measures and driver in _WITHOUT_MEASURES
    if driver != "ESRI Shapefile":
        return Losses(measures=measures, as_text=texts)
    emptied = 0 if contents.kinds == {"Point"} else contents.others
    return Losses(emptied, contents.cut, measures, texts)


def _write_as(
    tables: Iterable[geopandas.GeoDataFrame], contents: Contents, path: Path, layer: str, driver: str
) -> Tally:  # fmt: skip
    if driver == "Parquet":  # GDAL's wheels come without it
        tally = Tally()
        geoparquet.write(path, tally.of(tables), index=False)
        return tally
    first = next(iter(tables))
    fields = {str(name).lower() for name in first.columns.drop(first.geometry.name)}
    fid = _beside(fields, "fid")  # a layer's own field of that name stays one
    options = {
        "CSV": {"GEOMETRY": "AS_WKT"},
        "ESRI Shapefile": {"ENCODING": "UTF-8"},
        "FlatGeobuf": {"SPATIAL_INDEX": "NO"},  # with one, features change their order and null geometries are refused
        "GPKG": {"FID": fid, "GEOMETRY_NAME": _beside(fields, "geom")},
    }[driver]
    ids = fid if driver == "GPKG" and contents.rising_ids else None
    batches = Batches(tables, contents, driver, ids, _beside(fields, "geometry"))
    version = {"VERSION": "1.3"} if driver == "GPKG" else {}  # the newest that QGIS 3.22 reads without a warning
    try:
        with _quiet():
            pyogrio.write_arrow(
                batches.reader(), path, layer=layer if driver == "GPKG" else path.stem, driver=driver,
                geometry_name=batches.geometry_name, geometry_type=batches.geometry_type, crs=_crs(first),
                dataset_options=version, layer_options=options,
            )  # fmt: skip
    except RuntimeError:  # its whole message for a broken stream
        if batches.broken:
            raise batches.broken[0] from None
        raise
    return batches.written


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")  # imported series may have none
        warnings.filterwarnings("ignore", message=r"Layer '.*' has been declared with non-M")  # they are kept
        warnings.filterwarnings("ignore", message=".*(has been truncated|not successfully written)")  # see Losses
        warnings.filterwarnings("ignore", message="Normalized/laundered field name")  # the same name in other bytes
        yield


def _crs(table: geopandas.GeoDataFrame) -> str | None:
    """As pyogrio takes it; an EPSG code where there is one, as older readers do not know every WKT."""
    if table.crs is None:
        return None
    code = table.crs.to_epsg()
    return f"EPSG:{code}" if code else table.crs.to_wkt("WKT1_GDAL")


def _beside(fields: set[str], name: str) -> str:
    """`name`, or a like one where a field has it already."""
    return name if name not in fields else _free_name(name, fields)


def _free_name(name: str, used: set[str]) -> str:
    """A field name of at most ten characters, a shapefile's limit, that is not yet used."""
    return next(new for n in range(1, 1000) if (new := f"{name[: 9 - len(str(n))]}_{n}").lower() not in used)
