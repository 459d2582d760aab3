"""The parcel layer as a parameter, and as a file that the engine reads."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSource,
    QgsVectorLayer,
)

from ..parcel_source import CopyCancelled, ParcelFile, ParcelSource, UnusableLayer
from ..plain_text import without_markup
from ..translation import tr
from .arguments import arguments_for
from .base import EngineAlgorithm, Parameters


def parcels_parameter(optional: bool = False) -> QgsProcessingParameterFeatureSource:
    """A polygon layer, or only its selected features."""
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    return QgsProcessingParameterFeatureSource("PARCELS", tr("Parcels"), polygons, optional=optional)


def parcel_layer(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Optional[QgsVectorLayer]:
    """The layer behind PARCELS, whether or not it is narrowed to its selection."""
    selection = _selection(parameters)
    if selection is not None:
        parameters = {**parameters, "PARCELS": selection.source}
    return algorithm.parameterAsVectorLayer(dict(parameters), "PARCELS", context)


def parcel_source(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> ParcelSource:
    """PARCELS as it is now; for prepareAlgorithm(), as it touches layers.

    Raises QgsProcessingException when there is no such layer, or it cannot be read.
    """
    layer = parcel_layer(algorithm, parameters, context)
    if layer is None:
        raise QgsProcessingException(algorithm.invalidSourceError(dict(parameters), "PARCELS"))
    try:
        return ParcelSource(layer, _selection(parameters), context.project())
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


def _selection(parameters: Parameters) -> Optional[QgsProcessingFeatureSourceDefinition]:
    value = parameters.get("PARCELS")
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
    names = [field.name() for field in layer.fields()]
    for definition in algorithm.parameterDefinitions():
        field = algorithm.text(parameters, definition.name(), context) if definition.type() == "field" else None
        if field and field not in names:
            text = tr("The parcel layer {layer} has no field {field}. Its fields are {names}.")
            return text.format(layer=layer.name(), field=field, names=", ".join(names))
    return ""
