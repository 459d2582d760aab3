"""Classifies every parcel of a layer from a season of images with a trained model."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterVectorDestination,
)

from .. import model_file, series_store
from ..plain_text import without_markup
from ..translation import tr
from .arguments import file_path, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .learning import add_report, report_groups, report_scores
from .options import parameters_for
from .outputs import Target, output_problem
from .parcels import parcel_arguments, parcel_file, parcel_source, parcels_parameter, parcels_problem
from .styling import style_output


class ClassifyParcels(EngineAlgorithm):
    """`classify` of the engine."""

    example = (
        ("IMAGERY", "images"), ("PARCELS", "parcels.gpkg"), ("MODEL", "region.cropmodel"), ("OUTPUT", "crops.gpkg"),
    )  # fmt: skip

    def name(self) -> str:
        return "classifyparcels"

    def displayName(self) -> str:
        return tr("Classify parcels")

    def group(self) -> str:
        return tr("Classification")

    def groupId(self) -> str:
        return "classification"

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,crop map,lpis,agriculture,deep learning,prediction,inference").split(",")

    def description_text(self) -> str:
        return tr(
            "Predicts the crop of every parcel, with a confidence and the second most likely crop, from a season of "
            "Sentinel-2 images and a trained model. Parcels that cannot be classified are kept in the result, with a "
            "flag that gives the reason. The report counts parcels and areas per class. With a field of declared crops "
            "it also compares the predictions with them.\n\n"
            "The time series of the parcels are kept beside the result, so that a model can be trained on them without "
            "reading the images again. Switch off Keep the parcel series to save disk space."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        model = QgsProcessingParameterFile("MODEL", tr("Model"), extension="cropmodel")
        self.addParameter(parcels_parameter())
        self.addParameter(explained(model, tr("The trained model, a .cropmodel file.")))
        for parameter in parameters_for("classify"):
            self.addParameter(parameter)
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        output = QgsProcessingParameterVectorDestination("OUTPUT", tr("Classified parcels"), polygons)
        words = tr("The layer's own fields and, beside them, each parcel's crop, its confidence and its quality.")
        self.addParameter(explained(output, words))
        add_report(self)
        self.addOutput(QgsProcessingOutputFolder("STORE", tr("Parcel series store")))
        self.addOutput(QgsProcessingOutputNumber("STORE_MB", tr("Size of the parcel series store (MB)")))
        self.addOutput(QgsProcessingOutputFolder("RESULTS", tr("Results with all probabilities")))
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of parcels")))
        self.addOutput(QgsProcessingOutputNumber("CLASSIFIED_COUNT", tr("Number of classified parcels")))
        self.addOutput(QgsProcessingOutputNumber("OVERALL_ACCURACY", tr("Overall accuracy")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_F", tr("Mean F-score")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return (
            options_problem(self, parameters, context, "classify")
            or parcels_problem(self, parameters, context)
            or model_problem(file_path(self, parameters, "MODEL", context) or "")
            or output_problem(parameters.get("OUTPUT"))
        )

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._parcels = parcel_source(self, parameters, context)
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        target = Target.of(self, parameters, context)
        arguments = {
            **parcel_arguments(self, parcel_file(self._parcels, feedback), "classify", parameters, context),
            "model": file_path(self, parameters, "MODEL", context),
            "output": target.file,
            "output_layer": target.layer,
            "report": self.parameterAsFileOutput(parameters, "REPORT", context),
        }
        made = self.run_engine("classify", arguments, feedback)
        report_scores(made.get("scores"), feedback)
        report_groups(made.get("judged", ()), feedback)
        written = target.written(made["output"], made.get("layer"), context)
        style_output(written, made, context, feedback)
        return {**results(made), "OUTPUT": written, **kept_series(made.get("store"), feedback)}


def results(made: Mapping[str, Any]) -> Dict[str, Any]:
    """The algorithm's outputs from the engine's result."""
    outputs = {"OUTPUT": made["output"], "PARCEL_COUNT": made["parcels"], "CLASSIFIED_COUNT": made["classified"]}
    for name in ("report", "results"):
        if made.get(name):
            outputs[name.upper()] = made[name]
    if made.get("scores"):
        outputs.update(OVERALL_ACCURACY=made["scores"]["oa"], MEAN_F=made["scores"]["mean_f"])
    return outputs


def kept_series(store: Optional[str], feedback: QgsProcessingFeedback) -> Dict[str, Any]:
    """The outputs STORE and STORE_MB, which the log shows, too; none where the series were not kept.

    It reads the folder, so it is called in the algorithm's thread.
    """
    if not store:
        return {}
    try:
        size_mb = series_store.size_mb(store)
    except OSError:  # deleted meanwhile
        return {}
    feedback.pushInfo(without_markup(series_store.kept_text(store, size_mb)))
    return {"STORE": store, "STORE_MB": size_mb}


def model_problem(path: str) -> str:
    """Why a file is not a model; empty where it is one. A large one is left to the engine, which reads it first."""
    try:
        if not model_file.is_large(Path(path)):
            model_file.describe(Path(path))
    except model_file.NotAModelFile as error:
        return str(error)
    return ""
