"""The position of every parcel pixel in a store, computed before any image is read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas
import shapely
from numpy.typing import NDArray

from backend.imagery.distortion import areal_scales
from backend.imagery.grid import Grid
from backend.options import default
from backend.series.rasterise import PixelSets, bounding_boxes, expand, pixels_inside, pixels_touched

_CHUNK = 20_000  # parcels rasterised at once
_STRIP_PX = 256  # rows of the grid processed at a time


@dataclass(frozen=True)
class Layout:
    """`index`: one row per parcel; `position` `(pixels, 2)`: row and column in the parcel's bounding box."""

    index: pandas.DataFrame
    position: NDArray[np.uint16]


@dataclass(frozen=True)
class Edges:
    """How far pixels keep from the outline; a parcel with fewer than `few_pixels` left keeps its whole outline."""

    inner_buffer_m: float = default("inner_buffer_m")
    few_pixels: int = default("few_pixels")


def lay_out(outlines: NDArray[np.object_], ids: NDArray[np.str_], grid: Grid, edges: Edges = Edges()) -> Layout:
    """The pixel sets of all parcels: centres inside, or, for a parcel without any, the pixels it touches.

    Bounding boxes are the whole outlines' whatever the inner buffer, so a patch shows a parcel at the paper's scale.
    Areas, perimeters and the inner buffer are metres on the ground, also where the grid's projection stretches it.
    """
    boxes, scale = bounding_boxes(outlines, grid), _scale(outlines, grid)
    counts, touched, positions, narrow = [], [], [], []
    for start in range(0, len(outlines), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        inner, too_narrow = _shrunk(outlines[chunk], grid, edges, scale[chunk])
        pixels, by_touch = _pixel_sets(inner, grid)
        narrow.append(too_narrow)
        corner = boxes[chunk][pixels.polygon, :2]
        positions.append((np.stack([pixels.row, pixels.column], axis=1) - corner).astype(np.uint16))
        counts.append(np.bincount(pixels.polygon, minlength=len(by_touch)))
        touched.append(by_touch)
    count = np.concatenate(counts) if counts else np.zeros(0, np.int64)
    area = np.nan_to_num(shapely.area(outlines))
    covered = np.minimum(count * grid.resolution_m**2 / np.maximum(area, 1e-9), 1.0)
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
            "narrow": np.concatenate(narrow) if narrow else np.zeros(0, bool),
            "covered_share": covered,
            "inside_share": _inside_share(outlines, area, grid),
            "area_m2": area / scale**2,
            "perimeter_m": np.nan_to_num(shapely.length(outlines)) / scale,
        }
    )
    return Layout(index, np.concatenate(positions))


def shared_pixels(layout: Layout) -> NDArray[np.int64]:
    """How many of each parcel's pixels another parcel has, too; strip by strip, so that memory stays small."""
    index, shared = layout.index, np.zeros(len(layout.index), np.int64)
    top, first, count = (index[name].to_numpy() for name in ("row_px", "first_pixel", "n_pixels"))
    end = top + index["height_px"].to_numpy()
    width = int((index["column_px"] + index["width_px"]).max()) if len(index) else 0
    for start in range(0, int(end.max(initial=0)), _STRIP_PX):
        rows = np.flatnonzero((top < start + _STRIP_PX) & (end > start) & (count > 0))
        member, pixel = expand(first[rows], count[rows])
        row = layout.position[pixel, 0].astype(np.int64) + top[rows][member]
        here = (row >= start) & (row < start + _STRIP_PX)
        column = layout.position[pixel[here], 1] + index["column_px"].to_numpy()[rows][member[here]]
        repeated = pandas.Series(row[here] * width + column).duplicated(keep=False).to_numpy()
        shared += np.bincount(rows[member[here]][repeated], minlength=len(shared))
    return shared


def _scale(outlines: NDArray[np.object_], grid: Grid) -> NDArray[np.float64]:
    """Metres of the grid per metre on the ground at each outline, 1 where there is none."""
    west, south, east, north = np.nan_to_num(shapely.bounds(outlines)).T
    return np.sqrt(areal_scales(grid, (west + east) / 2, (south + north) / 2))


def _shrunk(
    outlines: NDArray[np.object_], grid: Grid, edges: Edges, scale: NDArray[np.float64]
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Outlines less the inner buffer, and which parcels are too narrow for it and keep theirs."""
    if not edges.inner_buffer_m:
        return outlines, np.zeros(len(outlines), bool)
    inner = shapely.buffer(outlines, -edges.inner_buffer_m * scale)
    left = np.bincount(pixels_inside(inner, grid).polygon, minlength=len(outlines))
    narrow = (left < edges.few_pixels) & ~shapely.is_missing(outlines)
    return np.where(narrow, outlines, inner), narrow


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
    """The share of each outline's area inside the grid."""
    xmin, ymin, xmax, ymax = grid.bounds
    left, low, right, up = shapely.bounds(outlines).T
    wholly = (left >= xmin) & (low >= ymin) & (right <= xmax) & (up <= ymax)
    share = wholly.astype(np.float64)
    rest = np.flatnonzero(~wholly & (area > 0))
    share[rest] = shapely.area(shapely.intersection(outlines[rest], shapely.box(*grid.bounds))) / area[rest]
    return share
