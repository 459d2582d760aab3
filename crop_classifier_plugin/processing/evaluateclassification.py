"""Compares a classified layer with a field of declared crops, and reports."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingOutputNumber

from ..class_tables import OWN_VALUES, titles
from ..translation import tr
from .arguments import arguments_for, options_problem
from .base import EngineAlgorithm, Parameters
from .classes import class_table, class_table_parameters, class_table_problem
from .learning import add_report, report_groups, report_scores
from .options import PREDICTIONS, parameters_for
from .parcels import fields_problem, parcel_file, parcel_source, predictions_parameter, predictions_problem

TRUTH = ("truth",)  # before the class table


class EvaluateClassification(EngineAlgorithm):
    """`evaluate` of the engine."""

    example = (
        ("PREDICTIONS", "crops.gpkg"), ("TRUTH", "CODE_CULTU"), ("CLASS_TABLE", "1"), ("REPORT", "evaluation.html"),
    )  # fmt: skip

    def name(self) -> str:
        return "evaluateclassification"

    def displayName(self) -> str:
        return tr("Evaluate classification")

    def group(self) -> str:
        return tr("Classification")

    def groupId(self) -> str:
        return "classification"

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,accuracy,validation,confusion matrix,f-score,report,truth").split(",")

    def description_text(self) -> str:
        return tr(
            "Compares the predictions of a classified layer with a field of declared crops, and writes a report: "
            "accuracy, F-scores, the confusion matrix and the reliability of the confidence. Parcels that the model "
            "was trained on are not in the scores, where the layer tells which they are.\n\n"
            "Choose the class table of the model's training, so that declared codes are compared as classes."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(predictions_parameter())
        for parameter in (
            *parameters_for("evaluate", only=TRUTH),
            *class_table_parameters(titles()[OWN_VALUES]),
            *parameters_for("evaluate", leave_out=TRUTH),
        ):
            self.addParameter(parameter)
        add_report(self, tr("Report (saved beside the layer if empty)"))
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of compared parcels")))
        self.addOutput(QgsProcessingOutputNumber("OVERALL_ACCURACY", tr("Overall accuracy")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_F", tr("Mean F-score")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return (
            options_problem(self, parameters, context, "evaluate")
            or predictions_problem(self, parameters, context)
            or fields_problem(self, parameters, context, PREDICTIONS)
            or class_table_problem(self, parameters, context)
        )

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._predictions = parcel_source(self, parameters, context, PREDICTIONS)
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        predictions = parcel_file(self._predictions, feedback)
        arguments = {
            **arguments_for(self, "evaluate", parameters, context),
            "class_table": class_table(self, parameters, context),
            "predictions": predictions.path,
            "layer": predictions.layer,
            "report": self.parameterAsFileOutput(parameters, "REPORT", context),
        }
        made = self.run_engine("evaluate", arguments, feedback)
        report_scores(made.get("scores"), feedback)
        report_groups(made.get("judged", ()), feedback)
        scores = made.get("scores") or {}
        names = {"PARCEL_COUNT": "parcels", "OVERALL_ACCURACY": "oa", "MEAN_F": "mean_f"}
        return {"REPORT": made["report"], **{output: scores[name] for output, name in names.items() if scores}}
