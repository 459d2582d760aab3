"""Options of a training that do not go together, found before the images are read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from qgis.core import QgsProcessingContext

from ..engine.protocol import MODELS, options
from ..translation import tr
from .arguments import arguments_for, given_option
from .base import EngineAlgorithm, Parameters

WITH_FIELD = ("group", "year")


def unused_series_option(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """An option of making series where an existing store is all that is read: it would have no effect."""
    label = given_option(algorithm, parameters, context, "extract", options.SERIES)
    text = tr("{}: the store has its series already. Clear this, or give imagery and parcels to make one.")
    return text.format(label) if label else ""


def observations_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """An architecture that reads the clear observations themselves finds none on a calendar or smoothed."""
    model = algorithm.parameterAsEnumString(parameters, "MODEL", context)
    given = arguments_for(algorithm, "extract", parameters, context)
    smoothed = given.get("filling", options.EXACT_FILLINGS[0]) not in options.EXACT_FILLINGS
    if MODELS[model].view == "observations" and ("calendar" in given or smoothed):
        text = tr("{} reads clear observations as they are: clear the days of the season, choose linear filling.")
        return text.format(model)
    return ""


def split_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    given = arguments_for(algorithm, "train", parameters, context)
    needs_field = given.get("split") in WITH_FIELD
    if needs_field and "split_field" not in given:
        return tr("Keep together: choose the field of the group or the year.")
    if "split_field" in given and not needs_field:
        return tr("Keep together: a field is for groups and years; choose one of them, or clear the field.")
    return ""
