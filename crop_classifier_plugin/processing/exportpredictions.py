"""Writes a classified layer in another format, reduced, or with its predictions on the layer that was classified."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterVectorDestination,
    QgsProviderRegistry,
    QgsVectorLayer,
)

from ..engine.protocol import FORMATS, geopackage_tables, options
from ..styles import CLASS_FIELD
from ..translation import tr
from .arguments import arguments_for, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .options import PREDICTIONS, help_text, label, parameters_for
from .outputs import Target, output_problem
from .parcels import (
    field_names,
    fields_problem,
    missing_field,
    parcel_file,
    parcel_layer,
    parcel_source,
    predictions_parameter,
    predictions_problem,
)
from .styling import style_output

JOIN = "JOIN"
LISTS = ("fields", "qualities")  # that have a list to tick instead of a text


class ExportPredictions(EngineAlgorithm):
    """`export` of the engine."""

    example = (("PREDICTIONS", "crops.gpkg"), ("MIN_CONFIDENCE", "0.8"), ("OUTPUT", "crops.shp"))

    def name(self) -> str:
        return "exportpredictions"

    def displayName(self) -> str:
        return tr("Export predictions")

    def group(self) -> str:
        return tr("Classification")

    def groupId(self) -> str:
        return "classification"

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,export,shapefile,geopackage,geoparquet,flatgeobuf,csv,join,lpis").split(",")

    def description_text(self) -> str:
        return tr(
            "Writes a classified layer as GeoPackage, shapefile, GeoParquet, FlatGeobuf or CSV: all of it, or some "
            "fields, or parcels of a quality or confidence, in another coordinate system if wanted. A GeoPackage has "
            "the colours of the classes as its style, and an existing one keeps its other layers; other formats have a "
            "table of the classes beside them, shapefiles also one of the field names that they cut.\n\n"
            "With a layer to add the predictions to, its features and fields are written, and the prediction of each "
            "parcel beside them. Features without a prediction are kept."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(predictions_parameter())
        for parameter in (*_lists(), *parameters_for("export", leave_out=(*LISTS, "id_field", "overwrite"))):
            self.addParameter(parameter)
        layer = QgsProcessingParameterFeatureSource(
            JOIN, tr("Layer to add the predictions to"), [QgsProcessing.SourceType.TypeVector], optional=True
        )
        words = tr("Such as the layer that was classified. Needs the field that identifies a parcel in both layers.")
        for parameter in (explained(layer, words), *parameters_for("export", only=("id_field", "overwrite"))):
            self.addParameter(parameter)
        kind = QgsProcessing.SourceType.TypeVector
        output = QgsProcessingParameterVectorDestination("OUTPUT", tr("Exported parcels"), kind)
        endings = tr("The file extension decides on the format: {}.").format(", ".join(f".{name}" for name in FORMATS))
        self.addParameter(explained(output, endings))
        self.addOutput(QgsProcessingOutputNumber("PARCEL_COUNT", tr("Number of parcels")))
        self.addOutput(QgsProcessingOutputNumber("LEFT_OUT_COUNT", tr("Number of parcels that are left out")))
        self.addOutput(QgsProcessingOutputNumber("UNMATCHED_COUNT", tr("Number of parcels without a prediction")))
        self.addOutput(QgsProcessingOutputFile("CLASS_TABLE", tr("Table of the classes")))
        self.addOutput(QgsProcessingOutputFile("FIELD_TABLE", tr("Table of the field names")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return (
            options_problem(self, parameters, context, "export")
            or predictions_problem(self, parameters, context)
            or fields_problem(self, parameters, context, PREDICTIONS)
            or self._join_problem(parameters, context)
            or output_problem(parameters.get("OUTPUT"))
        )

    def _join_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        if self.given(parameters, JOIN) != self.given(parameters, "ID_FIELD"):
            return tr("Give both the layer to add the predictions to and the field that identifies a parcel in both.")
        if not self.given(parameters, JOIN):
            return ""
        layer, name = parcel_layer(self, parameters, context, JOIN), self.text(parameters, "ID_FIELD", context)
        if layer is None or name in [field.name() for field in layer.fields()]:
            return ""
        return missing_field(layer, str(name))

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._predictions = parcel_source(self, parameters, context, PREDICTIONS)
        self._results = results_beside(parcel_layer(self, parameters, context, PREDICTIONS))
        self._join = parcel_source(self, parameters, context, JOIN) if self.given(parameters, JOIN) else None
        self._kept = self._fields(parameters, context)
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        target = Target.of(self, parameters, context)
        predictions = parcel_file(self._predictions, feedback)
        joined = parcel_file(self._join, feedback) if self._join is not None else None
        arguments = {
            **arguments_for(self, "export", parameters, context),
            "predictions": predictions.path,
            "layer": predictions.layer,
            "results": self._results,
            "fields": ",".join(self._kept),
            "qualities": ",".join(self.parameterAsEnumStrings(parameters, "QUALITIES", context)),
            "join": joined.path if joined else None,
            "join_layer": joined.layer if joined else None,
            "output": target.file,
            "output_layer": target.layer,
        }
        made = self.run_engine("export", arguments, feedback)
        written = target.written(made["output"], made.get("layer"), context)
        if CLASS_FIELD in made["fields"]:
            has_style = geopackage_tables.is_geopackage(Path(made["output"]))  # by the engine
            style_output(written, made, context, feedback, saves=not has_style)
        results = {"OUTPUT": written, "PARCEL_COUNT": made["parcels"], "LEFT_OUT_COUNT": made["left_out"]}
        if made["joined"]:
            results["UNMATCHED_COUNT"] = made["joined"]["without_prediction"]
        return {**results, **{name.upper(): made[name] for name in ("class_table", "field_table") if made[name]}}

    def _fields(self, parameters: Parameters, context: QgsProcessingContext) -> List[str]:
        """Those that are kept. The feature ids of a GeoPackage are no field for the engine, which keeps them anyway."""
        names = field_names(self, parameters, self.parameterDefinition("FIELDS"), context)
        layer = parcel_layer(self, parameters, context, PREDICTIONS)
        if layer is None or layer.storageType() != "GPKG":
            return names
        ids = {layer.fields()[position].name() for position in layer.primaryKeyAttributes()}
        return [name for name in names if name not in ids]


def _lists() -> List[Any]:
    """The options with several names as lists to tick."""
    fields, qualities = (options.option(name, "export") for name in LISTS)
    several = QgsProcessingParameterField(
        fields.qgis_name, label(fields), parentLayerParameterName=PREDICTIONS, allowMultiple=True, optional=True
    )
    chosen = QgsProcessingParameterEnum(
        qualities.qgis_name, label(qualities), list(options.QUALITIES), True, optional=True, usesStaticStrings=True
    )
    return [explained(several, help_text(fields)), explained(chosen, help_text(qualities))]


def results_beside(layer: Optional[QgsVectorLayer]) -> Optional[str]:
    """The folder of results beside the layer's file, which has the colours of its classes; None without one."""
    if layer is None:
        return None
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = Path(parts.get("path") or "")
    folder = path.with_name(f"{path.stem}.results") if path.name else path
    return str(folder.absolute()) if path.name and folder.is_dir() else None
