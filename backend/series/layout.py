"""Where every pixel of every parcel will lie in the store, before a single image is read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas
import shapely
from numpy.typing import NDArray

from backend.imagery.grid import Grid
from backend.series.rasterise import PixelSets, bounding_boxes, pixels_inside, pixels_touched

_CHUNK = 20_000  # parcels rasterised at once


@dataclass(frozen=True)
class Layout:
    """`index`: one row per parcel; `position` `(pixels, 2)`: row and column in the parcel's bounding box."""

    index: pandas.DataFrame
    position: NDArray[np.uint16]


def lay_out(outlines: NDArray[np.object_], ids: NDArray[np.str_], grid: Grid) -> Layout:
    """The pixel sets of all parcels: centres inside, or, for a parcel without any, the pixels it touches."""
    boxes = bounding_boxes(outlines, grid)
    counts, touched, positions = [], [], []
    for start in range(0, len(outlines), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        pixels, by_touch = _pixel_sets(outlines[chunk], grid)
        corner = boxes[chunk][pixels.polygon, :2]
        positions.append((np.stack([pixels.row, pixels.column], axis=1) - corner).astype(np.uint16))
        counts.append(np.bincount(pixels.polygon, minlength=len(by_touch)))
        touched.append(by_touch)
    count = np.concatenate(counts) if counts else np.zeros(0, np.int64)
    area = np.nan_to_num(shapely.area(outlines))
    index = pandas.DataFrame(
        {
            "parcel_id": ids,
            "first_pixel": np.cumsum(count) - count,
            "n_pixels": count,
            "row_px": boxes[:, 0],
            "column_px": boxes[:, 1],
            "height_px": boxes[:, 2] - boxes[:, 0],
            "width_px": boxes[:, 3] - boxes[:, 1],
            "by_touch": np.concatenate(touched),
            "valid": ~shapely.is_missing(outlines),
            "inside_share": _inside_share(outlines, area, grid),
            "area_m2": area,
            "perimeter_m": np.nan_to_num(shapely.length(outlines)),
        }
    )
    return Layout(index, np.concatenate(positions))


def _pixel_sets(outlines: NDArray[np.object_], grid: Grid) -> tuple[PixelSets, NDArray[np.bool_]]:
    """Pixels by centre, with those of parcels without any by touch; and which parcels these are."""
    inside = pixels_inside(outlines, grid)
    without = np.bincount(inside.polygon, minlength=len(outlines)) == 0
    lonely = np.flatnonzero(without & ~shapely.is_missing(outlines))
    if not len(lonely):
        return inside, np.zeros(len(outlines), bool)
    touching = pixels_touched(outlines[lonely], grid)
    polygon = np.concatenate([inside.polygon, lonely[touching.polygon]])
    order = np.argsort(polygon, kind="stable")
    row, column = np.concatenate([inside.row, touching.row]), np.concatenate([inside.column, touching.column])
    return PixelSets(polygon[order], row[order], column[order]), np.isin(
        np.arange(len(outlines)), lonely[touching.polygon]
    )


def _inside_share(outlines: NDArray[np.object_], area: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """The share of each outline's area that lies on the grid."""
    xmin, ymin, xmax, ymax = grid.bounds
    left, low, right, up = shapely.bounds(outlines).T
    wholly = (left >= xmin) & (low >= ymin) & (right <= xmax) & (up <= ymax)
    share = wholly.astype(np.float64)
    rest = np.flatnonzero(~wholly & (area > 0))
    share[rest] = shapely.area(shapely.intersection(outlines[rest], shapely.box(*grid.bounds))) / area[rest]
    return share
