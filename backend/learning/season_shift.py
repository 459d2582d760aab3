"""How many days later a season is than that of a training, from the mean course of the NDVI."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

MOST_DAYS = 60  # either way
LEAST_LIKENESS = 0.8  # correlation of the best match; below it the courses are of different vegetation
LEAST_PARCELS = 20
_LEAST_SHARE = 0.6  # of the calendar, on which both courses must have values
_DRAWS, _SEED = 50, 0


@dataclass(frozen=True)
class SeasonShift:
    """`days` later than the training, below 0 earlier; `error_days`: standard error by the choice of the parcels."""

    days: int
    error_days: float


def season_shift(
    trained: Sequence[float], courses: NDArray[np.floating], calendar: Sequence[int]
) -> SeasonShift | None:
    """Of the mean of `courses` `(parcels, dates)` of NDVI against the `trained` one `(dates,)`, both at the days of
    `calendar`: the shift with the highest correlation. Level and amplitude, which depend on the mixture of crops, do
    not count. The error is that of a bootstrap over the parcels, not of the dates, which may be weeks apart.

    None where no shift within MOST_DAYS is a good match, or for fewer than LEAST_PARCELS.
    """
    complete = courses[~np.isnan(courses).any(axis=1)].astype(np.float64)
    if len(complete) < LEAST_PARCELS or len(calendar) < 4:
        return None
    every = np.arange(calendar[0], calendar[-1] + 1)
    known = PchipInterpolator(calendar, trained)(every)
    best, likeness = _best(known, PchipInterpolator(calendar, complete.mean(axis=0))(every))
    if abs(best) == MOST_DAYS or likeness < LEAST_LIKENESS:
        return None
    random = np.random.default_rng(_SEED)
    weights = random.multinomial(len(complete), np.full(len(complete), 1 / len(complete)), size=_DRAWS)
    means = weights @ complete / len(complete)
    drawn = [_best(known, mean)[0] for mean in PchipInterpolator(calendar, means, axis=1)(every)]
    return SeasonShift(best, round(float(np.std(drawn)), 1))


def _best(known: NDArray[np.float64], found: NDArray[np.float64]) -> tuple[int, float]:
    """The shift of `found` against `known`, both a value for each day, and its correlation."""
    span = len(known)
    shifts = [shift for shift in range(-MOST_DAYS, MOST_DAYS + 1) if span - abs(shift) >= _LEAST_SHARE * span]
    likeness = [
        _correlation(known[max(0, -shift) : span - max(0, shift)], found[max(0, shift) : span - max(0, -shift)])
        for shift in shifts
    ]
    place = int(np.argmax(likeness))
    return shifts[place], likeness[place]


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / size) if size > 0 else 0.0
