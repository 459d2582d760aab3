"""Classifies every parcel of a layer from a season of images with a trained model."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from qgis.core import (
    QgsDataSourceUri,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFolder,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterVectorDestination,
)

from .. import model_file, series_store
from ..engine.protocol import FORMATS, geopackage_tables
from ..plain_text import without_markup
from ..translation import tr
from .arguments import file_path, options_problem
from .base import EngineAlgorithm, Parameters
from .learning import add_report, report_groups, report_scores
from .options import parameters_for
from .parcels import parcel_arguments, parcel_file, parcel_source, parcels_parameter, parcels_problem
from .styling import style_when_loaded


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
        self.addParameter(model)
        for parameter in parameters_for("classify"):
            self.addParameter(parameter)
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", tr("Classified parcels"), polygons))
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
        requested = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        output, layer = file_and_layer(requested)
        shared = geopackage_tables.is_geopackage(Path(output)) and Path(output).exists()
        arguments = {
            **parcel_arguments(self, parcel_file(self._parcels, feedback), "classify", parameters, context),
            "model": file_path(self, parameters, "MODEL", context),
            "output": output,
            "output_layer": layer,
            "report": self.parameterAsFileOutput(parameters, "REPORT", context),
        }
        made = self.run_engine("classify", arguments, feedback)
        report_scores(made.get("scores"), feedback)
        report_groups(made.get("judged", ()), feedback)
        # the name is needed where the layer is not the first one of its file
        written = address(made["output"], made["layer"] if layer or shared else None)
        load_instead(requested, written, context)
        style_when_loaded(written, made["classes"], context, feedback)
        return {**results(made), "OUTPUT": written, **kept_series(made.get("store"), feedback)}


def load_instead(requested: str, written: str, context: QgsProcessingContext) -> None:
    """Has QGIS load the layer that was written, by an address that it can open."""
    if requested != written and context.willLoadLayerOnCompletion(requested):
        loads = context.layersToLoadOnCompletion()
        loads[written] = loads.pop(requested)
        context.setLayersToLoadOnCompletion(loads)


def address(path: str, layer: Optional[str]) -> str:
    """How QGIS opens the output."""
    return f"{path}|layername={layer}" if layer else path


def file_and_layer(output: str) -> Tuple[str, Optional[str]]:
    """File and layer of `ogr:dbname='FILE' table="LAYER" (geom)` ("Save to GeoPackage"); of anything else the text
    itself, and None.
    """
    if not output.startswith("ogr:"):
        return output, None
    uri = QgsDataSourceUri(output[len("ogr:") :])
    return uri.database(), uri.table() or None


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


def output_problem(value: Any) -> str:
    """A file extension that is not supported; a temporary output has none yet."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    text = file_and_layer(str(value or ""))[0]
    if text in ("", "NULL", QgsProcessing.TEMPORARY_OUTPUT) or Path(text).suffix.lower()[1:] in FORMATS:
        return ""
    return tr("{path}: this file extension is not supported. Use one of {known}.").format(
        path=text, known=", ".join(f".{ending}" for ending in FORMATS)
    )
