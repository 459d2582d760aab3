"""The time axis: days of a season, and series interpolated from one list of days to another."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadArgument
from backend.options import EVERY, as_numbers, option
from backend.vocabulary import UNOBSERVED

Days = Sequence[int] | NDArray[np.int64]

FIRST_SEASON, LAST_SEASON = 1900, 2200

_CHUNK_PX = 16_384


def parse(text: str, first_day: int, last_day: int) -> tuple[int, ...]:
    """The days of a calendar option: a list, or every N days over the imagery's season. Raises BadArgument."""
    if not option("calendar").accepts(text):
        raise BadArgument("calendar", option("calendar").expected, text)
    if text.startswith(EVERY):
        return tuple(range(first_day, last_day + 1, int(text.removeprefix(EVERY))))
    return as_numbers(text)


def interpolation(days_from: Days, days_to: Days) -> NDArray[np.float32]:
    """The matrix `(to, from)` that interpolates linearly between neighbouring days; past the ends it takes the nearest.

    Filled series are linear between clear observations, which are all on `days_from`: so this equals interpolating
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
    """`(pixels, from, bands)` -> `(pixels, to, bands)`; a day made from an unobserved one is UNOBSERVED."""
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
