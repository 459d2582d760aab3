"""Scenes of several tiles, orbits and UTM zones on one grid: which it is, and which scenes show a window of it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray
from rasterio.windows import Window

from backend.errors import GridMismatch
from backend.imagery.acquisition import ImageryOptions, Scene
from backend.imagery.grid import Grid, metric_crs
from backend.imagery.reprojection import ways

Bounds = tuple[float, float, float, float]  # xmin, ymin, xmax, ymax
Coordinates = NDArray[np.float64]

_MOST_M = 3_000_000  # a grid longer than this is of images that do not belong together
_NEARLY = 1e-6  # of a pixel
_KEPT = 12  # windows whose coordinates are kept: an extraction comes back to a window for every date


def common_grid(scenes: Sequence[Scene], options: ImageryOptions) -> Grid:
    """The grid over all scenes, in the options' coordinate system, else in that of the most scenes, whose pixels it
    falls in with. Raises GridMismatch, UnknownImageDatum.
    """
    most = Counter(scene.grid.crs for scene in scenes).most_common(1)[0][0]
    crs = metric_crs(options.crs) if options.crs else most
    ways(scenes, crs)
    xmin, ymin, xmax, ymax = _union(scenes, crs)
    step = options.resolution_m
    origin = next(((scene.grid.x0, scene.grid.y0) for scene in scenes if scene.grid.crs == crs), (0.0, 0.0))
    x0 = origin[0] + math.floor((xmin - origin[0]) / step + _NEARLY) * step
    y0 = origin[1] + math.ceil((ymax - origin[1]) / step - _NEARLY) * step
    return Grid.covering(crs, (x0, ymin, xmax, y0), step)


def _union(scenes: Sequence[Scene], crs: str) -> Bounds:
    bounds = np.array([bounds_in(scene.grid, crs) for scene in scenes])
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    odd = ~np.isfinite(bounds).all(axis=1)
    if not odd.any() and (high - low > _MOST_M).any():
        odd = (np.abs(bounds[:, :2] - bounds[0, :2]) > _MOST_M / 2).any(axis=1)
    if odd.any():
        scene = scenes[int(odd.argmax())]
        raise GridMismatch(scene.images[0], scene.grid.crs, crs)
    return (*low.tolist(), *high.tolist())


def intersects(scene: Scene, grid: Grid, window: Window) -> bool:
    """Whether the bounding box of the scene's ground touches that of a window."""
    xmin, ymin, xmax, ymax = bounds_in(scene.grid, grid.crs)
    left, up = grid.x0 + window.col_off * grid.resolution_m, grid.y0 - window.row_off * grid.resolution_m
    right, low = left + window.width * grid.resolution_m, up - window.height * grid.resolution_m
    return bool(left < xmax and right > xmin and low < ymax and up > ymin)


@lru_cache(maxsize=4096)
def bounds_in(own: Grid, crs: str) -> Bounds:
    """A grid's bounds in another coordinate system, those of the box around its edges; infinite where it has none."""
    if own.crs == crs:
        return own.bounds
    return _transformer(own.crs, crs).transform_bounds(*own.bounds, densify_pts=21)


def centres(grid: Grid, window: Window, crs: str) -> tuple[Coordinates, Coordinates]:
    """x and y in `crs` of a window's pixel centres: `(1, columns)` and `(rows, 1)` where it is the grid's own, else
    both `(rows, columns)`.
    """
    return _own_centres(grid, window) if crs == grid.crs else _other_centres(grid, window, crs)


def _own_centres(grid: Grid, window: Window) -> tuple[Coordinates, Coordinates]:
    x = grid.x0 + (window.col_off + np.arange(int(window.width)) + 0.5) * grid.resolution_m
    y = grid.y0 - (window.row_off + np.arange(int(window.height)) + 0.5) * grid.resolution_m
    return x[None, :], y[:, None]


@lru_cache(maxsize=_KEPT)
def _other_centres(grid: Grid, window: Window, crs: str) -> tuple[Coordinates, Coordinates]:
    x, y = _own_centres(grid, window)
    columns, rows = np.broadcast_arrays(x, y)
    return _transformer(grid.crs, crs).transform(columns, rows)


def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)
