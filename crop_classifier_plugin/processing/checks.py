"""Options of a training that do not go together, found before the images are read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingContext

from ..engine.protocol import MODELS, options, store_files
from ..translation import tr
from .arguments import arguments_for, given_option
from .base import EngineAlgorithm, Parameters

WITH_FIELD = ("group", "year")


def store_problem(path: str) -> str:
    """A folder that holds no parcel series store; empty where it does, or where no folder is given."""
    try:
        if path:
            store_files.require_manifest(Path(path))
    except store_files.NotStoreFiles as error:
        text = tr(
            "Parcel series store: expected the folder that Extract parcel time series or Import series made, with a "
            "{manifest} in it. Found: {problem}."
        )
        return text.format(manifest=store_files.MANIFEST, problem=error)
    return ""


def unused_series_option(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """An option of making series where an existing store is all that is read: it would have no effect."""
    label = given_option(algorithm, parameters, context, "extract", options.SERIES)
    text = tr("{}: this has no effect on an existing store. Clear it, or give images and parcels to make a new one.")
    return text.format(label) if label else ""


def observations_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """An architecture that reads the clear observations themselves finds none on a calendar or smoothed."""
    model = algorithm.parameterAsEnumString(parameters, "MODEL", context)
    given = arguments_for(algorithm, "extract", parameters, context)
    smoothed = given.get("filling", options.EXACT_FILLINGS[0]) not in options.EXACT_FILLINGS
    if model in MODELS and MODELS[model].view == "observations" and ("calendar" in given or smoothed):
        text = tr(
            "{} uses clear observations only: leave the days of the season empty, and choose linear or nearest filling."
        )
        return text.format(model)
    return ""


def split_problem(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, command: str
) -> str:
    """`command`: the engine's, whose options the parameters are."""
    given = arguments_for(algorithm, command, parameters, context)
    needs_field = given.get("split") in WITH_FIELD
    if needs_field and "split_field" not in given:
        return tr("Split for testing: choose the field of the groups or years.")
    if "split_field" in given and not needs_field:
        return tr("Field of the split: only the splits group and year use it. Choose one of them, or clear the field.")
    return ""
