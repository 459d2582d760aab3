"""Which objects share each pixel, and in what parts: the landscape rasterised finer than the pixel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import rasterize

from backend.simulation.landscape import Landscape, Shapes

PIXEL_M = 10.0
FINE = 4  # sub-pixels per side of a pixel
STRIP_PX = 128


@dataclass(frozen=True)
class Strip:
    """Rows `top` onwards of the region: entry k says that object `item[k]` covers `part[k]` of pixel `pixel[k]`.

    pixel: int32, position in the strip, row-major; item: int32, position in the landscape; part: float32, 0..1.
    """

    top: int
    rows: int
    pixel: NDArray[np.int32]
    item: NDArray[np.int32]
    part: NDArray[np.float32]


def strips(landscape: Landscape, side_px: int) -> Iterator[Strip]:
    """The region from north to south, STRIP_PX rows at a time."""
    tree = shapely.STRtree(landscape.outline)
    for top in range(0, side_px, STRIP_PX):
        rows = min(STRIP_PX, side_px - top)
        upper = landscape.side_m - top * PIXEL_M
        there = np.sort(tree.query(shapely.box(0, upper - rows * PIXEL_M, landscape.side_m, upper)))
        labels = _labels(landscape.outline, there, upper, rows, side_px)
        yield _strip(top, rows, labels)


def _labels(outline: Shapes, there: NDArray[np.int64], upper: float, rows: int, side_px: int) -> NDArray[np.int32]:
    """Object under every sub-pixel, `(pixels, FINE * FINE)`; later objects are on top."""
    step = PIXEL_M / FINE
    fine = rasterize(
        zip(outline[there], there.tolist()),
        out_shape=(rows * FINE, side_px * FINE),
        transform=Affine(step, 0, 0, 0, -step, upper),
        dtype="int32",
    )
    blocks = fine.reshape(rows, FINE, side_px, FINE).transpose(0, 2, 1, 3)
    return np.sort(blocks.reshape(rows * side_px, FINE * FINE), axis=1)


def _strip(top: int, rows: int, labels: NDArray[np.int32]) -> Strip:
    """Counts equal neighbours in the sorted labels of each pixel."""
    flat = labels.ravel()
    first = np.ones(labels.shape, dtype=bool)
    first[:, 1:] = labels[:, 1:] != labels[:, :-1]
    begin = np.flatnonzero(first)
    count = np.diff(begin, append=flat.size)
    return Strip(
        top,
        rows,
        (begin // labels.shape[1]).astype(np.int32),
        flat[begin],
        (count / labels.shape[1]).astype(np.float32),
    )
