"""The course of a band or an index over one parcel's pixels: mean and spread at each date, by the standard library.

Valid on Python 3.9: the plugin loads this file by path. Indices are those of `series/indices.py`, by the same formulas.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .store_pixels import SENTINEL_2, UNOBSERVED, ParcelPixels, StoreSource

LOW, HIGH = 0.1, 0.9  # the spread's quantiles
MOST_PIXELS = 2000  # that a course is computed from, evenly spread over the parcel

Formula = Callable[..., float]


def _difference(one: float, other: float) -> float:
    total = one + other
    return (one - other) / total if total > 0 else 0.0


def _evi(near_infrared: float, red: float, blue: float) -> float:
    total = near_infrared + 6 * red - 7.5 * blue + 1
    return 2.5 * (near_infrared - red) / total if total > 0 else 0.0


INDICES: Dict[str, Tuple[Tuple[str, ...], Formula]] = {
    "NDVI": (("B08", "B04"), _difference),
    "NDMI": (("B08", "B11"), _difference),
    "NDRE": (("B08", "B05"), _difference),
    "EVI": (("B08", "B04", "B02"), _evi),
}


@dataclass(frozen=True)
class CoursePoint:
    """At one day of the series: over the pixels that have a value their mean and the quantiles LOW and HIGH.

    `clear` is how many of the `pixels` were really observed that day; None where the day is no acquisition.
    """

    day: int
    mean: Optional[float]
    low: Optional[float]
    high: Optional[float]
    pixels: int
    clear: Optional[int]


def variables(source: StoreSource) -> List[str]:
    """What has a course: the indices that the bands allow, then the bands."""
    names = source.band_names
    allowed = [name for name, (needed, _) in INDICES.items() if set(needed) <= set(names)]
    return [*(allowed if source.name == SENTINEL_2 else ()), *names]


def course(pixels: ParcelPixels, variable: str) -> List[CoursePoint]:
    """Of a band or an index, in the band's unit; every pixel counts the same."""
    source = pixels.source
    step = 1 + len(pixels) // MOST_PIXELS
    acquisition = {day: number for number, day in enumerate(source.acquisition_days)}
    points = []
    for number, day in enumerate(source.days):
        values = sorted(_values(pixels, number, variable, step))
        clear = pixels.clear_count(acquisition[day]) if day in acquisition else None
        mean = math.fsum(values) / len(values) if values else None
        points.append(CoursePoint(day, mean, quantile(values, LOW), quantile(values, HIGH), len(pixels), clear))
    return points


def quantile(ordered: Sequence[float], share: float) -> Optional[float]:
    """Linear between neighbours, as numpy's; None of nothing."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _values(pixels: ParcelPixels, day: int, variable: str, step: int) -> List[float]:
    names = pixels.source.band_names
    needed, formula = INDICES.get(variable, ((variable,), None)) if variable not in names else ((variable,), None)
    bands = [names.index(name) for name in needed]
    scales = [pixels.source.bands[band].scale for band in bands]
    columns: List[array[Any]] = [pixels.numbers(day, band)[::step] for band in bands]
    if len(bands) == 1:
        return [number * scales[0] for number in columns[0] if number != UNOBSERVED and number == number]
    quantities = (
        [number * scale for number, scale in zip(row, scales)] for row in zip(*columns) if UNOBSERVED not in row
    )
    return [min(max(formula(*row), -1.0), 1.0) for row in quantities] if formula else []
