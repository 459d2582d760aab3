"""What the inspector cannot show: a sentence for each reason, and what the user can do about it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Tuple

from ...engine.protocol import options
from ...translation import tr, translated


class Remedy(Enum):
    """What a button beside the sentence does."""

    LOCATE_RESULTS = "locate results"
    LOCATE_SERIES = "locate series"
    EXTRACT = "extract"


@dataclass(frozen=True)
class Problem:
    """A sentence for the user, with the buttons that go with it."""

    text: str
    remedies: Tuple[Remedy, ...] = ()


class CannotInspect(Exception):
    """Raised when there is nothing to show of a parcel."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


_SERIES = (Remedy.LOCATE_SERIES, Remedy.EXTRACT)


def no_layer() -> Problem:
    return Problem(tr("Select a layer of classified parcels, then click a parcel on the map."))


def no_parcel() -> Problem:
    return Problem(tr("There is no parcel at this place."))


def no_results(layer: str) -> Problem:
    text = tr(
        "The layer {0} has no results of a classification: there is no .results folder beside its file. Classify the "
        "parcels first, or locate the folder if it was moved."
    )
    return Problem(text.format(layer), (Remedy.LOCATE_RESULTS,))


def unusable_results(reason: object) -> Problem:
    text = tr("The results of this layer cannot be read: {0}. Classify the parcels again.")
    return Problem(text.format(reason), (Remedy.LOCATE_RESULTS,))


def no_id(field: str) -> Problem:
    text = tr("This parcel has no value in the field {0}, by which its results are found.")
    return Problem(text.format(field))


def unknown_id(field: str, value: str) -> Problem:
    text = tr("The results have no parcel whose {0} is {1}. It was added or changed after the classification.")
    return Problem(text.format(field, value))


def unknown_parcel() -> Problem:
    return Problem(
        tr(
            "This parcel is not found in the results: the layer was edited after the classification. Classify again, "
            "with a parcel ID field, so that parcels are found after edits, too."
        )
    )


def older_results() -> Problem:
    return Problem(
        tr(
            "These results were made by an earlier version, which did not record where the series of a parcel are. "
            "Classify again to see them."
        )
    )


def not_kept() -> Problem:
    text = tr(
        "The series of these parcels were not kept, so the parcel has no course and no pictures. Extract them again "
        "from the same images and parcels, or classify with “{0}”."
    )
    kept = translated(options.option("keep_series").label)
    return Problem(text.format(kept), (Remedy.EXTRACT, Remedy.LOCATE_SERIES))


def series_gone(path: str) -> Problem:
    text = tr(
        "The series of these parcels are no longer in {0}. Locate them if they were moved, or extract them again."
    )
    return Problem(text.format(path), _SERIES)


def unreadable_series(path: str, reason: object) -> Problem:
    return Problem(tr("The series in {0} cannot be read: {1}.").format(path, reason), _SERIES)


def other_series(path: str) -> Problem:
    text = tr(
        "The series in {0} are not those of these results: they have other parcels, or were made with other options. "
        "Extract them again from the layer that was classified."
    )
    return Problem(text.format(path), _SERIES)


def no_pixels() -> Problem:
    return Problem(tr("This parcel has no pixels in the images."))
