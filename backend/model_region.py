"""Where and when a model was trained, its axis of time, and the size of its novelty score, as `model.json` has them,
checked.

Standard library only and valid on Python 3.9: the plugin loads this file by path, as a part of `model_file.py`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from .json_document import as_list, as_number, as_object, as_positive, as_text, as_whole, expect, member_of

NUMBER_BYTES = 4  # of novelty.bin: float32
MOST_COMPONENTS, MOST_CLASSES, MOST_BANDS, MOST_SEASONS = 128, 512, 64, 100
MOST_SCORE = 1e9
COLDEST_BASE, WARMEST_BASE, MOST_STRETCH = -20, 30, 1e3
_SIDES = (180.0, 90.0, 180.0, 90.0)


@dataclass(frozen=True)
class Region:
    """Of the training parcels: `box` (west, south, east, north) in degrees, None where they have no location; the
    years of harvest; their mean NDVI at the dates of the calendar, None where the bands do not give it.
    """

    box: Optional[Tuple[float, float, float, float]]
    seasons: Tuple[int, ...]
    ndvi: Optional[Tuple[float, ...]]

    def document(self) -> Dict[str, Any]:
        """The key `region` of model.json."""
        box, ndvi = (None if values is None else list(values) for values in (self.box, self.ndvi))
        return {"box": box, "seasons": list(self.seasons), "ndvi": ndvi}


@dataclass(frozen=True)
class ThermalTime:
    """The axis of a model by growing degree days above `base_temperature` in degrees Celsius: from 1 January of the
    season on, each is `days_per_degree_day` long, so that the axis is about as long as the season.
    """

    base_temperature: float
    days_per_degree_day: float

    def document(self) -> Dict[str, Any]:
        """The key `thermal_time` of model.json."""
        return {"base_temperature": self.base_temperature, "days_per_degree_day": self.days_per_degree_day}


@dataclass(frozen=True)
class NoveltyDescription:
    """`bands` of the series that are scored, `components` along axes of them, training `classes`; parcels with a score
    above the `threshold` are unlike the training's. `doubt`: the weight of the model's entropy in the score.
    """

    bands: Tuple[str, ...]
    components: int
    classes: int
    threshold: float
    doubt: float = 0.0

    def shapes(self, dates: int) -> Tuple[Tuple[int, ...], ...]:
        """Of the arrays of novelty.bin: mean, scale, axes, whitening, centres, volumes."""
        features, k, c = dates * len(self.bands), self.components, self.classes
        return (features,), (features,), (k, features), (c, k, k), (c, k), (c,)

    def bytes(self, dates: int) -> int:
        """The size of novelty.bin."""
        features, k, c = dates * len(self.bands), self.components, self.classes
        return NUMBER_BYTES * (features * (2 + k) + c * (k * k + k + 1))


def region(value: Any, dates: int) -> Optional[Region]:
    """Raises Fault that names the key."""
    if value is None:
        return None
    facts, where = as_object(value, "region"), "region seasons"
    seasons = as_list(member_of(facts, "seasons", "region"), where, 1, MOST_SEASONS)
    box, ndvi = member_of(facts, "box", "region"), member_of(facts, "ndvi", "region")
    if box is not None:
        sides = as_list(box, "region box", 4, 4)
        box = tuple(as_number(side, "region box", -most, most) for side, most in zip(sides, _SIDES))
        expect(box[0] <= box[2] and box[1] <= box[3], "region box", "west, south, east, north", sides)
    if ndvi is not None:
        ndvi = tuple(as_number(number, "region ndvi", -1, 1) for number in as_list(ndvi, "region ndvi", dates, dates))
    return Region(box, tuple(as_whole(year, where, 1, 9999) for year in seasons), ndvi)


def thermal_time(value: Any) -> Optional[ThermalTime]:
    """Raises Fault that names the key."""
    if value is None:
        return None
    facts, where = as_object(value, "thermal_time"), "thermal_time base_temperature"
    base = as_number(member_of(facts, "base_temperature", "thermal_time"), where, COLDEST_BASE, WARMEST_BASE)
    where = "thermal_time days_per_degree_day"
    return ThermalTime(base, as_positive(member_of(facts, "days_per_degree_day", "thermal_time"), where, MOST_STRETCH))


def novelty(value: Any) -> Optional[NoveltyDescription]:
    """Raises Fault that names the key."""
    if value is None:
        return None
    facts = as_object(value, "novelty")
    names = as_list(member_of(facts, "bands", "novelty"), "novelty bands", 1, MOST_BANDS)
    bands = tuple(as_text(name, "novelty bands") for name in names)
    expect(len(set(bands)) == len(bands), "novelty bands", "each name once", names)
    components = as_whole(member_of(facts, "components", "novelty"), "novelty components", 1, MOST_COMPONENTS)
    classes = as_whole(member_of(facts, "classes", "novelty"), "novelty classes", 1, MOST_CLASSES)
    threshold = as_positive(member_of(facts, "threshold", "novelty"), "novelty threshold", MOST_SCORE)
    doubt = as_number(facts.get("doubt", 0), "novelty doubt", 0, MOST_SCORE)  # missing in models of 0.1.0
    return NoveltyDescription(bands, components, classes, threshold, doubt)
