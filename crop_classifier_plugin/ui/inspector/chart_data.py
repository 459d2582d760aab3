"""What the chart of a parcel shows, as plain numbers: its course, its clouds, and the courses of its classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Iterator, List, Optional, Tuple

from qgis.PyQt.QtCore import QDate

from ...engine.protocol import parcel_course, results_folder
from ...translation import tr
from .parcel_series import ParcelSeries, Variable

INDEX_RANGE = (0.0, 1.0)  # that is always shown of an index
INDICES = tuple(parcel_course.INDICES)


@dataclass(frozen=True)
class ClassCurve:
    """The mean course of a class: `points` are `(day, mean, deviation)`; `declared` or else predicted."""

    name: str
    colour: str
    declared: bool
    parcels: int
    points: Tuple[Tuple[int, float, float], ...]


@dataclass(frozen=True)
class Acquisition:
    """A day on which `clear` of the parcel's `pixels` were observed."""

    day: int
    clear: int
    pixels: int


@dataclass(frozen=True)
class ChartData:
    """Days count from 1 January of `season`. `on_acquisitions`: the course has its points on the days of the images."""

    variable: str
    unit: str
    season: int
    points: Tuple[Any, ...]
    acquisitions: Tuple[Acquisition, ...]
    on_acquisitions: bool
    curves: Tuple[ClassCurve, ...] = ()

    def date(self, day: float) -> QDate:
        return QDate(self.season, 1, 1).addDays(int(day))

    def days(self) -> Tuple[int, int]:
        """The first and the last one; a single day has one beside it."""
        known = [p.day for p in self.points] + [a.day for a in self.acquisitions]
        known = known or [day for curve in self.curves for day, *_ in curve.points]
        first, last = (min(known), max(known)) if known else (0, 364)
        return first, max(last, first + 1)

    def values(self) -> Tuple[float, float]:
        """The lowest and the highest value to show."""
        shown = [v for p in self.points for v in (p.mean, p.low, p.high) if v is not None]
        first, last = self.days()
        shown += [value for curve in self.curves for day, value, _ in curve.points if first <= day <= last]
        if self.variable in INDICES:
            shown += INDEX_RANGE
        elif self.unit == "1":
            shown.append(0.0)
        low, high = (min(shown), max(shown)) if shown else INDEX_RANGE
        margin = 0.04 * (high - low) if high > low else 0.5
        return (low if low in INDEX_RANGE else low - margin), (high if high in INDEX_RANGE else high + margin)

    def acquisition(self, day: int) -> Optional[Acquisition]:
        return next((one for one in self.acquisitions if one.day == day), None)


def chart_data(series: ParcelSeries, variable: Variable, curves: Tuple[ClassCurve, ...]) -> ChartData:
    """Of a parcel with a store; `curves` are those of this variable."""
    pixels = series.pixels[variable.source]
    source = pixels.source
    days = enumerate(source.acquisition_days)
    unit = next((band.unit for band in source.bands if band.name == variable.name), "1")
    return ChartData(
        variable.name,
        unit,
        series.facts.season,
        tuple(series.course(variable)),
        tuple(Acquisition(day, pixels.clear_count(number), len(pixels)) for number, day in days),
        source.days == source.acquisition_days,
        curves,
    )


def class_curves(about: Any, courses: List[Any], variable: str) -> Tuple[ClassCurve, ...]:
    """Of the classes' courses those of one band or index; none where the results lack it."""
    axes = about.courses
    if axes is None or variable not in axes.bands:
        return ()
    curves = []
    for course in courses:
        crop = about.classes[course.crop]
        points = tuple(_points(axes, course, axes.bands.index(variable)))
        declared = course.kind == results_folder.DECLARED
        curves.append(ClassCurve(crop["name"], crop["colour"], declared, course.parcels, points))
    return tuple(curves)


def _points(axes: Any, course: Any, band: int) -> Iterator[Tuple[int, float, float]]:
    step = len(axes.bands)
    if len(course.mean) != len(axes.days) * step or len(course.deviation) != len(course.mean):
        return  # damaged
    for day, mean, deviation in zip(axes.days, course.mean[band::step], course.deviation[band::step]):
        if not math.isnan(mean):
            yield day, mean, deviation


def curve_name(curve: ClassCurve) -> str:
    """`Maize (predicted), mean of 1,204 parcels` without the count."""
    text = tr("{0} (declared), mean of the class") if curve.declared else tr("{0} (predicted), mean of the class")
    return text.format(curve.name)
