"""A layer's own fields as other formats can hold them: nothing is dropped, and what is cut short is told."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from typing import Any

import geopandas
import numpy as np
import pandas
import pyarrow
import shapely

_TEXT_BYTES = 254  # of a shapefile's text field
_MOST_DIGITS = 19  # of a decimal that GDAL takes


def for_gdal(table: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """The table with the types that GDAL's writers lack as the nearest they have: the same values, if need be as text.

    Times with a zone become UTC, for GDAL writes the hour and loses a zone's name; nested fields become JSON.
    """
    changed = {}
    for name in table.columns.drop(table.geometry.name):
        kind = table[name].dtype
        if isinstance(kind, pandas.DatetimeTZDtype):
            changed[name] = table[name].dt.tz_convert("UTC")
        elif isinstance(kind, pandas.ArrowDtype):
            values = table[name].array.__arrow_array__()
            held = _held(values)
            if held is not values:
                changed[name] = pandas.Series(held, dtype=pandas.ArrowDtype(held.type), index=table.index)
    return table.assign(**changed)


def _held(values: Any) -> Any:
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
        most = pandas.array(values, dtype=pandas.ArrowDtype(kind)).max()
        fits = most is pandas.NA or most <= np.iinfo(np.int64).max
        return values.cast(pyarrow.int64() if fits else pyarrow.string())
    if kinds.is_decimal(kind) and kind.precision > _MOST_DIGITS:
        return values.cast(pyarrow.string())
    if kinds.is_duration(kind):
        return pyarrow.array([None if v is None else str(v) for v in values.to_pylist()], pyarrow.string())
    return values


def polygons_only(table: geopandas.GeoDataFrame) -> tuple[geopandas.GeoDataFrame, int]:
    """The table with other geometries than polygons left empty, and how many these are; points alone stay."""
    if set(table.geom_type.dropna()) == {"Point"}:
        return table, 0
    others = ~table.geom_type.isin(("Polygon", "MultiPolygon")) & ~shapely.is_missing(table.geometry.array)
    return table.set_geometry(table.geometry.mask(others)), int(others.sum())


def cut_by_shapefile(table: geopandas.GeoDataFrame) -> list[str]:
    """The fields whose texts are longer than a shapefile's 254 bytes of UTF-8 and so lose their end."""
    cut = []
    for name in table.columns.drop(table.geometry.name):
        kind = table[name].dtype
        if pandas.api.types.is_string_dtype(kind) or pandas.api.types.is_object_dtype(kind):
            texts = table[name].dropna().astype(str)
            if (texts.str.len() * 4 > _TEXT_BYTES).any() and (texts.str.encode("utf-8").map(len) > _TEXT_BYTES).any():
                cut.append(str(name))
    return cut
