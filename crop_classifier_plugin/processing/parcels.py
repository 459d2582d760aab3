"""The parcel layer as a parameter, and as a file that the engine reads."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsVectorLayer,
)

from ..parcel_source import CopyCancelled, ParcelFile, ParcelSource, UnusableLayer
from ..plain_text import without_markup
from ..styles import CLASS_FIELD
from ..translation import tr
from .arguments import arguments_for
from .base import EngineAlgorithm, Parameters, explained
from .options import PARCELS, PREDICTIONS


def parcels_parameter(optional: bool = False) -> QgsProcessingParameterDefinition:
    """A polygon layer, or only its selected features."""
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    parcels = QgsProcessingParameterFeatureSource(PARCELS, tr("Parcels"), polygons, optional=optional)
    return explained(parcels, tr("The polygons of the parcels; all features, or only the selected ones."))


def predictions_parameter() -> QgsProcessingParameterDefinition:
    """A classified layer, of outlines, points or, from an imported set, without locations."""
    kinds = [QgsProcessing.SourceType.TypeVector]
    predictions = QgsProcessingParameterFeatureSource(PREDICTIONS, tr("Classified parcels"), kinds)
    return explained(predictions, tr("A layer that Classify parcels made; all features, or only the selected ones."))


def parcel_layer(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, name: str = PARCELS
) -> Optional[QgsVectorLayer]:
    """The layer behind the parameter, whether or not it is narrowed to its selection."""
    selection = _selection(parameters, name)
    if selection is not None:
        parameters = {**parameters, name: selection.source}
    return algorithm.parameterAsVectorLayer(dict(parameters), name, context)


def parcel_source(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, name: str = PARCELS
) -> ParcelSource:
    """The layer of the parameter as it is now; for prepareAlgorithm(), as it touches layers.

    Raises QgsProcessingException when there is no such layer, or it cannot be read.
    """
    layer = parcel_layer(algorithm, parameters, context, name)
    if layer is None:
        raise QgsProcessingException(algorithm.invalidSourceError(dict(parameters), name))
    try:
        return ParcelSource(layer, _selection(parameters, name), context.project())
    except UnusableLayer as error:
        raise QgsProcessingException(without_markup(str(error))) from error


def parcel_file(source: ParcelSource, feedback: QgsProcessingFeedback) -> ParcelFile:
    """The parcels as a file that the engine can read; for processAlgorithm(), as a copy takes its time.

    Raises QgsProcessingException when they cannot be copied, or the run was cancelled.
    """
    try:
        return source.file(feedback.isCanceled)
    except UnusableLayer as error:
        raise QgsProcessingException(without_markup(str(error))) from error
    except CopyCancelled as error:
        raise QgsProcessingException(tr("The run was cancelled.")) from error


def predictions_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """A layer that holds no predictions."""
    layer = parcel_layer(algorithm, parameters, context, PREDICTIONS)
    if layer is None or CLASS_FIELD in [field.name() for field in layer.fields()]:
        return ""
    text = tr("The layer {layer} has no field {field}. Choose a layer that Classify parcels made.")
    return text.format(layer=layer.name(), field=CLASS_FIELD)


def _selection(parameters: Parameters, name: str) -> Optional[QgsProcessingFeatureSourceDefinition]:
    value = parameters.get(name)
    return value if isinstance(value, QgsProcessingFeatureSourceDefinition) else None


def parcel_arguments(
    algorithm: EngineAlgorithm, parcels: ParcelFile, command: str, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The command's options and the file of the parcel layer; QGIS itself decodes what is not a shapefile."""
    arguments = {
        "parcels": parcels.path,
        "layer": parcels.layer,
        **arguments_for(algorithm, command, parameters, context),
    }
    if not parcels.path.lower().endswith(".shp"):
        arguments.pop("encoding", None)
    return arguments


def parcels_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """A layer without coordinate system or without one of the fields that are given."""
    layer = parcel_layer(algorithm, parameters, context)
    if layer is None:
        return ""
    if not layer.crs().isValid():
        text = tr("The parcel layer {} has no coordinate system. Set one with Layer > Set CRS of Layer(s)….")
        return text.format(layer.name())
    return fields_problem(algorithm, parameters, context)


def fields_problem(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, name: str = PARCELS
) -> str:
    """A field that is given and that the layer of the parameter does not have."""
    layer = parcel_layer(algorithm, parameters, context, name)
    if layer is None:
        return ""
    names = [field.name() for field in layer.fields()]
    for definition in algorithm.parameterDefinitions():
        fields = field_names(algorithm, parameters, definition, context) if definition.type() == "field" else []
        for field in fields:
            if field not in names:
                return missing_field(layer, field)
    return ""


def field_names(
    algorithm: EngineAlgorithm, parameters: Parameters, definition: Any, context: QgsProcessingContext
) -> List[str]:
    """The fields of a parameter; where it takes several, as they are ticked or typed with commas or semicolons."""
    if not definition.allowMultiple():
        name = algorithm.text(parameters, definition.name(), context)
        return [name] if name else []
    names = algorithm.parameterAsFields(parameters, definition.name(), context)
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


def missing_field(layer: QgsVectorLayer, field: str) -> str:
    text = tr("The layer {layer} has no field {field}. Its fields are {names}.")
    return text.format(layer=layer.name(), field=field, names=", ".join(found.name() for found in layer.fields()))
