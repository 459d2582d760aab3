"""Clouds and shadows that the masks missed, found in a pixel's own series: on one date it differs strongly from the
clear dates before and after.

A cloud makes it bright in the blue (the multi-temporal test of Hagolle et al. 2010, with dates on both sides, so that a
harvest or ploughing, after which the ground does not change back, is not one); a shadow makes it dark in the infrared.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.errors import MissingBands
from backend.vocabulary import REFLECTANCE_SCALE

Floats = NDArray[np.float32]  # (observations,)

_NEEDED = ("B02", "B03", "B04", "B08", "B11")
_BRIGHTER = 0.03  # reflectance in the blue, where the neighbours are next to it; Hagolle et al. 2010, table 2
_DOUBLED_DAYS = 30  # for each so many days that a neighbour is away, by so much more; the same
_REDDER = 1.5  # times the rise in the blue: soil rises more in the red than clouds do; the same
_DARKER = 0.3  # share of the infrared that a shadow takes at least; rain on bare soil takes less
_DARKER_DOUBLED_DAYS = 60  # as above: fields darken in the infrared more slowly than they brighten in the blue
_SNOW_INDEX = 0.4  # (green - shortwave) / (green + shortwave) from which bright ground is snow; Hall et al. 1995


def require_bands(bands: Sequence[str], where: object) -> None:
    """Raises MissingBands where the test cannot be made."""
    missing = [band for band in _NEEDED if band not in bands]
    if missing:
        raise MissingBands(where, missing, bands)


def outliers(
    series: NDArray[np.int16], clear: NDArray[np.bool_], days: NDArray[np.int64], bands: Sequence[str]
) -> NDArray[np.bool_]:
    """Which of the `clear` observations `(pixels, dates)` of `series` `(pixels, dates, bands)` are outliers.

    The first and the last of a pixel are never tested: a cloud cannot be distinguished from a change there.
    """
    left = clear.copy()
    columns = [bands.index(band) for band in _NEEDED]
    for find in (_clouds, _clouds, _shadows):  # ground between two clouds is not a shadow: clouds are removed first
        pixel, date = np.nonzero(left)  # pixel by pixel, each in the order of time
        values = series[pixel, date][:, columns].T.astype(np.float32) / np.float32(REFLECTANCE_SCALE)
        away = _away(pixel, days[date])
        found = (away > 0) & find(values, pixel, away)
        left[pixel[found], date[found]] = False
    return clear & ~left


def _away(pixel: NDArray[np.int64], day: NDArray[np.int64]) -> Floats:
    """For each observation: days to the farther of its two neighbours; 0 at a pixel's first and last."""
    inner = (pixel[1:-1] == pixel[:-2]) & (pixel[1:-1] == pixel[2:])
    away = np.zeros(len(pixel), np.float32)
    away[1:-1] = np.where(inner, np.maximum(day[1:-1] - day[:-2], day[2:] - day[1:-1]), 0)
    return away


def _clouds(values: Floats, pixel: NDArray[np.int64], away: Floats) -> NDArray[np.bool_]:
    """Of `values` `(5, n)`, the needed bands."""
    blue, green, red, _, short = values
    rise = blue - _brightest(blue, pixel)
    snow = green - short > _SNOW_INDEX * (green + short)
    soil = red - _brightest(red, pixel) >= _REDDER * rise
    return np.asarray((rise > _BRIGHTER * (1 + away / _DOUBLED_DAYS)) & ~soil & ~snow)


def _shadows(values: Floats, pixel: NDArray[np.int64], away: Floats) -> NDArray[np.bool_]:
    *_, near, short = values
    kept = np.maximum(1 - _DARKER * (1 + away / _DARKER_DOUBLED_DAYS), 0)
    return np.asarray((near < kept * _darkest(near, pixel)) & (short < kept * _darkest(short, pixel)))


def _brightest(values: Floats, pixel: NDArray[np.int64]) -> Floats:
    """The upper value of each observation's neighbours: the darker of the two before or of the two after it."""
    return np.maximum(*_sides(values, pixel, np.minimum))


def _darkest(values: Floats, pixel: NDArray[np.int64]) -> Floats:
    """The lower value of each observation's neighbours: the brighter of the two before or of the two after it."""
    return np.minimum(*_sides(values, pixel, np.maximum))


def _sides(values: Floats, pixel: NDArray[np.int64], choose: np.ufunc) -> tuple[Floats, Floats]:
    """Before and after: of the nearest two of the same pixel the one that `choose` takes; of a single one that one."""
    return _before(values, pixel, choose), _before(values[::-1], pixel[::-1], choose)[::-1]


def _before(values: Floats, pixel: NDArray[np.int64], choose: np.ufunc) -> Floats:
    nearest = np.concatenate([values[:1], values[:-1]])
    second = np.concatenate([values[:2], values[:-2]])
    of_pixel = np.concatenate([pixel[:2], pixel[:-2]]) == pixel
    return np.where(of_pixel, choose(nearest, second), nearest)
