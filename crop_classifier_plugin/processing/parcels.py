"""The parcel parameters, the same in every algorithm that reads parcels, and the parcel layer as a file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsVectorLayer,
)

from ..engine.protocol import DEFAULTS
from ..layers import ParcelFile, UnusableLayer, prepare_parcels
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced
from .imagery import with_decimals


def parcels_parameter(optional: bool = False) -> QgsProcessingParameterFeatureSource:
    """A polygon layer, perhaps narrowed to its selection."""
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    return QgsProcessingParameterFeatureSource("PARCELS", tr("Parcels"), polygons, optional=optional)


def field_parameter(name: str, label: str, optional: bool = True) -> QgsProcessingParameterField:
    """One field of the parcel layer."""
    return QgsProcessingParameterField(name, label, parentLayerParameterName="PARCELS", optional=optional)


def previous_field_parameter() -> QgsProcessingParameterField:
    """Last year's crops: the crop rotation then weighs what the images say."""
    words = tr("The crop rotation then weighs what the images say. For models that were trained with such a field.")
    return advanced(field_parameter("PREVIOUS_FIELD", tr("Field of last year's crops")), words)


def id_field_parameter() -> QgsProcessingParameterDefinition:
    words = tr("Names the parcels in the store. Empty: the feature id.")
    return advanced(field_parameter("ID_FIELD", tr("Field that identifies a parcel")), words)


def edge_parameters() -> List[QgsProcessingParameterDefinition]:
    """Which of a parcel's pixels count, how many are few, and how its texts are read."""
    numbers = QgsProcessingParameterNumber.Type
    few = QgsProcessingParameterNumber(
        "FEW_PIXELS", tr("Flag parcels with fewer pixels than"), numbers.Integer, DEFAULTS.few_pixels, minValue=1
    )
    inner = QgsProcessingParameterNumber(
        "INNER_BUFFER", tr("Inner buffer of the parcels (m)"), numbers.Double, optional=True, minValue=0
    )
    inner.setMaximum(1000)
    encoding = QgsProcessingParameterString("ENCODING", tr("Text encoding of a shapefile"), optional=True)
    about_inner = tr(
        "Only pixels so far inside the outline count, which keeps the neighbours out. Parcels that are too narrow keep "
        "all their pixels. Empty: none; in a classification, as in the model's training."
    )
    return [
        advanced(few, tr("They are classified all the same, with the flag few_pixels.")),
        advanced(with_decimals(inner, 1), about_inner),
        advanced(encoding, tr("Such as CP1252, where letters are not read rightly. Empty: as the file says.")),
    ]


def workers_parameter() -> QgsProcessingParameterNumber:
    kind = QgsProcessingParameterNumber.Type.Integer
    label = tr("Blocks of images read at once")
    words = tr("More of them are faster on several cores, and take more memory. Empty: one per core, at most 4.")
    return advanced(QgsProcessingParameterNumber("WORKERS", label, kind, optional=True, minValue=1), words)


def parcel_layer(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Optional[QgsVectorLayer]:
    """The layer behind PARCELS, whether or not it is narrowed to its selection."""
    selection = _selection(parameters)
    if selection is not None:
        parameters = {**parameters, "PARCELS": selection.source}
    return algorithm.parameterAsVectorLayer(dict(parameters), "PARCELS", context)


def parcel_file(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> ParcelFile:
    """PARCELS as a file the engine can read; for prepareAlgorithm(), as it touches layers.

    Raises QgsProcessingException when there is no such layer, or it cannot be copied.
    """
    layer = parcel_layer(algorithm, parameters, context)
    if layer is None:
        raise QgsProcessingException(algorithm.invalidSourceError(dict(parameters), "PARCELS"))
    try:
        return prepare_parcels(layer, _selection(parameters), context.project())
    except UnusableLayer as error:
        raise QgsProcessingException(str(error)) from error


def _selection(parameters: Parameters) -> Optional[QgsProcessingFeatureSourceDefinition]:
    value = parameters.get("PARCELS")
    return value if isinstance(value, QgsProcessingFeatureSourceDefinition) else None


def parcel_arguments(
    algorithm: EngineAlgorithm, parcels: ParcelFile, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The job's arguments about parcels, those of the series made from them included."""
    return {
        "parcels": parcels.path,
        "layer": parcels.layer,
        "id_field": algorithm.text(parameters, "ID_FIELD", context),
        "encoding": algorithm.text(parameters, "ENCODING", context) if parcels.path.lower().endswith(".shp") else None,
        "inner_buffer_m": algorithm.number(parameters, "INNER_BUFFER", context),
        "few_pixels": algorithm.integer(parameters, "FEW_PIXELS", context),
        "workers": algorithm.integer(parameters, "WORKERS", context),
    }


def parcels_problem(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, *fields: str
) -> str:
    """A layer without coordinate system or without one of the fields that the parameters `fields` name."""
    layer = parcel_layer(algorithm, parameters, context)
    if layer is None:
        return ""
    if not layer.crs().isValid():
        text = tr("The parcel layer {} has no coordinate system. Set it with Layer > Set CRS of Layer(s)….")
        return text.format(layer.name())
    names = [field.name() for field in layer.fields()]
    for parameter in fields:
        field = algorithm.text(parameters, parameter, context)
        if field and field not in names:
            text = tr("The parcel layer {layer} has no field {field}; it has {names}.")
            return text.format(layer=layer.name(), field=field, names=", ".join(names))
    return ""
