"""Parcel layers as they come: every feature with its own fields, its geometry and a stable id."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pyogrio
import shapely
from numpy.typing import NDArray

from backend.errors import BadArgument, MissingField, NoCrs, NoParcels, UnreadableParcels
from backend.parcels import encoding as encodings
from backend.parcels import places
from backend.parcels.places import Place

_POLYGONS = (3, 6)  # shapely's type numbers of Polygon and MultiPolygon
_PARQUET = (".parquet", ".geoparquet")
_CURVED = tuple(kind + 1000 * axes for kind in range(8, 15) if kind not in (13, 14) for axes in range(4))
_CRASHES = "FlatGeobuf"  # by columns, a null outline of it ends the process (GDAL 3.12)
_ARROW: dict[str, Any] = {"types_mapper": pandas.ArrowDtype}


@dataclass(frozen=True)
class Remark:
    """What a user should know of how a layer was read: a warning's code, its words, what to do."""

    code: str
    message: str
    advice: str = ""


@dataclass(frozen=True)
class ParcelLayer:
    """A layer's features in file order. `table` holds its own fields and geometry untouched; `ids` do not repeat."""

    source: Path
    layer: str
    table: geopandas.GeoDataFrame
    ids: NDArray[np.str_]  # (parcels,)
    encoding: str = ""  # that was asked for
    remarks: tuple[Remark, ...] = ()

    @property
    def geometries(self) -> NDArray[np.object_]:
        return np.asarray(self.table.geometry.array)


def read(
    path: Path, layer: str | None = None, id_field: str | None = None, encoding: str | None = None
) -> ParcelLayer:  # fmt: skip
    """Reads a polygon layer. Raises NoParcels, NoCrs, and what `read_table` and `column` raise; BadArgument for ids
    that repeat.
    """
    remarks: list[Remark] = []
    table = read_table(path, layer, encoding, remarks)
    if not isinstance(table, geopandas.GeoDataFrame):
        raise NoParcels(path)
    kinds = shapely.get_type_id(np.asarray(table.geometry.array))
    if not np.isin(kinds, _POLYGONS).any():
        raise NoParcels(path)
    if table.crs is None:
        raise NoCrs(path)
    return ParcelLayer(path, layer or path.stem, table, _ids(table, id_field, path), encoding or "", tuple(remarks))


def read_table(
    path: Path, layer: str | None = None, encoding: str | None = None, remarks: list[Remark] | None = None
) -> pandas.DataFrame:
    """A layer with its feature ids as index, a GeoDataFrame where it has geometries; integers with nulls stay integers.

    What a user should know of it is added to `remarks`. Raises UnreadableParcels, ParcelsInDatabase; BadArgument where
    a file holds several layers and none is named, or none of that name, and for an encoding it cannot be in.
    """
    place, layer = places.find(path, layer)
    how = encodings.of(place, encoding)
    remarks = [] if remarks is None else remarks
    if how.guessed:
        remarks.append(_guessed(path))
    try:
        if place.suffix in _PARQUET:
            return _read_parquet(place, layer)
        return _mended(_read_layer(place, _layer_in(place, layer), how.name, remarks), remarks)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        raise UnreadableParcels(path, " ".join(str(error).split())) from error


def _layer_in(place: Place, layer: str | None) -> str | None:
    """The layer to read; where none is named, tables without a geometry, such as QGIS's styles, do not count."""
    layers = places.layers_in(place.for_gdal)
    if layer is not None and layer not in layers:
        raise BadArgument("layer", f"one of the layers of {place.path.name}, {', '.join(layers)}", layer)
    shown = [name for name, geometry in layers.items() if geometry is not None]
    if layer is None and len(shown) > 1:
        raise BadArgument("layer", f"one of the layers of {place.path.name}, {', '.join(shown)}", None)
    return layer or next(iter(shown), None)


def _read_layer(place: Place, layer: str | None, encoding: str | None, remarks: list[Remark]) -> pandas.DataFrame:
    """By columns, so that types survive: integers with nulls stay integers."""
    how: dict[str, Any] = {"layer": layer, "fid_as_index": True, "encoding": encoding}
    by_columns = {"use_arrow": True, "arrow_to_pandas_kwargs": _ARROW}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=places.MEASURES)
        warnings.filterwarnings("ignore", message=".* as JSON; leaving as string")
        whole = pyogrio.read_info(place.for_gdal, layer=layer, encoding=encoding)["driver"] != _CRASHES
        if whole:
            with suppress(pyarrow.ArrowException, shapely.errors.GEOSException, NotImplementedError):
                return pyogrio.read_dataframe(place.for_gdal, **how, **by_columns)
        # broken outlines; curves: feature by feature, straightened, or null
        outlines = pyogrio.read_dataframe(place.for_gdal, **how, columns=[], on_invalid="ignore")
        fields = pyogrio.read_dataframe(place.for_gdal, **how, **by_columns, read_geometry=False)
    remarks.extend(_of_curves(place, layer) if whole else [])
    return geopandas.GeoDataFrame(fields, geometry=outlines.geometry.array, crs=outlines.crs)


