"""How much longer a projection draws the ground than it is: Web Mercator 1.6 times at 50 degrees, UTM hardly at all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray

from backend.imagery.grid import Grid

Floats = NDArray[np.float64]

_TRUE = 0.01  # of areas: UTM and national grids, on land that they are for, are truer than this and count as they are


def areal_scales(grid: Grid, x: Floats, y: Floats) -> Floats:
    """Square metres of the grid's plane per square metre of ground at places of its plane; 1 where it is nearly true.

    The whole grid is taken as nearly true, or none of it: one parcel's area is not judged otherwise than the next.
    """
    if _nearly_true(grid):
        return np.ones(len(x))
    scales = _scales(grid.crs, x, y)
    return np.where(np.isfinite(scales) & (scales > 0), scales, 1.0)


def linear_scale(grid: Grid) -> float:
    """Metres of the grid's plane per metre of ground in its middle."""
    xmin, ymin, xmax, ymax = grid.bounds
    middle = areal_scales(grid, np.array([(xmin + xmax) / 2]), np.array([(ymin + ymax) / 2]))
    return float(np.sqrt(middle[0]))


def is_nearly_true(crs: pyproj.CRS, x: float, y: float) -> bool:
    """Whether a metre of the plane is one on the ground at this point; a plane without a place on the earth is."""
    scale = float(_scales(crs, np.array([x]), np.array([y]))[0])
    return not np.isfinite(scale) or abs(scale - 1) < _TRUE


@lru_cache(maxsize=8)
def _nearly_true(grid: Grid) -> bool:
    """By its middle and its corners; a plane without a place on the earth is taken as it is."""
    xmin, ymin, xmax, ymax = grid.bounds
    x, y = np.array([(xmin + xmax) / 2, xmin, xmin, xmax, xmax]), np.array([(ymin + ymax) / 2, ymin, ymax, ymin, ymax])
    scales = _scales(grid.crs, x, y)
    return not np.isfinite(scales).all() or bool(np.abs(scales - 1).max() < _TRUE)


def _scales(crs: str | pyproj.CRS, x: Floats, y: Floats) -> Floats:
    try:
        projection = pyproj.Proj(crs)
        return np.asarray(projection.get_factors(*projection(x, y, inverse=True)).areal_scale, np.float64)
    except pyproj.exceptions.ProjError:
        return np.full(len(x), np.nan)
