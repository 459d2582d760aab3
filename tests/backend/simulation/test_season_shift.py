"""A season that begins later."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.errors import BadArgument
from backend.simulation import SimulationSpec
from backend.simulation.phenology import draw_calendar


def test_crops_come_up_later_by_these_days_and_ripen_about_half_as_much_later():
    kinds = np.zeros(50, dtype=np.int64)
    usual, later = (
        draw_calendar(kinds, np.full(50, days), np.random.default_rng(1), np.random.default_rng(2))
        for days in (0.0, 20.0)
    )
    np.testing.assert_allclose(later.up - usual.up, 20)
    np.testing.assert_allclose(later.down - usual.down, 11)


def test_a_shift_of_more_than_two_months_is_refused():
    assert SimulationSpec(season_shift_days=-60).season_shift_days == -60
    with pytest.raises(BadArgument, match="season_shift_days"):
        SimulationSpec(season_shift_days=61)
