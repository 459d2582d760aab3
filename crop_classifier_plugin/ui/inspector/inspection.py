"""All that is known of a parcel, read at one go: its row in the results, its series, the courses of its classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional

from qgis.core import QgsFeature, QgsVectorLayer

from ...engine.protocol import results_folder
from .layer_results import results_of
from .parcel_series import ParcelSeries, SeriesReader
from .problems import CannotInspect, Problem, unusable_results


@dataclass(frozen=True)
class Inspection:
    """`about` describes the results, `row` is the parcel's. `series` is None where `problem` says why."""

    layer: QgsVectorLayer
    feature: QgsFeature
    about: Any
    row: Any
    courses: List[Any]
    series: Optional[ParcelSeries]
    problem: Optional[Problem]

    @property
    def crop(self) -> Any:
        """The predicted class; None where it was not classified."""
        return None if self.row.crop is None else self.about.classes[self.row.crop]


def inspect(layer: QgsVectorLayer, feature: QgsFeature, reader: SeriesReader) -> Inspection:
    """Raises CannotInspect where the parcel has no results; a parcel without series has all but these."""
    results = results_of(layer)
    row = results.row(feature)
    classes = [crop for crop in dict.fromkeys((row.crop, row.declared)) if crop is not None]
    if any(not 0 <= crop < len(results.about.classes) for crop in classes):
        raise CannotInspect(unusable_results(f"class {max(classes)}"))
    try:
        courses = [course for course in results.folder.courses(classes) if _is_own(course, row)]
    except results_folder.NotResults as error:
        raise CannotInspect(unusable_results(error)) from error
    try:
        series, problem = reader.read(layer, results, row), None
    except CannotInspect as error:
        series, problem = None, error.problem
    return Inspection(layer, feature, results.about, row, courses, series, problem)


def _is_own(course: Any, row: Any) -> bool:
    """The course of the predicted class over the parcels predicted so, that of the declared over those declared so."""
    own = row.declared if course.kind == results_folder.DECLARED else row.crop
    return bool(course.crop == own)
