"""Builds a parcel series store: the pixels of every parcel at every date, clouds filled in."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
)

from ..translation import tr
from .arguments import options_problem
from .base import EngineAlgorithm, Parameters
from .learning import store_output
from .options import parameters_for
from .parcels import parcel_arguments, parcel_file, parcel_source, parcels_parameter, parcels_problem


class ExtractSeries(EngineAlgorithm):
    """`extract` of the engine."""

    example = (
        ("IMAGERY", "images"), ("MASKS", "masks"), ("PARCELS", "parcels.gpkg"), ("OUTPUT", "season.parcels"),
    )  # fmt: skip

    def name(self) -> str:
        return "extractseries"

    def displayName(self) -> str:
        return tr("Extract parcel time series")

    def group(self) -> str:
        return tr("Preparation")

    def groupId(self) -> str:
        return "preparation"

    def tags(self) -> List[str]:
        return tr("sentinel-2,time series,parcels,pixels,clouds,gap filling,store").split(",")

    def description_text(self) -> str:
        return tr(
            "Reads the images once and saves the reflectance of every pixel of every parcel at every date in a folder, "
            "the parcel series store. Gaps under clouds are filled in time, linearly unless another method is chosen. "
            "Several models can then be trained from the store without reading the images again. A run that was "
            "stopped continues when it is started again."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(parcels_parameter())
        for parameter in parameters_for("extract"):
            self.addParameter(parameter)
        self.addParameter(store_output())
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of parcels")))
        self.addOutput(QgsProcessingOutputNumber("PIXEL_COUNT", tr("Number of pixels")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        found = options_problem(self, parameters, context, "extract")
        return found or parcels_problem(self, parameters, context)

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._parcels = parcel_source(self, parameters, context)
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        arguments = {
            **parcel_arguments(self, parcel_file(self._parcels, feedback), "extract", parameters, context),
            "output": self.parameterAsFileOutput(parameters, "OUTPUT", context),
        }
        made = self.run_engine("extract", arguments, feedback)
        return {"OUTPUT": made["store"], "PARCEL_COUNT": made["parcels"], "PIXEL_COUNT": made["pixels"]}
