"""Which pixel centres are inside which polygon: all polygons at once, each with its own pixels where they overlap.

An id raster cannot do this (a pixel has one id there) and rasterising polygon by polygon is a Python loop,
so this is the scanline rule itself in arrays. A centre exactly on an upper or right border is inside, on a lower or
left one outside, so that neighbours which share a border share no pixel and leave none out. GDAL does the same except
for borders that run level through centres: it counts those on the lower one, too, and gives them to both neighbours.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from backend.imagery.grid import Grid

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PixelSets:
    """The pixels of each polygon, polygon after polygon, each row by row: three arrays `(pixels,)`."""

    polygon: Ints
    row: Ints
    column: Ints


@dataclass(frozen=True)
class _Edges:
    """Ring segments `(edges,)` in pixel units, y downwards, ordered so that y1 <= y2."""

    polygon: Ints
    x1: Floats
    y1: Floats
    x2: Floats
    y2: Floats


def pixels_inside(geometries: NDArray[np.object_], grid: Grid) -> PixelSets:
    """Pixels of `grid` whose centre is inside each geometry (valid polygons or None; holes and parts count)."""
    edges = _edges(geometries, grid)
    polygon, row, x = _crossings(edges, grid.height)
    order = np.lexsort((x, row, polygon))
    polygon, row, x = polygon[order], row[order], x[order]
    first = np.clip(np.floor(x[0::2] + 0.5), 0, grid.width).astype(np.int64)  # inside is between the two of a pair
    last = np.clip(np.floor(x[1::2] + 0.5), 0, grid.width).astype(np.int64)
    span, column = expand(first, last - first)
    return PixelSets(polygon[0::2][span], row[0::2][span], column)


def pixels_touched(geometries: NDArray[np.object_], grid: Grid) -> PixelSets:
    """Pixels that each geometry touches, tested one by one in its bounding box: for the few without a centre."""
    boxes = bounding_boxes(geometries, grid)
    height, width = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    polygon, inner = expand(np.zeros(len(boxes), np.int64), height * width)
    row, column = boxes[polygon, 0] + inner // width[polygon], boxes[polygon, 1] + inner % width[polygon]
    left, top = grid.x0 + column * grid.resolution_m, grid.y0 - row * grid.resolution_m
    cells = shapely.box(left, top - grid.resolution_m, left + grid.resolution_m, top)
    hit = shapely.intersects(geometries[polygon], cells)
    return PixelSets(polygon[hit], row[hit], column[hit])


def bounding_boxes(geometries: NDArray[np.object_], grid: Grid) -> Ints:
    """Row and column ranges `(geometries, 4)`: first row, first column, end row, end column, cut to the grid.

    Whole pixels that cover the polygon's bounds, as `rasterio.mask` crops; all zero for None and outside.
    """
    xmin, ymin, xmax, ymax = shapely.bounds(geometries).T
    nearly = 1e-6  # a border that misses a pixel's edge only by rounding does not include the next pixel
    box = np.stack(
        [
            np.floor((grid.y0 - ymax) / grid.resolution_m + nearly),
            np.floor((xmin - grid.x0) / grid.resolution_m + nearly),
            np.ceil((grid.y0 - ymin) / grid.resolution_m - nearly),
            np.ceil((xmax - grid.x0) / grid.resolution_m - nearly),
        ],
        axis=1,
    )
    box = np.clip(np.nan_to_num(box), 0, [grid.height, grid.width, grid.height, grid.width]).astype(np.int64)
    empty = (box[:, 2] <= box[:, 0]) | (box[:, 3] <= box[:, 1])
    box[empty] = 0
    return box


def expand(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """For ranges `first[i] .. first[i] + count[i] - 1`: the range number and the value of every member, in order."""
    count = np.maximum(count, 0)
    number = np.repeat(np.arange(len(count)), count)
    start = np.cumsum(count) - count
    return number, np.arange(len(number)) - start[number] + first[number]


def _edges(geometries: NDArray[np.object_], grid: Grid) -> _Edges:
    parts, polygon_of_part = shapely.get_parts(geometries, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = (xy[:, 0] - grid.x0) / grid.resolution_m, (grid.y0 - xy[:, 1]) / grid.resolution_m
    same = ring[1:] == ring[:-1]
    polygon = polygon_of_part[part_of_ring[ring[:-1][same]]]
    x1, y1, x2, y2 = x[:-1][same], y[:-1][same], x[1:][same], y[1:][same]
    down = y1 <= y2
    return _Edges(
        polygon, np.where(down, x1, x2), np.minimum(y1, y2), np.where(down, x2, x1), np.maximum(y1, y2)
    )  # fmt: skip


def _crossings(edges: _Edges, height: int) -> tuple[Ints, Ints, Floats]:
    """Where edges cross the rows' centre lines: polygon, row and x of each crossing, an even number per row."""
    first = np.clip(np.ceil(edges.y1 - 0.5), 0, height).astype(np.int64)
    end = np.clip(np.ceil(edges.y2 - 0.5), 0, height).astype(np.int64)
    edge, row = expand(first, end - first)
    slope = (edges.x2[edge] - edges.x1[edge]) / (edges.y2[edge] - edges.y1[edge])
    return edges.polygon[edge], row, (row + 0.5 - edges.y1[edge]) * slope + edges.x1[edge]
