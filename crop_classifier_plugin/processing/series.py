"""How series are made of the clear observations: the advanced parameters of what extracts, and their part of a job."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

from ..engine.protocol import FILLINGS
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced


def series_parameters() -> List[QgsProcessingParameterDefinition]:
    """Left empty they are the engine's defaults, or, where a model classifies, as it was trained."""
    fillings = list(FILLINGS)
    filling = QgsProcessingParameterEnum(
        "FILLING", tr("Filling of clouds in time"), fillings, usesStaticStrings=True, optional=True
    )
    whole = QgsProcessingParameterNumber.Type.Integer
    gap = QgsProcessingParameterNumber(
        "MAX_GAP_DAYS", tr("Longest gap filled (days)"), whole, optional=True, minValue=1
    )
    outliers = QgsProcessingParameterBoolean(
        "REMOVE_OUTLIERS", tr("Take out clouds and shadows that the masks missed"), False
    )
    return [advanced(parameter) for parameter in (filling, gap, outliers)]


def series_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The job's series options by their names on the command line."""
    given = algorithm.given(parameters, "FILLING")
    return {
        "filling": algorithm.parameterAsEnumString(parameters, "FILLING", context) if given else None,
        "max_gap_days": algorithm.integer(parameters, "MAX_GAP_DAYS", context),
        "remove_outliers": algorithm.parameterAsBool(parameters, "REMOVE_OUTLIERS", context) or None,
    }
