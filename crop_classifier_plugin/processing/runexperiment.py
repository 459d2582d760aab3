"""Computes a table of the paper on a parcel series store; runs are kept and continued."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFolderDestination,
)

from ..class_tables import OWN_VALUES, titles
from ..plain_text import without_markup
from ..translation import tr
from .arguments import arguments_for, file_path, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .checks import store_problem
from .classes import class_table, class_table_parameters, class_table_problem, rare_classes_problem
from .options import parameters_for

FIRST = ("table", "store", "class_field")  # before the class table
WITHOUT_DATA = "table1"  # of the parameter counts


class RunExperiment(EngineAlgorithm):
    """`experiment` of the engine."""

    example = (
        ("TABLE", "table2"), ("STORE", "season.parcels"), ("CLASS_FIELD", "CODE_CULTU"), ("CLASS_TABLE", "1"),
        ("MODELS", "gru,transformer"), ("FOLDS", "1"), ("OUTPUT", "experiment"),
    )  # fmt: skip

    def name(self) -> str:
        return "runexperiment"

    def displayName(self) -> str:
        return tr("Run experiment")

    def group(self) -> str:
        return tr("Experiments")

    def groupId(self) -> str:
        return "experiments"

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,deep learning,comparison,cross-validation,architectures,paper").split(",")

    def description_text(self) -> str:
        return tr(
            "Compares architectures on the parcels of a store, as the paper does: every architecture is trained and "
            "tested on the same folds, and the tables, pictures and a page with all of them are written to a folder. "
            "Every finished run is kept there, so that an experiment that was stopped continues when it is started "
            "again."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        for parameter in (
            *parameters_for("experiment", only=FIRST),
            *class_table_parameters(titles()[OWN_VALUES]),
            *parameters_for("experiment", leave_out=FIRST),
        ):
            self.addParameter(parameter)
        folder = QgsProcessingParameterFolderDestination("OUTPUT", tr("Folder of the runs, tables and pictures"))
        words = tr("Finished runs in it are used again, so that a stopped experiment continues.")
        self.addParameter(explained(folder, words))
        self.addOutput(QgsProcessingOutputFile("REPORT", tr("Page with all tables")))
        self.addOutput(QgsProcessingOutputNumber("RUN_COUNT", tr("Number of runs")))
        self.addOutput(QgsProcessingOutputNumber("LEFT_COUNT", tr("Number of runs that are not done")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return (
            self._source_problem(parameters, context)
            or options_problem(self, parameters, context, "experiment")
            or class_table_problem(self, parameters, context)
            or rare_classes_problem(self, parameters, context)
        )

    def _source_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        if self.parameterAsEnumString(parameters, "TABLE", context) == WITHOUT_DATA:
            return ""
        if not (self.given(parameters, "STORE") and self.given(parameters, "CLASS_FIELD")):
            return tr("Give a parcel series store and the field of declared crops; only table1 needs neither.")
        return store_problem(file_path(self, parameters, "STORE", context) or "")

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        arguments = {
            **arguments_for(self, "experiment", parameters, context),
            "class_table": class_table(self, parameters, context),
            "output": self.parameterAsFileOutput(parameters, "OUTPUT", context),
        }
        made = self.run_engine("experiment", arguments, feedback)
        if made["left"]:
            text = tr("{count} of {runs} runs are not done: {names}")
            words = text.format(count=len(made["left"]), runs=made["runs"], names=", ".join(made["left"]))
            feedback.pushWarning(without_markup(words))
        counts = {"RUN_COUNT": made["runs"], "LEFT_COUNT": len(made["left"])}
        return {"OUTPUT": arguments["output"], "REPORT": made["report"], **counts}
