"""Whether a raster of floating-point numbers holds counts or reflectance, by a few of its pixels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import rasterio
from rasterio.windows import Window

_SIDE_PX, _PLACES, _MOST_BANDS = 64, 5, 4  # windows looked at, from the middle outwards, of so many bands
_ENOUGH = 256  # numbers
_LEAST, _LARGEST = -5000.0, 65_535.0  # what is less, or more, is a fill value
_COUNTS_FROM = 100.0  # counts of land reach thousands, reflectance 1 to 3


def holds_counts(dataset: rasterio.DatasetReader) -> bool:
    """Whether the bright ones among its numbers are too large for reflectance; False where it has no data there."""
    indexes = list(dataset.indexes)[:_MOST_BANDS]
    found: list[np.ndarray] = []
    for row, column in _corners(dataset.shape):
        width, height = min(_SIDE_PX, dataset.width - column), min(_SIDE_PX, dataset.height - row)
        numbers = dataset.read(indexes, window=Window(column, row, width, height)).astype(np.float64)
        found.append(np.abs(numbers[(numbers != 0) & (numbers > _LEAST) & (numbers <= _LARGEST)]))  # NaN is neither
        if sum(map(len, found)) >= _ENOUGH:
            break
    values = np.concatenate(found)
    return bool(len(values)) and float(np.percentile(values, 95)) > _COUNTS_FROM


def _corners(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Upper left corners (row, column) of the windows, those near the middle first."""
    places = [(2 * place + 1) / (2 * _PLACES) for place in range(_PLACES)]
    both = sorted(((y, x) for y in places for x in places), key=lambda at: abs(at[0] - 0.5) + abs(at[1] - 0.5))
    return [tuple(max(0, int(at * size) - _SIDE_PX // 2) for at, size in zip(place, shape)) for place in both]  # type: ignore[misc]
