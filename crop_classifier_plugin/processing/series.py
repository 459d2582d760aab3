"""How series are made of the clear observations: the advanced parameters of what extracts, and their part of a job."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..engine.protocol import FILLINGS, MODELS
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced

OUTLIERS = ("as the model", "yes", "no")
SMOOTHED = ("whittaker", "savitzky-golay")  # fillings that change clear observations, too


def series_parameters(of_model: bool = False) -> List[QgsProcessingParameterDefinition]:
    """Left empty they are the engine's defaults or, `of_model`, as the model that classifies was trained."""
    fillings = list(FILLINGS)
    filling = QgsProcessingParameterEnum(
        "FILLING", tr("Filling of clouds in time"), fillings, usesStaticStrings=True, optional=True
    )
    whole = QgsProcessingParameterNumber.Type.Integer
    gap = QgsProcessingParameterNumber(
        "MAX_GAP_DAYS", tr("Longest gap filled, in days (0: no limit)"), whole, optional=True, minValue=0
    )
    label = tr("Take out clouds and shadows that the masks missed")
    if of_model:
        outliers = QgsProcessingParameterEnum(
            "REMOVE_OUTLIERS", label, list(OUTLIERS), defaultValue=OUTLIERS[0], usesStaticStrings=True
        )
    else:
        outliers = QgsProcessingParameterBoolean("REMOVE_OUTLIERS", label, False)
    about_filling = tr(
        "linear, as in the paper; nearest: as at the nearest clear date; whittaker and savitzky-golay smooth the clear "
        "dates, too. Empty: linear; in a classification, as in the model's training."
    )
    about_gap = tr(
        "Between clear dates further apart nothing is filled in. Empty: no limit; in a classification, as in the "
        "model's training."
    )
    about_outliers = tr("A date far from the clear dates before and after it, in the blue or the infrared, is masked.")
    return [advanced(filling, about_filling), advanced(gap, about_gap), advanced(outliers, about_outliers)]


def calendar_parameter() -> QgsProcessingParameterDefinition:
    """For what makes a store; what classifies goes by its model's days."""
    label = tr("Days of the season to interpolate to: 3,13,43 or every:10")
    words = tr(
        "Counted from 1 January of the harvest year, below 0 before it; every:10 is every tenth day. A model learns "
        "these days, and is given them in any year. Empty: the dates of the images."
    )
    return advanced(QgsProcessingParameterString("CALENDAR", label, optional=True), words)


def calendar_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """What the engine would refuse only once all images are found."""
    text = algorithm.text(parameters, "CALENDAR", context)
    if text is None or is_calendar(text):
        return ""
    label = tr("Days of the season: expected whole days in rising order such as 3,13,43, or every:10; found {}.")
    return label.format(text)


def is_calendar(text: str) -> bool:
    """Days since 1 January of the harvest year, below 0 before it; or every so many days."""
    if text.startswith("every:"):
        return (_whole(text[len("every:") :]) or 0) > 0
    found = [_whole(day) for day in text.split(",")]
    days = [day for day in found if day is not None]
    return found == sorted(set(days))


def _whole(text: str) -> Optional[int]:
    try:
        return int(text)
    except ValueError:
        return None


def unused_series_option(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """Said where a store that is there already is all that is read: it would be believed to have an effect."""
    for name in ("FILLING", "MAX_GAP_DAYS", "REMOVE_OUTLIERS", "CALENDAR"):
        if parameters.get(name) and algorithm.given(parameters, name):
            label = algorithm.parameterDefinition(name).description()
            text = tr("{}: the store has its series already. Clear this, or give imagery and parcels to make one.")
            return text.format(label)
    return ""


def observations_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """An architecture that reads the clear observations themselves finds none on a calendar or smoothed."""
    model = algorithm.parameterAsEnumString(parameters, "MODEL", context)
    filling = algorithm.parameterAsEnumString(parameters, "FILLING", context)
    if MODELS[model].view != "observations":
        return ""
    if algorithm.given(parameters, "CALENDAR") or filling in SMOOTHED:
        text = tr("{} reads clear observations as they are: clear the days of the season, choose linear filling.")
        return text.format(model)
    return ""


def series_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The job's series options by their names on the command line."""
    given = algorithm.given(parameters, "FILLING")
    return {
        "filling": algorithm.parameterAsEnumString(parameters, "FILLING", context) if given else None,
        "max_gap_days": algorithm.integer(parameters, "MAX_GAP_DAYS", context),
        "remove_outliers": _outliers(algorithm, parameters, context),
    }


def _outliers(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> Optional[bool]:
    """None leaves it to the engine: no outlier test, or the model's."""
    if isinstance(algorithm.parameterDefinition("REMOVE_OUTLIERS"), QgsProcessingParameterBoolean):
        return algorithm.parameterAsBool(parameters, "REMOVE_OUTLIERS", context) or None
    chosen = algorithm.parameterAsEnumString(parameters, "REMOVE_OUTLIERS", context)
    return {"yes": True, "no": False}.get(chosen)
