"""How each object of the landscape grows through the year: its own calendar, and its canopy on a given day."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.simulation.allotment import Codes
from backend.simulation.covers import COVERS, NEVER

Floats = NDArray[np.float64]

MOST_CUTS = max(len(cover.cuts) for cover in COVERS)
REGROWTH_DAYS = 17.0  # e-folding time of a mown sward
DROUGHT_DAY, DROUGHT_DAYS = 213.0, 30.0  # the dry spell of high summer
YEAR_DAYS, YEAR_VIGOUR = 4.0, 0.06  # differences in calendar and growth between years
FAILED = 0.012  # share of fields where the crop hardly came up


@dataclass(frozen=True)
class Calendar:
    """The values of covers.Cover drawn for every object: all `(objects,)` but `cuts` `(objects, MOST_CUTS)`."""

    start: Floats
    up: Floats
    rise: Floats
    peak: Floats
    down: Floats
    fall: Floats
    harvest: Floats
    dry: Floats
    tilled: Floats
    regrowth: Floats  # LAI of what comes up after the harvest
    regrowth_day: Floats
    winter: Floats  # LAI of a cover before the crop
    winter_end: Floats
    cuts: Floats
    drought: Floats
    rows: Floats
    flower_day: Floats
    flower_days: Floats
    flower_cover: Floats


@dataclass(frozen=True)
class Canopy:
    """The state of every object on one day `(objects,)`: green leaf area index, covers of dry matter and of flowers."""

    lai: Floats
    dry: Floats
    flower: Floats


def of_covers(kinds: Codes, name: str) -> Floats:
    """One column of the table of covers, for every object."""
    return np.array([getattr(cover, name) for cover in COVERS], dtype=np.float64)[kinds]


def draw_calendar(kinds: Codes, regional_days: Floats, rng: np.random.Generator, year: np.random.Generator) -> Calendar:
    """Every object's own calendar: the year's, its neighbourhood's (`regional_days`) and its farmer's deviations."""
    n = len(kinds)
    spread = of_covers(kinds, "spread_days")
    early = year.normal(0, YEAR_DAYS) + regional_days + rng.normal(0, 1, n) * spread
    ripe = 0.55 * early + rng.normal(0, 0.55, n) * spread + year.normal(0, YEAR_DAYS / 2)
    vigour = np.exp(rng.normal(0, 1, n) * of_covers(kinds, "spread_vigour") + year.normal(0, YEAR_VIGOUR))
    vigour = np.where(rng.random(n) < FAILED, 0.3, vigour)
    up, down = of_covers(kinds, "up") + early, of_covers(kinds, "down") + ripe
    harvest = np.maximum(of_covers(kinds, "harvest") + ripe + rng.gamma(2, 2.5, n) - 5, up + 30)
    tilled = harvest + of_covers(kinds, "till") * rng.gamma(2, 0.5, n)
    return Calendar(
        start=of_covers(kinds, "start") * vigour * np.exp(rng.normal(0, 0.25, n)),
        up=up,
        rise=of_covers(kinds, "rise") * np.exp(rng.normal(0, 0.15, n)),
        peak=of_covers(kinds, "peak") * vigour,
        down=down,
        fall=of_covers(kinds, "fall") * np.exp(rng.normal(0, 0.15, n)),
        harvest=harvest,
        dry=np.clip(of_covers(kinds, "dry") * np.exp(rng.normal(0, 0.15, n)), 0, 0.95),
        tilled=tilled,
        regrowth=(rng.random(n) < of_covers(kinds, "regrow")) * rng.uniform(0.4, 2.6, n),
        regrowth_day=harvest + rng.uniform(20, 60, n),
        winter=(rng.random(n) < of_covers(kinds, "winter")) * rng.uniform(0.8, 2.8, n),
        winter_end=up - 45 + rng.normal(0, 9, n),
        cuts=_cuts(kinds, early, rng),
        drought=of_covers(kinds, "summer") * np.clip(year.uniform(0.4, 1.1) + rng.normal(0, 0.2, n), 0, 1.3),
        rows=of_covers(kinds, "rows") * rng.uniform(0.85, 1.1, n).clip(max=1),
        flower_day=of_covers(kinds, "flower_day") + early + rng.normal(0, 3, n),
        flower_days=of_covers(kinds, "flower_days"),
        flower_cover=of_covers(kinds, "flower_cover") * rng.uniform(0.6, 1.3, n),
    )


def canopy(calendar: Calendar, day: float) -> Canopy:
    """The canopy of every object on a day of year."""
    grown = _logistic((day - calendar.up) / calendar.rise)
    alive = _logistic((calendar.down - day) / calendar.fall)
    drought = calendar.drought * np.exp(-(((day - DROUGHT_DAY) / DROUGHT_DAYS) ** 2))
    left, litter = _mown(calendar.cuts, day)
    crop = (calendar.start + (calendar.peak - calendar.start) * grown) * alive * left * np.clip(1 - drought, 0.1, 1)
    standing = day < calendar.harvest
    ripe = np.where(standing, 1 - alive, _logistic((calendar.tilled - day) / 3))
    thatch = (0.25 + 0.75 * np.maximum(drought, litter)) * (1 - 0.6 * grown * (1 - drought))
    perennial = calendar.harvest > 366
    bloom = calendar.flower_cover * np.exp(-(((day - calendar.flower_day) / calendar.flower_days) ** 2))
    return Canopy(
        lai=np.maximum(crop * standing + _between_crops(calendar, day), 0),
        dry=np.clip(calendar.dry * np.where(perennial, np.maximum(thatch, ripe), ripe), 0, 1),
        flower=np.clip(bloom, 0, 0.9),
    )


def _between_crops(calendar: Calendar, day: float) -> Floats:
    """LAI of the cover before a summer crop and of what comes up after a harvest."""
    before = calendar.winter * _logistic((calendar.winter_end - day) / 4) * (0.6 + 0.4 * _logistic((day - 75) / 12))
    after = calendar.regrowth * _logistic((day - calendar.regrowth_day) / 9)
    return np.where(day > calendar.harvest, before + after, before)


def _cuts(kinds: Codes, early: Floats, rng: np.random.Generator) -> Floats:
    """Mowing days (objects, MOST_CUTS); those that do not happen never come."""
    table = np.array([cover.cuts + (NEVER,) * (MOST_CUTS - len(cover.cuts)) for cover in COVERS], dtype=np.float64)
    happens = rng.random((len(kinds), MOST_CUTS)) < of_covers(kinds, "mown")[:, None]
    days = table[kinds] + early[:, None] + rng.normal(0, 6, (len(kinds), MOST_CUTS))
    return np.where(happens & (table[kinds] < NEVER), days, 2.0 * NEVER)


def _mown(cuts: Floats, day: float) -> tuple[Floats, Floats]:
    """What the mowings leave of the canopy, and how fresh the stubble is (1 on the day, fading)."""
    since = day - cuts
    loss = np.where(since >= 0, 0.82 * np.exp(-np.maximum(since, 0) / REGROWTH_DAYS), 0)
    return np.prod(1 - loss, axis=1), loss.max(axis=1)


def _logistic(x: Floats | float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))))
