"""Gap filling against numpy.interp, pixel by pixel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.errors import BadArgument
from backend.series.calendar import interpolation, parse, resample
from backend.series.filling import fill_gaps
from backend.vocabulary import UNOBSERVED

DAYS = np.array([-20, 3, 13, 43, 73, 93, 113, 188, 193])


@pytest.mark.parametrize("cloud", [0.0, 0.3, 0.7, 0.95])
def test_filling_equals_interpolation_of_each_pixel(cloud):
    random = np.random.default_rng(4)
    truth = random.integers(-900, 12_000, (300, len(DAYS), 3)).astype(np.int16)
    clear = random.random((300, len(DAYS))) >= cloud
    filled = np.where(clear[:, :, None], truth, np.int16(31_000))  # what lies under clouds must not matter
    fill_gaps(filled, clear, DAYS)
    for pixel in range(300):
        seen = clear[pixel]
        for band in range(3):
            if not seen.any():
                assert (filled[pixel, :, band] == UNOBSERVED).all()
                continue
            expected = np.interp(DAYS, DAYS[seen], truth[pixel, seen, band].astype(float))
            assert np.abs(filled[pixel, :, band] - expected).max() <= 0.501


def test_a_calendar_equals_interpolation_of_the_clear_observations():
    """Filling onto the acquisition days and then onto a calendar is filling onto the calendar."""
    random = np.random.default_rng(5)
    calendar = np.array([-60, -20, 0, 10, 50, 100, 190, 230])
    truth = random.integers(0, 10_000, (50, len(DAYS), 2)).astype(np.int16)
    clear = random.random((50, len(DAYS))) >= 0.5
    clear[:, 4] = True
    filled = truth.copy()
    fill_gaps(filled, clear, DAYS)
    carried = resample(filled, interpolation(DAYS, calendar))
    for pixel in range(50):
        for band in range(2):
            expected = np.interp(calendar, DAYS[clear[pixel]], truth[pixel, clear[pixel], band].astype(float))
            assert np.abs(carried[pixel, :, band] - expected).max() <= 1.01  # rounded twice


def test_unobserved_stays_unobserved_on_a_calendar():
    series = np.full((1, len(DAYS), 2), UNOBSERVED, np.int16)
    assert (resample(series, interpolation(DAYS, range(0, 200, 7))) == UNOBSERVED).all()


def test_one_date_serves_the_whole_calendar():
    assert interpolation([50], [10, 50, 90]).tolist() == [[1], [1], [1]]


def test_calendar_texts():
    assert parse("every:10", -5, 26) == (-5, 5, 15, 25)
    assert parse("3, 13,43", 0, 0) == (3, 13, 43)
    for wrong in ("every:0", "every:x", "3,3", "13,3", "", "a,b"):
        with pytest.raises(BadArgument, match="calendar"):
            parse(wrong, 0, 100)