def _of_curves(place: Place, layer: str | None) -> list[Remark]:
    """How many outlines are curves, which come straightened."""
    try:
        _, raw = pyogrio.read_arrow(place.for_gdal, layer=layer, columns=[])
    except pyarrow.ArrowException:
        return []
    starts = [bytes(wkb.as_py()[:5]) for wkb in raw.column(raw.num_columns - 1) if wkb.is_valid]
    kinds = np.array([int.from_bytes(s[1:], "little" if s[0] else "big") for s in starts if len(s) == 5])
    curved = int(np.isin(kinds & 0x0FFFFFFF, _CURVED).sum()) if len(kinds) else 0
    if not curved:
        return []
    return [Remark("parcels.curved", f"{curved} outlines of {place.path.name} have arcs; they come back straightened.")]


def _mended(table: pandas.DataFrame, remarks: list[Remark]) -> pandas.DataFrame:
    """Texts that hold bytes of another encoding made readable, letter by letter: one costs no other."""
    broken = []
    for name, kind in table.dtypes.items():
        if isinstance(kind, pandas.ArrowDtype) and pyarrow.types.is_string(kind.pyarrow_dtype):
            texts = pyarrow.chunked_array(table[name].array.__arrow_array__())
            try:
                texts.validate(full=True)
            except pyarrow.ArrowInvalid:
                raw = texts.cast(pyarrow.binary()).to_pylist()
                table[name] = pandas.array([b if b is None else b.decode("utf-8", "replace") for b in raw], kind)
                broken.append(str(name))
    if broken:
        message = (
            f"Some texts of {', '.join(broken)} are not in the layer's encoding; their letters come back as \ufffd."
        )
        remarks.append(
            Remark("parcels.broken_text", message, "Give a shapefile's encoding, such as --encoding CP1252.")
        )
    return table


def _guessed(path: Path) -> Remark:
    return Remark(
        "parcels.encoding_guessed",
        f"{path.name} does not say its texts' encoding, or not truly; it is no UTF-8 and was read as Windows-1252.",
        "Where letters come back wrong, give the encoding, such as --encoding ISO-8859-15.",
    )


def _read_parquet(place: Place, layer: str | None) -> pandas.DataFrame:
    if layer not in (None, place.stem):
        raise BadArgument("layer", f"none, as a GeoParquet holds one, or {place.stem}", layer)
    if b"geo" in (pyarrow.parquet.read_schema(place.path).metadata or {}):
        return geopandas.read_parquet(place.path, to_pandas_kwargs=_ARROW)
    return pyarrow.parquet.read_table(place.path).to_pandas(**_ARROW)


def column(table: pandas.DataFrame, name: str, where: object) -> NDArray[np.object_]:
    """A field's values, null as None. Raises MissingField with the fields there are; a geometry is none.

    Raises BadArgument for a field of lists.
    """
    fields = [field for field, kind in table.dtypes.items() if not isinstance(kind, geopandas.array.GeometryDtype)]
    if name not in fields:
        raise MissingField(where, name, map(str, fields))
    kind = table[name].dtype
    if isinstance(kind, pandas.ArrowDtype) and pyarrow.types.is_nested(kind.pyarrow_dtype):
        raise BadArgument("field", "a field with one value per parcel", f"{name}: {kind.pyarrow_dtype}")
    values = table[name].astype(object)
    return values.where(values.notna(), None).to_numpy()


def _ids(table: geopandas.GeoDataFrame, id_field: str | None, path: Path) -> NDArray[np.str_]:
    """The id field's values, else the file's feature ids. An id names one parcel, so repeats are refused."""
    values = table.index.to_numpy() if id_field is None else column(table, id_field, path)
    ids = np.array([str(value) for value in values])
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) != len(ids):
        raise BadArgument(
            "id_field", "a field whose values are all different", f"{unique[counts > 1][0]} {counts.max()} times"
        )
    return ids
