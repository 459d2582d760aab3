"""Clear observations interpolated to a time axis: linearly as in the paper (3.1), by the nearest, or smoothed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from backend.series.calendar import interpolation, resample
from backend.series.options import SeriesOptions
from backend.series.smoothing import savitzky_golay, whittaker
from backend.vocabulary import UNOBSERVED

Series = NDArray[np.int16]  # (pixels, dates, bands)
Clear = NDArray[np.bool_]  # (pixels, dates)
Days = NDArray[np.int64]

CHUNK_CELLS = 1 << 19  # pixel-dates worked on at once: their scratch stays in the processor's cache


def on_axis(series: Series, clear: Clear, days: Days, axis: Days, options: SeriesOptions) -> Series:
    """`(pixels, axis, bands)` on the days of `axis`, from what is `clear` in `series`, which is overwritten; both rise.

    Before the first and after the last clear observation the nearest one is taken. UNOBSERVED is a pixel that was
    never clear, and a day in a gap longer than the options' limit.
    """
    carried = _METHODS[options.filling](series, clear, days, axis)
    if options.max_gap_days is not None:
        carried[gap_days(clear, days, axis) > options.max_gap_days] = UNOBSERVED
    carried[~clear.any(axis=1)] = UNOBSERVED
    return carried


def fill_gaps(series: Series, clear: Clear, days: Days) -> None:
    """Fills `series` linearly in place where `clear` is False; a pixel that was never clear becomes UNOBSERVED."""
    step = max(1, CHUNK_CELLS // max(len(days), 1))
    for start in range(0, len(series), step):
        part = series[start : start + step]
        chunk = part if part.flags.c_contiguous else part.copy(order="C")
        _fill_chunk(chunk, clear[start : start + step], days)
        if chunk is not part:
            part[...] = chunk


def gap_days(clear: Clear, days: Days, axis: Days) -> Days:
    """`(pixels, axis)`: days between the clear observations around each day of `axis`, 0 on one of them.

    Before the first and after the last: the days to it. For a pixel that was never clear the numbers are undefined.
    """
    earlier, later = _around(clear, days, axis)
    first, last = earlier < 0, later == len(days)
    start = np.where(first, axis, days[np.maximum(earlier, 0)])
    stop = np.where(last, axis, days[np.minimum(later, len(days) - 1)])
    return np.asarray(stop - start)


def _around(clear: Clear, days: Days, axis: Days) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Where in `days` each pixel's last clear observation at or before each day of `axis` is (-1: there is none), and
    the first one at or after it (`len(days)`: none), both `(pixels, axis)`.
    """
    count = len(days)
    positions = np.arange(count, dtype=np.int16)
    before = np.maximum.accumulate(np.where(clear, positions, np.int16(-1)), axis=1)
    after = np.minimum.accumulate(np.where(clear, positions, np.int16(count))[:, ::-1], axis=1)[:, ::-1]
    if np.array_equal(days, axis):
        return before, after
    before = np.pad(before, ((0, 0), (1, 0)), constant_values=-1)
    after = np.pad(after, ((0, 0), (0, 1)), constant_values=count)
    return before[:, np.searchsorted(days, axis, side="right")], after[:, np.searchsorted(days, axis, side="left")]


def _fill_chunk(series: Series, clear: Clear, days: Days) -> None:
    count = len(days)
    before, after = _around(clear, days, days)
    pixel, date = np.nonzero(~clear)
    earlier, later = before[pixel, date].astype(np.int64), after[pixel, date].astype(np.int64)
    never = (earlier < 0) & (later == count)
    earlier, later = np.where(earlier < 0, later, earlier), np.where(later == count, earlier, later)
    earlier, later = np.where(never, 0, earlier), np.where(never, 0, later)
    gap = np.maximum(days[later] - days[earlier], 1)
    weight = (
        ((days[date] - days[earlier]) / gap).clip(0, 1).astype(np.float32)
    )  # ends: earlier == later, any weight will do
    flat = series.reshape(-1, series.shape[2])  # a view, for the chunk is contiguous
    start = flat[pixel * count + earlier].astype(np.float32)
    stop = flat[pixel * count + later].astype(np.float32)
    stop -= start
    stop *= weight[:, None]
    stop += start
    flat[pixel * count + date] = np.rint(stop, out=stop)
    series[~clear.any(axis=1)] = UNOBSERVED


def _linear(series: Series, clear: Clear, days: Days, axis: Days) -> Series:
    fill_gaps(series, clear, days)
    return series if np.array_equal(days, axis) else resample(series, interpolation(days, axis))


def _nearest(series: Series, clear: Clear, days: Days, axis: Days) -> Series:
    """Of two that are as near the earlier."""
    earlier, later = _around(clear, days, axis)
    first, last = np.maximum(earlier, 0), np.minimum(later, len(days) - 1)
    to_first = np.where(earlier < 0, np.inf, axis - days[first])
    to_last = np.where(later == len(days), np.inf, days[last] - axis)
    nearest = np.where(to_first <= to_last, first, last).astype(np.int64)
    return np.take_along_axis(series, nearest[:, :, None], axis=1)


def _whittaker(series: Series, clear: Clear, days: Days, axis: Days) -> Series:
    knots = np.union1d(days, axis)
    at_knots = np.zeros((len(series), len(knots)), bool)
    at_knots[:, np.searchsorted(knots, days)] = clear
    smooth = whittaker(_linear(series, clear, days, knots), at_knots, knots)
    return smooth[:, np.searchsorted(knots, axis)]


def _savitzky_golay(series: Series, clear: Clear, days: Days, axis: Days) -> Series:
    return savitzky_golay(_linear(series, clear, days, days), days, axis)


_METHODS: dict[str, Callable[[Series, Clear, Days, Days], Series]] = {
    "linear": _linear,
    "nearest": _nearest,
    "whittaker": _whittaker,
    "savitzky-golay": _savitzky_golay,
}
