"""The locations of a table's samples: points from their columns of coordinates."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pandas
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from shapely import points

from backend.errors import BadArgument
from backend.protocol import Reporter
from backend.published.source import without_locations

_DEGREES = "EPSG:4326"
_PAIRS = (("lon", "lat"), ("longitude", "latitude"), ("x", "y"))
_TAKEN = "geometry"


def placed(fields: pandas.DataFrame, crs: str | None, reporter: Reporter) -> geopandas.GeoDataFrame:
    """The fields with a point for each sample, where two columns hold coordinates and their system is known.

    Longitude and latitude are of WGS 84 unless `crs` is given. Raises BadArgument for an unknown system.
    """
    if isinstance(fields, geopandas.GeoDataFrame):
        return fields
    named = {str(name).lower(): name for name in fields.columns}
    pair = next((pair for pair in _PAIRS if set(pair) <= set(named)), None)
    fields = fields.rename(columns={_TAKEN: f"{_TAKEN}_text"})
    if pair is None or (pair == ("x", "y") and crs is None):
        reporter.log(f"The samples get no locations: {'no coordinates' if pair is None else 'x and y without --crs'}.")
        return without_locations(fields)
    x, y = (_numbers(fields[named[name]]) for name in pair)
    known = np.isfinite(x) & np.isfinite(y)
    spots = np.where(known, points(np.where(known, x, 0), np.where(known, y, 0)), None)
    try:
        return geopandas.GeoDataFrame(fields, geometry=geopandas.GeoSeries(spots, crs=crs or _DEGREES))
    except CRSError as error:
        raise BadArgument("crs", 'a coordinate system such as "EPSG:32631"', crs) from error


def _numbers(column: pandas.Series) -> NDArray[np.float64]:
    return pandas.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
