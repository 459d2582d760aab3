"""Smoothing of noisy series: Whittaker's smoother, and the filter of Savitzky and Golay."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.series.calendar import interpolation, resample

Series = NDArray[np.int16]  # (pixels, dates, bands)
Days = NDArray[np.int64]

STIFFNESS = 1_000.0  # days^3: what a bend costs against a miss; chosen by benchmarks/filling.py on real series
STEP_DAYS, WINDOW, DEGREE = 5, 7, 2  # of Savitzky and Golay: Sentinel-2's revisit, 30 days, parabolas
_SLIGHT = 1e-6  # weight of an unobserved value: only matters where there is nothing else, as past the ends
_MOST = 32767  # of int16; its least number is UNOBSERVED


def whittaker(filled: Series, clear: NDArray[np.bool_], days: Days) -> Series:
    """Minimises the squared distances to the clear observations + STIFFNESS x the integral of the squared second
    derivative (Eilers 2003, for unequal distances between days); `filled` is the series, its gaps filled linearly.

    Before the first and after the last clear observation the curve is constant, since an extrapolation would diverge.
    """
    from scipy.linalg import solveh_banded

    pixels, dates, bands = filled.shape
    if dates < 3:
        return filled
    weights = np.where(clear, 1.0, _SLIGHT)
    system = np.tile(_bending(days), pixels)  # of all pixels as one, each joined to no other
    system[2] += weights.ravel()
    target = (filled * weights[:, :, None]).reshape(-1, bands)
    smooth = solveh_banded(system, target, overwrite_ab=True, overwrite_b=True, check_finite=False)
    first, last = clear.argmax(axis=1), dates - 1 - clear[:, ::-1].argmax(axis=1)
    held = np.arange(dates).clip(first[:, None], last[:, None])
    return _whole(np.take_along_axis(smooth.reshape(filled.shape), held[:, :, None], axis=1))


def _bending(days: Days) -> NDArray[np.float64]:
    """STIFFNESS D'D for second differences D by unequal steps: `(3, days)`, the upper diagonals, the farthest first."""
    step = np.diff(days.astype(np.float64))
    before, after = step[:-1], step[1:]
    bend = np.zeros((len(days) - 2, len(days)))
    row = np.arange(len(bend))
    bend[row, row] = 2 / (before * (before + after))
    bend[row, row + 1] = -2 / (before * after)
    bend[row, row + 2] = 2 / (after * (before + after))
    bend *= np.sqrt(STIFFNESS * (before + after) / 2)[:, None]
    cost = bend.T @ bend
    return np.stack([np.pad(np.diagonal(cost, above), (above, 0)) for above in (2, 1, 0)])


def savitzky_golay(filled: Series, days: Days, axis: Days) -> Series:
    """The series brought to every STEP_DAYS, parabolas fitted through WINDOW of them in turn, then to `axis`."""
    from scipy.signal import savgol_filter  # here, because loading it takes longer than reading most regions

    even = np.arange(days[0], days[-1] + STEP_DAYS, STEP_DAYS)
    window = min(WINDOW, len(even) - 1 + len(even) % 2)
    if window <= DEGREE:
        return resample(filled, interpolation(days, axis))
    regular = resample(filled, interpolation(days, even)).astype(np.float32)
    return resample(_whole(savgol_filter(regular, window, DEGREE, axis=1)), interpolation(even, axis))


def _whole(values: NDArray[np.floating]) -> Series:
    return np.asarray(np.clip(np.rint(values), -_MOST, _MOST).astype(np.int16))
