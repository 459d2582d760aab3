"""The shift of a season on courses that were shifted by a known number of days."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.learning.season_shift import season_shift

CALENDAR = tuple(range(20, 320, 12))


def courses(shift: float = 0, count: int = 200, seed: int = 2) -> np.ndarray:
    """NDVI `(count, dates)` of parcels whose growth is centred on day 150 or 210, `shift` days later."""
    random = np.random.default_rng(seed)
    peak = random.choice([150, 210], count, p=[0.7, 0.3]) + shift + random.normal(0, 6, count)
    days = np.array(CALENDAR)
    growth = np.exp(-(((days - peak[:, None]) / 35) ** 2))
    return 0.2 + 0.6 * growth + random.normal(0, 0.03, growth.shape)


TRAINED = courses(seed=1).mean(axis=0)


@pytest.mark.parametrize("shift", [-25, -9, 0, 9, 25])
def test_a_known_shift_is_found(shift):
    found = season_shift(TRAINED, courses(shift), CALENDAR)
    assert found.days == pytest.approx(shift, abs=4)
    assert 0 < found.error_days < 4


def test_level_and_amplitude_do_not_count():
    found = season_shift(TRAINED, 0.1 + 0.5 * courses(12), CALENDAR)
    assert found == season_shift(TRAINED, courses(12), CALENDAR)


def test_parcels_with_gaps_are_left_out():
    there = courses(9)
    gaps = np.concatenate([there, np.full((30, len(CALENDAR)), np.nan)])
    assert season_shift(TRAINED, gaps, CALENDAR) == season_shift(TRAINED, there, CALENDAR)


def test_what_does_not_match_has_no_shift():
    assert season_shift(TRAINED, courses(90), CALENDAR) is None
    assert season_shift(TRAINED, np.full((50, len(CALENDAR)), 0.4), CALENDAR) is None
    assert season_shift(TRAINED, courses(count=19), CALENDAR) is None
    assert season_shift(TRAINED[:3], courses()[:, :3], CALENDAR[:3]) is None
