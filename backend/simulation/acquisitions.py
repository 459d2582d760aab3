"""The days and hours on which Sentinel-2 passes over the region, and the position of the sun."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np

FIRST_YEAR, LAST_YEAR = 2016, 2099  # the first whole year of Sentinel-2A; the last year that is supported
LATITUDE_DEG = 45.6
REPEAT_DAYS = 10  # of one satellite; its twin passes half-way
OVERLAP_DAYS = 3  # the neighbouring orbit sees the overlap of the two swaths so many days later
SEASON_END = (10, 31)  # seasons run from January to October, as the paper's
PASS_TIME = time(10, 36, 21)

_ANCHOR = date(2017, 1, 3)  # a pass of Sentinel-2A in the paper's series (day of year 3)
_TWIN_FROM = date(2017, 7, 1)  # Sentinel-2B's first regular acquisitions
_S2C_FROM = date(2025, 1, 21)  # Sentinel-2C took over from 2A

# The 24 acquisitions of 2017 of the paper's data set (days of year; Zenodo 5815523)
PAPER_YEAR = 2017
PAPER_DAYS = (
    3,
    13,
    43,
    73,
    93,
    113,
    133,
    153,
    163,
    173,
    183,
    188,
    193,
    198,
    203,
    218,
    233,
    238,
    248,
    253,
    263,
    278,
    283,
    288,
)


@dataclass(frozen=True)
class Acquisition:
    """One pass: when, by which satellite, and the sun's zenith and azimuth (degrees, clockwise from north)."""

    when: datetime
    platform: str
    sun_zenith_deg: float
    sun_azimuth_deg: float

    @property
    def stamp(self) -> str:
        return f"{self.when:%Y%m%d}"

    @property
    def iso_day(self) -> str:
        return self.when.date().isoformat()

    @property
    def day_of_year(self) -> int:
        return self.when.timetuple().tm_yday


def acquisitions(year: int, count: int) -> tuple[Acquisition, ...]:
    """`count` passes of the year: the paper's own where they fit, otherwise spread evenly over the existing passes.

    January to October suffices for about 60; more take the whole year, then the neighbouring orbit's overlap.
    """
    if year == PAPER_YEAR and count == len(PAPER_DAYS):
        return tuple(_acquisition(date(year, 1, 1) + timedelta(day - 1)) for day in PAPER_DAYS)
    passes = next(pool for pool in _pools(year) if len(pool) >= count)
    chosen = np.linspace(0, len(passes) - 1, count).round().astype(int)
    return tuple(_acquisition(passes[index]) for index in chosen)


def most_dates(year: int) -> int:
    """How many passes the satellites give in a year."""
    return len(_pools(year)[-1])


@cache
def _pools(year: int) -> tuple[tuple[date, ...], ...]:
    """Ever larger choices of passes: one orbit's season, one orbit's year, both orbits' year."""
    days = [date(year, 1, 1) + timedelta(n) for n in range(366)]
    days = [day for day in days if day.year == year]
    orbit = tuple(day for day in days if _passes(day))
    overlap = tuple(day for day in days if _passes(day - timedelta(OVERLAP_DAYS)))
    season = tuple(day for day in orbit if (day.month, day.day) <= SEASON_END)
    return season, orbit, tuple(sorted(orbit + overlap))


def _passes(day: date) -> bool:
    phase = (day - _ANCHOR).days % REPEAT_DAYS
    return phase == 0 or (phase == REPEAT_DAYS // 2 and day >= _TWIN_FROM)


def _acquisition(day: date) -> Acquisition:
    zenith, azimuth = _sun(day)
    return Acquisition(datetime.combine(day, PASS_TIME), _platform(day), zenith, azimuth)


def _platform(day: date) -> str:
    twin = (day - _ANCHOR).days % REPEAT_DAYS in (REPEAT_DAYS // 2, REPEAT_DAYS // 2 + OVERLAP_DAYS)
    if twin:
        return "Sentinel-2B"
    return "Sentinel-2A" if day < _S2C_FROM else "Sentinel-2C"


def _sun(day: date) -> tuple[float, float]:
    """Zenith and azimuth in degrees at the pass, from the usual formula for the sun's declination (Cooper 1969)."""
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day.timetuple().tm_yday) / 365)
    latitude, hour = np.radians(LATITUDE_DEG), np.radians(-17.0)  # about 70 minutes before solar noon
    cosine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour)
    east = -np.cos(declination) * np.sin(hour)
    north = np.sin(declination) * np.cos(latitude) - np.cos(declination) * np.cos(hour) * np.sin(latitude)
    return float(np.degrees(np.arccos(cosine))), float(np.degrees(np.arctan2(east, north)) % 360)
