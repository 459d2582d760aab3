"""Brings a published data set, or a table of series, into a parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
)

from ..translation import tr
from .arguments import arguments_for, file_path, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .learning import store_output
from .options import parameters_for

SOURCE = ("source",)  # a file, or the folder of another parameter
DATA = "DATA"  # in the folder of a published data set


class ImportSeries(EngineAlgorithm):
    """`import` of the engine."""

    example = (("SOURCE", "series.csv"), ("SEASON", "2018"), ("OUTPUT", "series.parcels"))

    def name(self) -> str:
        return "importseries"

    def displayName(self) -> str:
        return tr("Import series")

    def group(self) -> str:
        return tr("Preparation")

    def groupId(self) -> str:
        return "preparation"

    def tags(self) -> List[str]:
        return tr("sentinel-2,time series,parcels,benchmark,published data,pixel sets,npz,csv,store").split(",")

    def description_text(self) -> str:
        return tr(
            "Makes a parcel series store of series that somebody else extracted: a table with a row for each sample or "
            "date (.csv, .parquet), arrays (.npz), or a folder with DATA and META, as PSE and PASTIS-R are published. "
            "A model can then be trained on it like on a store of one's own images."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        file, *others = parameters_for("import", optional=SOURCE)
        folder = QgsProcessingParameterFile(
            "SOURCE_FOLDER", tr("Or its folder with DATA and META"), QgsProcessingParameterFile.Behavior.Folder
        )
        folder.setFlags(folder.flags() | folder.Flag.FlagOptional)
        words = tr("The folder of a data set that has a file for each sample in DATA. Leave the file empty then.")
        for parameter in (file, explained(folder, words), *others):
            self.addParameter(parameter)
        self.addParameter(store_output())
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of samples")))
        self.addOutput(QgsProcessingOutputNumber("PIXEL_COUNT", tr("Number of pixels")))
        self.addOutput(QgsProcessingOutputString("FIELDS", tr("Fields of the samples")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return self._source_problem(parameters, context) or options_problem(self, parameters, context, "import")

    def _source_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        folder = file_path(self, parameters, "SOURCE_FOLDER", context)
        if bool(folder) == self.given(parameters, "SOURCE"):
            return tr("Published data set: give a file, or a folder with DATA and META.")
        if folder and not (Path(folder) / DATA).is_dir():
            return tr("{path}: expected a folder that holds the folders DATA and META.").format(path=folder)
        return ""

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        arguments = {
            **arguments_for(self, "import", parameters, context),
            "source": self._source(parameters, context),
            "output": self.parameterAsFileOutput(parameters, "OUTPUT", context),
        }
        made = self.run_engine("import", arguments, feedback)
        results = {"OUTPUT": made["store"], "PARCEL_COUNT": made["parcels"], "PIXEL_COUNT": made["pixels"]}
        return {**results, "FIELDS": ",".join(made["fields"])}

    def _source(self, parameters: Parameters, context: QgsProcessingContext) -> Optional[str]:
        return file_path(self, parameters, "SOURCE", context) or file_path(self, parameters, "SOURCE_FOLDER", context)
