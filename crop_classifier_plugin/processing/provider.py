"""The Processing provider `crop_classifier`: which algorithms there are."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import List

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..engine.protocol import FORMATS
from ..icons import icon
from .classifyparcels import ClassifyParcels
from .evaluateclassification import EvaluateClassification
from .exportpredictions import ExportPredictions
from .extractseries import ExtractSeries
from .finetunemodel import FinetuneModel
from .importseries import ImportSeries
from .inspectstack import InspectStack
from .runexperiment import RunExperiment
from .simulateregion import SimulateRegion
from .trainmodel import TrainModel

ALGORITHMS = (
    InspectStack,
    ExtractSeries,
    ImportSeries,
    TrainModel,
    FinetuneModel,
    ClassifyParcels,
    EvaluateClassification,
    ExportPredictions,
    RunExperiment,
    SimulateRegion,
)


class CropClassifierProvider(QgsProcessingProvider):
    """Its id is permanent: models and scripts name it."""

    def id(self) -> str:
        return "crop_classifier"

    def name(self) -> str:
        return "Crop Classifier"

    def icon(self) -> QIcon:
        return icon("crop_classifier")

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def supportedOutputVectorLayerExtensions(self) -> List[str]:
        return list(FORMATS)

    def defaultVectorFileExtension(self, hasGeometry: bool = True) -> str:
        return next(iter(FORMATS))

    def supportsNonFileBasedOutput(self) -> bool:
        return False  # the engine writes files
