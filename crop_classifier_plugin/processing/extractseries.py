"""Builds a parcel series store: the pixels of every parcel at every date, clouds filled in."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFolderDestination,
)

from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced
from .imagery import file_path, imagery_arguments, imagery_parameters, imagery_problem
from .parcels import (
    edge_parameters,
    id_field_parameter,
    parcel_arguments,
    parcel_file,
    parcels_parameter,
    parcels_problem,
    workers_parameter,
)
from .series import calendar_parameter, calendar_problem, series_arguments, series_parameters


class ExtractSeries(EngineAlgorithm):
    """`extract` of the engine."""

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

    def shortHelpString(self) -> str:
        return tr(
            "Reads the images once and keeps, in a folder, the reflectance of every parcel's pixels at every date. "
            "Clouds are filled in time, linearly unless another way is chosen. Several models can then be trained "
            "from the folder without reading the images again. A run that was stopped goes on when it is repeated."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(parcels_parameter())
        for parameter in imagery_parameters():
            self.addParameter(parameter)
        for parameter in series_parameters():
            self.addParameter(parameter)
        self.addParameter(calendar_parameter())
        self.addParameter(id_field_parameter())
        for parameter in edge_parameters():
            self.addParameter(parameter)
        self.addParameter(workers_parameter())
        overwrite = QgsProcessingParameterBoolean("OVERWRITE", tr("Replace an existing store"), False)
        self.addParameter(advanced(overwrite, tr("Where it was made of other inputs; else it is used, or completed.")))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", tr("Parcel series store")))
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of parcels")))
        self.addOutput(QgsProcessingOutputNumber("PIXEL_COUNT", tr("Number of pixels")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return (
            imagery_problem(self, parameters, context)
            or parcels_problem(self, parameters, context, "ID_FIELD")
            or calendar_problem(self, parameters, context)
        )

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._parcels = parcel_file(self, parameters, context)
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        arguments = {
            "imagery": file_path(self, parameters, "IMAGERY", context),
            "output": self.parameterAsFileOutput(parameters, "OUTPUT", context),
            "calendar": self.text(parameters, "CALENDAR", context),
            "overwrite": self.parameterAsBool(parameters, "OVERWRITE", context) or None,
            **parcel_arguments(self, self._parcels, parameters, context),
            **imagery_arguments(self, parameters, context),
            **series_arguments(self, parameters, context),
        }
        made = self.run_engine("extract", arguments, feedback)
        return {"OUTPUT": made["store"], "PARCEL_COUNT": made["parcels"], "PIXEL_COUNT": made["pixels"]}
