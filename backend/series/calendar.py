"""The time axis: days of a season, and series carried from one list of days onto another."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadArgument
from backend.vocabulary import UNOBSERVED

Days = Sequence[int] | NDArray[np.int64]

MOST_DAYS = 36_525  # from the season's first day, either way: a century
FIRST_SEASON, LAST_SEASON = 1900, 2200

_CHUNK_PX = 16_384
_EXPECTED = 'days of the season in rising order such as "3,13,43", or "every:10"'


def parse(text: str, first_day: int, last_day: int) -> tuple[int, ...]:
    """The days of a calendar option: a list, or every N days over the imagery's season. Raises BadArgument."""
    try:
        if text.startswith("every:"):
            step = int(text.removeprefix("every:"))
            days = tuple(range(first_day, last_day + 1, step)) if step > 0 else ()
        else:
            days = tuple(int(part) for part in text.split(","))
    except ValueError:
        days = ()
    far = any(abs(day) > MOST_DAYS for day in days)
    if not days or far or any(later <= earlier for earlier, later in zip(days, days[1:])):
        raise BadArgument("calendar", _EXPECTED, text)
    return days


def interpolation(days_from: Days, days_to: Days) -> NDArray[np.float32]:
    """The matrix `(to, from)` that interpolates linearly between neighbouring days; past the ends it takes the nearest.

    Filled series are linear between clear observations, which all lie on `days_from`: so this equals interpolating
    the clear observations themselves.
    """
    source, target = np.asarray(days_from, np.float64), np.asarray(days_to, np.float64)
    fraction = np.interp(target, source, np.arange(len(source)))
    low = np.minimum(np.floor(fraction).astype(int), max(len(source) - 2, 0))
    high = np.minimum(low + 1, len(source) - 1)
    weight = fraction - low
    matrix = np.zeros((len(target), len(source)), np.float32)
    rows = np.arange(len(target))
    np.add.at(matrix, (rows, low), 1 - weight)
    np.add.at(matrix, (rows, high), weight)
    return matrix


def resample(series: NDArray[np.int16], matrix: NDArray[np.float32]) -> NDArray[np.int16]:
    """`(pixels, from, bands)` -> `(pixels, to, bands)`; UNOBSERVED is what is made of a day that is, in each band."""
    carried = np.empty((len(series), len(matrix), series.shape[2]), np.int16)
    used = (matrix.T > 0).astype(np.float32)
    for start in range(0, len(series), _CHUNK_PX):
        chunk, into = series[start : start + _CHUNK_PX], carried[start : start + _CHUNK_PX]
        into[:] = np.rint(np.einsum("tf,pfb->ptb", matrix, chunk.astype(np.float32), optimize=True))
        if chunk.size and chunk.min() == UNOBSERVED:
            some = np.flatnonzero((chunk == UNOBSERVED).any(axis=(1, 2)))
            unobserved = (chunk[some] == UNOBSERVED).transpose(0, 2, 1).astype(np.float32)  # (some, bands, from)
            pixel, band, day = np.nonzero(unobserved @ used)
            into[some[pixel], day, band] = UNOBSERVED
    return carried
