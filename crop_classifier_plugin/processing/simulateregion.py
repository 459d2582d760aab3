"""Simulates a region with known crops, to try the other algorithms on."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFolderDestination,
)

from ..translation import tr
from .arguments import arguments_for, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .options import parameters_for


class SimulateRegion(EngineAlgorithm):
    """`simulate` of the engine."""

    example = (("PARCEL_NUMBER", "200"), ("DATES", "12"), ("OUTPUT", "region"))

    def name(self) -> str:
        return "simulateregion"

    def displayName(self) -> str:
        return tr("Simulate region")

    def group(self) -> str:
        return tr("Experiments")

    def groupId(self) -> str:
        return "experiments"

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,simulation,sample data,example,test data,demo").split(",")

    def description_text(self) -> str:
        return tr(
            "Simulates a region with known crops: dated images, cloud masks and a parcel layer with declared crops, to "
            "try the other algorithms on. Nothing of it exists, so scores on it say nothing about real fields. With "
            "several years each has a folder of its own, and the outputs are those of the last year."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        for parameter in parameters_for("simulate"):
            self.addParameter(parameter)
        folder = QgsProcessingParameterFolderDestination("OUTPUT", tr("Folder of the region"))
        words = tr("A new folder, or one with an earlier simulated region, which is replaced.")
        self.addParameter(explained(folder, words))
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.addOutput(QgsProcessingOutputFolder("IMAGERY", tr("Images")))
        self.addOutput(QgsProcessingOutputFolder("MASKS", tr("Mask folder")))
        self.addOutput(QgsProcessingOutputVectorLayer("PARCELS", tr("Parcels"), polygons))
        self.addOutput(QgsProcessingOutputString("CLASS_FIELD", tr("Field of declared crops")))
        self.addOutput(QgsProcessingOutputString("PREVIOUS_FIELD", tr("Field of last year's crops")))
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of parcels")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return options_problem(self, parameters, context, "simulate")

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        output = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        arguments = {**arguments_for(self, "simulate", parameters, context), "output": output}
        made = self.run_engine("simulate", arguments, feedback)
        names = ("imagery", "masks", "parcels", "class_field", "previous_field", "parcel_count")
        return {"OUTPUT": output, **{name.upper(): made[name] for name in names if made.get(name)}}
