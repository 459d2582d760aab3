"""The passes follow the satellites' calendar."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from backend.errors import BadArgument
from backend.simulation import SimulationSpec
from backend.simulation.acquisitions import acquisitions, most_dates

PAPER = "3 13 43 73 93 113 133 153 163 173 183 188 193 198 203 218 233 238 248 253 263 278 283 288"


def test_the_default_is_the_papers_series() -> None:
    assert [a.day_of_year for a in acquisitions(2017, 24)] == [int(day) for day in PAPER.split()]


@pytest.mark.parametrize("count", [1, 2, 12, 36, 60])
def test_a_season_runs_from_january_to_october_on_the_five_day_grid(count: int) -> None:
    days = [a.when.date() for a in acquisitions(2018, count)]
    assert len(set(days)) == count
    assert all((later - earlier).days % 5 == 0 and later > earlier for earlier, later in pairwise(days))
    assert days[-1] <= date(2018, 10, 31)


def test_more_dates_take_the_whole_year_and_then_the_neighbouring_orbit() -> None:
    year = [a.when.date() for a in acquisitions(2018, 73)]
    assert {(later - earlier).days for earlier, later in pairwise(year)} == {5}
    both = [a.when.date() for a in acquisitions(2018, 146)]
    assert {(later - earlier).days for earlier, later in pairwise(both)} == {2, 3}


def test_early_2017_had_one_satellite() -> None:
    passes = [a for a in acquisitions(2017, 40) if a.when.month <= 6]
    assert {a.platform for a in passes} == {"Sentinel-2A"}
    assert {a.platform for a in acquisitions(2017, 24) if a.when.month > 7} == {"Sentinel-2A", "Sentinel-2B"}


def test_no_more_dates_than_the_satellites_give() -> None:
    assert most_dates(2018) == 146
    assert most_dates(2016) < 80
    with pytest.raises(BadArgument, match="from 1 to 146"):
        SimulationSpec(dates=147, year=2018)


@pytest.mark.parametrize("name, value", [("parcels", 0), ("seed", -1), ("year", 2014), ("dates", 0), ("parcels", 2.5)])
def test_a_spec_refuses_what_cannot_be(name: str, value: object) -> None:
    with pytest.raises(BadArgument, match=name):
        SimulationSpec(**{name: value})  # type: ignore[arg-type]


def test_the_sun_stands_in_the_south_east_and_higher_in_summer() -> None:
    """At 45.6 degrees north the noon sun is 22 degrees from the zenith in June, 69 in December; the pass is earlier."""
    by_month = {a.when.month: a for a in acquisitions(2018, 73)}
    assert 22 < by_month[6].sun_zenith_deg < 33
    assert 69 < by_month[12].sun_zenith_deg < 75
    assert all(130 < a.sun_azimuth_deg < 172 for a in by_month.values())
