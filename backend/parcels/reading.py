"""Parcel layers as they come: every feature with its own fields, its geometry and a stable id."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyarrow
import pyogrio
import shapely
from numpy.typing import NDArray

from backend.errors import BadArgument, MissingField, NoCrs, NoParcels, UnreadableParcels

_POLYGONS = (3, 6)  # shapely's type numbers of Polygon and MultiPolygon
_NO_GEOMETRY = -1


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
    """Reads a polygon layer. Raises UnreadableParcels, NoParcels, NoCrs, MissingField, BadArgument (repeated ids)."""
    table = read_table(path, layer)
    kinds = shapely.get_type_id(np.asarray(table.geometry.array))
    if not np.isin(kinds, _POLYGONS).any():
        raise NoParcels(path)
    if table.crs is None:
        raise NoCrs(path)
    return ParcelLayer(path, layer or path.stem, table, _ids(table, id_field, path))


def read_table(path: Path, layer: str | None = None) -> geopandas.GeoDataFrame:
    """A vector layer with its feature ids as index; integers with nulls stay integers. Raises UnreadableParcels."""
    if not path.exists():
        raise UnreadableParcels(path, "there is no such file")
    try:
        table = _read_columns(path, layer)
    except pyarrow.ArrowException:  # GDAL's columnar reader refuses FlatGeobuf features without a geometry
        table = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise UnreadableParcels(path, error) from error
    if not isinstance(table, geopandas.GeoDataFrame):
        raise NoParcels(path)
    return table


def _read_columns(path: Path, layer: str | None) -> geopandas.GeoDataFrame:
    """By columns, so that types survive: integers with nulls stay integers."""
    arrow = {"types_mapper": pandas.ArrowDtype}
    if path.suffix.lower() == ".parquet":
        return geopandas.read_parquet(path, to_pandas_kwargs=arrow)
    return pyogrio.read_dataframe(path, layer=layer, fid_as_index=True, use_arrow=True, arrow_to_pandas_kwargs=arrow)


def column(table: pandas.DataFrame, name: str, where: object) -> NDArray[np.object_]:
    """A field's values, null as None. Raises MissingField with the fields there are."""
    if name not in table.columns:
        raise MissingField(where, name, [str(field) for field in table.columns if field != "geometry"])
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
