"""Gap filling against numpy, scipy's splines and pandas, pixel by pixel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pandas
import pytest
from scipy.interpolate import make_smoothing_spline

from backend.errors import BadArgument
from backend.options import FILLINGS
from backend.series.calendar import interpolation, parse, resample
from backend.series.filling import fill_gaps, gap_days, on_axis
from backend.series.options import SeriesOptions
from backend.series.smoothing import DEGREE, STEP_DAYS, STIFFNESS, WINDOW
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


def test_a_calendar_of_every_so_many_days_has_the_season_s_last_day_if_it_falls_on_it():
    assert parse("every:10", 3, 23) == (3, 13, 23)
    assert parse("every:10", 3, 22) == (3, 13)


def test_calendar_texts():
    assert parse("every:10", -5, 26) == (-5, 5, 15, 25)
    assert parse("3, 13,43", 0, 0) == (3, 13, 43)
    for wrong in ("every:0", "every:x", "3,3", "13,3", "", "a,b"):
        with pytest.raises(BadArgument, match="calendar"):
            parse(wrong, 0, 100)


@pytest.mark.parametrize("order", ["transposed", "fortran", "every other"])
def test_arrays_in_another_order_are_filled_alike(order):
    random = np.random.default_rng(6)
    truth = random.integers(0, 9000, (40, len(DAYS), 3)).astype(np.int16)
    clear = random.random((40, len(DAYS))) >= 0.5
    expected = truth.copy()
    fill_gaps(expected, clear, DAYS)
    given = {
        "transposed": np.ascontiguousarray(truth.transpose(2, 1, 0)).transpose(2, 1, 0),
        "fortran": np.asfortranarray(truth),
        "every other": np.repeat(truth, 2, axis=0)[::2],
    }[order]
    assert not given.flags.c_contiguous
    fill_gaps(given, clear, DAYS)
    np.testing.assert_array_equal(given, expected)


def cloudy(pixels, dates=40, cloud=0.5, seed=7):
    """Days about 7 apart, smooth courses with noise `(pixels, dates, 2)`, and where they are clear."""
    random = np.random.default_rng(seed)
    days = np.cumsum(random.integers(2, 12, dates))
    course = 3000 + 2000 * np.sin(days[None, :, None] / random.uniform(25, 60, (pixels, 1, 1)) + [0, 1])
    truth = (course + random.normal(0, 150, course.shape)).astype(np.int16)
    clear = random.random((pixels, dates)) >= cloud
    clear[0] = False
    return days, truth, clear


CALENDAR = np.arange(-10, 320, 9)


@pytest.mark.parametrize("on_acquisitions", [True, False])
def test_nearest_takes_the_nearest_clear_observation(on_acquisitions):
    days, truth, clear = cloudy(30)
    axis = days if on_acquisitions else CALENDAR
    found = on_axis(truth.copy(), clear, days, axis, SeriesOptions("nearest"))
    assert (found[0] == UNOBSERVED).all()
    for pixel in range(1, 30):
        own = pandas.DataFrame(truth[pixel], index=days)[clear[pixel]]
        for day, values in zip(axis, found[pixel]):
            apart = np.abs(own.index - day)
            assert values.tolist() == own[apart == apart.min()].iloc[0].tolist()  # the earlier of two


def test_whittaker_is_a_smoothing_spline_through_the_clear_observations():
    """On every day its bends are those of a cubic smoothing spline, which scipy solves in another way."""
    days, truth, clear = cloudy(6)
    axis = np.arange(days[0], days[-1] + 1)
    found = on_axis(truth.copy(), clear, days, axis, SeriesOptions("whittaker"))
    for pixel in range(1, 6):
        seen = clear[pixel]
        within = (axis >= days[seen][0]) & (axis <= days[seen][-1])
        for band in range(2):
            spline = make_smoothing_spline(days[seen], truth[pixel, seen, band].astype(float), lam=STIFFNESS)
            assert np.abs(found[pixel, within, band] - spline(axis[within])).max() < 12  # of a range of 4000
            ends = found[pixel, :, band][within][[0, -1]]
            assert (found[pixel, axis < days[seen][0], band] == ends[0]).all()  # held, not shot off
            assert (found[pixel, axis > days[seen][-1], band] == ends[1]).all()


def test_whittaker_brings_back_a_course_under_noise():
    """Nearer to the course without its noise than the linear filling, which keeps the noise."""
    random = np.random.default_rng(8)
    days = np.arange(0, 300, 5)
    course = np.repeat((4000 + 2500 * np.sin(days / 40))[None, :, None], 50, axis=0)
    noisy = (course + random.normal(0, 300, course.shape)).astype(np.int16)
    clear = random.random(noisy.shape[:2]) >= 0.4
    error = {
        name: np.sqrt(np.mean((on_axis(noisy.copy(), clear, days, days, SeriesOptions(name)) - course) ** 2))
        for name in FILLINGS
    }
    assert error["whittaker"] < 0.7 * error["linear"]
    assert error["savitzky-golay"] < 0.85 * error["linear"]


def test_savitzky_golay_fits_parabolas_through_the_linear_filling():
    days, truth, clear = cloudy(8)
    found = on_axis(truth.copy(), clear, days, CALENDAR, SeriesOptions("savitzky-golay"))
    even = np.arange(days[0], days[-1] + STEP_DAYS, STEP_DAYS)
    half = WINDOW // 2
    for pixel in range(1, 8):
        linear = np.interp(even, days[clear[pixel]], truth[pixel, clear[pixel], 0].astype(float))
        fitted = []
        for place in range(len(even)):
            start = min(max(place - half, 0), len(even) - WINDOW)
            window = slice(start, start + WINDOW)
            fitted.append(np.polyval(np.polyfit(even[window] - even[place], linear[window], DEGREE), 0))
        expected = np.interp(CALENDAR, even, fitted)
        assert np.abs(found[pixel, :, 0] - expected).max() <= 3  # rounded at each step


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("dates", [1, 2, 3, 4])
def test_few_dates_and_few_clear_ones(filling, dates):
    """Whatever is clear: one value stays that value everywhere, none is UNOBSERVED, nothing is out of range."""
    days = np.array([0, 1, 30, 300])[:dates]
    clear = np.array([[bool(bits >> date & 1) for date in range(dates)] for bits in range(2**dates)])
    series = np.full((len(clear), dates, 1), 31_000, np.int16)
    series[:, 0] = -900
    seen = series.copy()
    for axis in (days, np.arange(-50, 400, 25)):
        found = on_axis(series.copy(), clear, days, axis, SeriesOptions(filling))
        assert found.shape == (len(clear), len(axis), 1)
        assert (found[0] == UNOBSERVED).all() and (found[1:] != UNOBSERVED).all()
        for pixel in np.flatnonzero(clear.sum(axis=1) == 1):
            np.testing.assert_allclose(found[pixel], int(seen[pixel, clear[pixel], 0][0]), atol=1)


def test_gaps_longer_than_the_limit_are_unobserved():
    days, truth, clear = cloudy(40, cloud=0.75)
    for axis in (days, CALENDAR):
        filled = on_axis(truth.copy(), clear, days, axis, SeriesOptions())
        found = on_axis(truth.copy(), clear, days, axis, SeriesOptions(max_gap_days=30))
        gaps = gap_days(clear, days, axis)
        for pixel in range(1, 40):
            own = days[clear[pixel]]
            for place, day in enumerate(axis):
                before, after = own[own <= day][-1:], own[own >= day][:1]
                around = (
                    np.concatenate([before, after]) if len(before) and len(after) else np.array([day, *before, *after])
                )
                assert gaps[pixel, place] == np.ptp(around)
                assert found[pixel, place, 0] == (UNOBSERVED if np.ptp(around) > 30 else filled[pixel, place, 0])
        assert 0.1 < (found == UNOBSERVED).mean() < 0.9


@pytest.mark.parametrize(("limit", "first"), [(29, UNOBSERVED), (30, 1500), (31, 1500)])
def test_a_gap_as_long_as_the_limit_is_filled(limit, first):
    """On a line of 100 a day from 0 on: day 15 between days 0 and 30; day 65, between 30 and 100, is never filled."""
    days, axis = np.array([0, 30, 100]), np.array([0, 15, 65])
    series = (100 * days).astype(np.int16).reshape(1, 3, 1)
    found = on_axis(series, np.ones((1, 3), bool), days, axis, SeriesOptions(max_gap_days=limit))
    assert found.ravel().tolist() == [0, first, UNOBSERVED]


def test_a_day_carried_from_an_unobserved_one_is_unobserved():
    series = np.array([[[100], [200], [UNOBSERVED], [400]]], np.int16)
    found = resample(series, interpolation([0, 10, 20, 30], [0, 5, 10, 12, 20, 29, 30, 40]))
    assert found.ravel().tolist() == [100, 150, 200, UNOBSERVED, UNOBSERVED, UNOBSERVED, 400, 400]


def test_options_that_mean_nothing():
    for wrong in ({"filling": "cubic"}, {"max_gap_days": 0}):
        with pytest.raises(BadArgument, match=next(iter(wrong))):
            SeriesOptions(**wrong)
