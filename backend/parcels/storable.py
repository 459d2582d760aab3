"""A layer's own fields as other formats can hold them: nothing is dropped, and what is cut is reported."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas
import pyarrow
import shapely
from numpy.typing import NDArray

_TEXT_BYTES = 254  # of a shapefile's text field
_MOST_DIGITS = 19  # of a decimal that GDAL takes


@dataclass(frozen=True)
class Contents:
    """What a layer holds, to be known before its first feature is written.

    `kinds`: the types of its geometries; `heights`, `measures`: whether any has Z or M; `huge`: fields with whole
    numbers past 63 bits; `cut`: fields with texts longer than a shapefile's; `others`: geometries other than polygons;
    `rising_ids`: features have ids of the file they came from, which a GeoPackage keeps, and with them the order.
    """

    kinds: frozenset[str] = frozenset()
    heights: bool = False
    measures: bool = False
    huge: frozenset[str] = frozenset()
    cut: tuple[str, ...] = ()
    others: int = 0
    rising_ids: bool = False

    @classmethod
    def of(cls, tables: Iterable[geopandas.GeoDataFrame]) -> Contents:
        found, last = cls(rising_ids=True), None
        for table in tables:
            outlines = np.asarray(table.geometry.array)
            some = ~shapely.is_missing(outlines) & ~shapely.is_empty(outlines)
            found = cls(
                found.kinds | set(table.geom_type.dropna()),
                found.heights or bool(shapely.has_z(outlines[some]).any()),
                found.measures or bool(shapely.has_m(outlines[some]).any()),
                found.huge | _huge(table),
                tuple(dict.fromkeys((*found.cut, *_cut_by_shapefile(table)))),
                found.others + int(_no_polygons(table).sum()),
                found.rising_ids and _rises(table.index, last),
            )
            last = table.index[-1] if len(table) else last
        return found


def for_gdal(table: geopandas.GeoDataFrame, huge: Collection[str] = ()) -> geopandas.GeoDataFrame:
    """The table with the types that GDAL's writers lack as the nearest they have: the same values, if need be as text.

    Times with a zone become UTC, for GDAL writes the hour and loses a zone's name; nested fields become JSON.
    """
    changed = {}
    for name in table.columns.drop(table.geometry.name):
        kind = table[name].dtype
        if isinstance(kind, geopandas.array.GeometryDtype):  # of several geometries one is the layer's
            changed[name] = pandas.array(table[name].to_wkt(), "string[pyarrow]")
        elif isinstance(kind, pandas.DatetimeTZDtype):
            changed[name] = table[name].dt.tz_convert("UTC")
        elif isinstance(kind, pandas.ArrowDtype):
            values = table[name].array.__arrow_array__()
            held = _held(values, name in huge)
            if held is not values:
                changed[name] = pandas.Series(held, dtype=pandas.ArrowDtype(held.type), index=table.index)
    return table.assign(**changed)


def as_text(table: geopandas.GeoDataFrame, driver: str, huge: Collection[str] = ()) -> tuple[str, ...]:
    """The fields whose type the driver lacks, so that their values are written as text; all of a CSV are text."""
    if driver in ("CSV", "Parquet"):
        return ()
    kinds = {str(name): table[name].dtype for name in table.columns.drop(table.geometry.name)}
    return tuple(name for name, kind in kinds.items() if name in huge or _is_lacking(kind, driver))


def _is_lacking(kind: Any, driver: str) -> bool:
    if isinstance(kind, geopandas.array.GeometryDtype):
        return True
    if not isinstance(kind, pandas.ArrowDtype):
        return driver == "ESRI Shapefile" and pandas.api.types.is_datetime64_any_dtype(kind)
    stored, kinds = kind.pyarrow_dtype, pyarrow.types
    if kinds.is_decimal(stored):
        return bool(stored.precision > _MOST_DIGITS)
    if driver == "ESRI Shapefile" and (kinds.is_timestamp(stored) or kinds.is_binary(stored)):
        return True
    return bool(kinds.is_nested(stored) or kinds.is_duration(stored) or kinds.is_time(stored))


def _held(values: Any, huge: bool) -> Any:
    """An Arrow column of another type where GDAL does not take its own."""
    kind, kinds = values.type, pyarrow.types
    if isinstance(kind, pyarrow.BaseExtensionType):
        return values.cast(kind.storage_type)
    if kinds.is_timestamp(kind) and kind.tz not in (None, "UTC"):
        return values.cast(pyarrow.timestamp(kind.unit, "UTC"))
    if kinds.is_struct(kind):
        texts = [None if value is None else json.dumps(value, default=str) for value in values.to_pylist()]
        return pyarrow.array(texts, pyarrow.string())
    if kinds.is_uint64(kind):
        return values.cast(pyarrow.string() if huge else pyarrow.int64())
    if kinds.is_decimal(kind) and kind.precision > _MOST_DIGITS:
        return values.cast(pyarrow.string())
    if kinds.is_duration(kind):
        return pyarrow.array([None if v is None else str(v) for v in values.to_pylist()], pyarrow.string())
    if kinds.is_null(kind):
        return values.cast(pyarrow.string())
    return values


def _rises(ids: pandas.Index, last: Any) -> bool:
    integers = ids.name == "fid" and pandas.api.types.is_integer_dtype(ids)
    return integers and ids.is_monotonic_increasing and (last is None or not len(ids) or ids[0] > last)


def _huge(table: geopandas.GeoDataFrame) -> set[str]:
    """Fields of unsigned numbers that no signed one holds."""
    unsigned = [name for name, kind in table.dtypes.items() if str(kind).startswith("uint64")]
    return {str(name) for name in unsigned if (table[name].max() or 0) > np.iinfo(np.int64).max}


def polygons_only(table: geopandas.GeoDataFrame, kinds: Collection[str]) -> geopandas.GeoDataFrame:
    """The table with other geometries than polygons left empty; points stay where they are the layer's only kind."""
    return table if set(kinds) == {"Point"} else table.set_geometry(table.geometry.mask(_no_polygons(table)))


def _no_polygons(table: geopandas.GeoDataFrame) -> NDArray[np.bool_]:
    others = ~table.geom_type.isin(("Polygon", "MultiPolygon")) & ~shapely.is_missing(table.geometry.array)
    return np.asarray(others)


def _cut_by_shapefile(table: geopandas.GeoDataFrame) -> list[str]:
    """The fields whose texts are longer than a shapefile's 254 bytes of UTF-8 and so lose their end."""
    cut = []
    for name in table.columns.drop(table.geometry.name):
        kind = table[name].dtype
        if pandas.api.types.is_string_dtype(kind) or pandas.api.types.is_object_dtype(kind):
            texts = table[name].dropna().astype(str)
            if (texts.str.len() * 4 > _TEXT_BYTES).any() and (texts.str.encode("utf-8").map(len) > _TEXT_BYTES).any():
                cut.append(str(name))
    return cut
