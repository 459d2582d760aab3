"""Clouds interpolated in time: linear between a pixel's previous and next clear observation (the paper, 3.1)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.vocabulary import UNOBSERVED

_CHUNK_CELLS = 1 << 19  # pixel-dates worked on at once: their scratch stays in the processor's cache


def fill_gaps(series: NDArray[np.int16], clear: NDArray[np.bool_], days: NDArray[np.int64]) -> None:
    """Fills `series` `(pixels, dates, bands)` in place where `clear` `(pixels, dates)` is False; `days` rise.

    Before the first and after the last clear observation the nearest one is taken. A pixel that was never clear
    becomes UNOBSERVED throughout.
    """
    step = max(1, _CHUNK_CELLS // max(len(days), 1))
    for start in range(0, len(series), step):
        _fill_chunk(series[start : start + step], clear[start : start + step], days)


def _fill_chunk(series: NDArray[np.int16], clear: NDArray[np.bool_], days: NDArray[np.int64]) -> None:
    count = len(days)
    positions = np.arange(count, dtype=np.int16)
    before = np.maximum.accumulate(np.where(clear, positions, np.int16(-1)), axis=1)
    after = np.minimum.accumulate(np.where(clear, positions, np.int16(count))[:, ::-1], axis=1)[:, ::-1]
    pixel, date = np.nonzero(~clear)
    earlier, later = before[pixel, date].astype(np.int64), after[pixel, date].astype(np.int64)
    never = (earlier < 0) & (later == count)
    earlier, later = np.where(earlier < 0, later, earlier), np.where(later == count, earlier, later)
    earlier, later = np.where(never, 0, earlier), np.where(never, 0, later)
    gap = np.maximum(days[later] - days[earlier], 1)
    weight = (
        ((days[date] - days[earlier]) / gap).clip(0, 1).astype(np.float32)
    )  # ends: earlier == later, any weight will do
    flat = series.reshape(-1, series.shape[2])
    start = flat[pixel * count + earlier].astype(np.float32)
    stop = flat[pixel * count + later].astype(np.float32)
    stop -= start
    stop *= weight[:, None]
    stop += start
    flat[pixel * count + date] = np.rint(stop, out=stop)
    series[~clear.any(axis=1)] = UNOBSERVED
