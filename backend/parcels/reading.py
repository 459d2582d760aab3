"""Parcel layers as they come: every feature with its own fields, its geometry and a stable id."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

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

_POLYGONS = (3, 6)  # shapely's type numbers of Polygon and MultiPolygon
_ARROW: dict[str, Any] = {"types_mapper": pandas.ArrowDtype}


@dataclass(frozen=True)
class ParcelLayer:
    """A layer's features in file order. `table` holds its own fields and geometry untouched; `ids` do not repeat."""

    source: Path
    layer: str
    table: geopandas.GeoDataFrame
    ids: NDArray[np.str_]  # (parcels,)

    @property
    def geometries(self) -> NDArray[np.object_]:
        return np.asarray(self.table.geometry.array)


def read(path: Path, layer: str | None = None, id_field: str | None = None) -> ParcelLayer:
    """Reads a polygon layer. Raises NoParcels, NoCrs, and what `read_table` and `column` raise; BadArgument for ids
    that repeat.
    """
    table = read_table(path, layer)
    if not isinstance(table, geopandas.GeoDataFrame):
        raise NoParcels(path)
    kinds = shapely.get_type_id(np.asarray(table.geometry.array))
    if not np.isin(kinds, _POLYGONS).any():
        raise NoParcels(path)
    if table.crs is None:
        raise NoCrs(path)
    return ParcelLayer(path, layer or path.stem, table, _ids(table, id_field, path))


def read_table(path: Path, layer: str | None = None) -> pandas.DataFrame:
    """A layer with its feature ids as index, a GeoDataFrame where it has geometries; integers with nulls stay integers.

    Raises UnreadableParcels; BadArgument where a file holds several layers and none is named.
    """
    if not path.exists():
        raise UnreadableParcels(path, "there is no such file")
    try:
        if path.suffix.lower() == ".parquet":
            return _read_parquet(path)
        return _read_layer(path, layer or _only_layer(path))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        raise UnreadableParcels(path, " ".join(str(error).split())) from error


def _only_layer(path: Path) -> str | None:
    """The layer to read where none was named: tables without a geometry, such as QGIS's styles, do not count."""
    layers = [name for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    if len(layers) > 1:
        raise BadArgument("layer", f"one of the layers of {path.name}, {', '.join(layers)}", None)
    return layers[0] if layers else None


def _read_layer(path: Path, layer: str | None) -> pandas.DataFrame:
    """By columns, so that types survive: integers with nulls stay integers."""
    how: dict[str, Any] = {"layer": layer, "fid_as_index": True}
    by_columns = {"use_arrow": True, "arrow_to_pandas_kwargs": _ARROW}
    try:
        return pyogrio.read_dataframe(path, **how, **by_columns)
    except pyarrow.ArrowException:  # GDAL's columnar reader refuses FlatGeobuf features without a geometry
        return pyogrio.read_dataframe(path, **how, on_invalid="ignore")
    except (shapely.errors.GEOSException, NotImplementedError):  # curves, broken outlines: feature by feature,
        outlines = pyogrio.read_dataframe(path, **how, columns=[], on_invalid="ignore")  # straightened, or null
        fields = pyogrio.read_dataframe(path, **how, **by_columns, read_geometry=False)
        return geopandas.GeoDataFrame(fields, geometry=outlines.geometry.array, crs=outlines.crs)


def _read_parquet(path: Path) -> pandas.DataFrame:
    if b"geo" in (pyarrow.parquet.read_schema(path).metadata or {}):
        return geopandas.read_parquet(path, to_pandas_kwargs=_ARROW)
    return pyarrow.parquet.read_table(path).to_pandas(**_ARROW)


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
