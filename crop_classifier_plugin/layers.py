"""QGIS layers to files the engine can read, and results to styled layers. Called only in the main thread."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsExpression,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsProviderRegistry,
    QgsRendererCategory,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from .plain_text import without_expressions
from .translation import tr

CLASS_FIELD = "crop_code"  # what the engine writes, and what the map is coloured by
NAME_FIELD = "crop_name"
RESULT_FIELDS = {CLASS_FIELD, NAME_FIELD, "confidence", "quality"}  # of every classified layer
UNCLASSIFIED_COLOUR = "#d9d9d9"
# QGIS shows the display name as HTML where a layer has no map tip of its own.
MAP_TIP = f"""[% replace(replace(coalesce("{NAME_FIELD}", ''), '&', '&amp;'), '<', '&lt;') %]"""
# Formats that the engine reads directly; any other layer is written to a GeoPackage first.
READABLE = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".parquet", ".gml", ".kml", ".sqlite", ".gdb", ".tab", ".mif")


class UnusableLayer(ValueError):
    """Raised when a layer cannot be handed to the engine; `str()` can be shown to the user."""


@dataclass(frozen=True)
class ParcelFile:
    """A vector file, and the layer in it where the file holds several."""

    path: str
    layer: Optional[str] = None


def prepare_parcels(
    layer: QgsVectorLayer,
    selection: Optional[QgsProcessingFeatureSourceDefinition] = None,
    project: Optional[QgsProject] = None,
) -> ParcelFile:
    """The file with exactly the parcels that QGIS shows: its own where that is the same, else a temporary GeoPackage.

    `selection` may narrow the layer to its selected features, a number of features or a filter. Features without a
    geometry come along. Raises UnusableLayer when the copy cannot be written.
    """
    if not layer.isValid():
        raise UnusableLayer(tr("The parcel layer {} cannot be read.").format(layer.name()))
    if _narrowed(selection) or not _same_on_disk(layer):
        return _copy(layer, selection, project or QgsProject.instance())
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return ParcelFile(str(Path(parts["path"]).absolute()), parts.get("layerName") or None)


def is_classified(layer: QgsVectorLayer) -> bool:
    """Whether a layer is what a classification gave."""
    return {field.name() for field in layer.fields()} >= RESULT_FIELDS


def _narrowed(selection: Optional[QgsProcessingFeatureSourceDefinition]) -> bool:
    return selection is not None and (
        selection.selectedFeaturesOnly or selection.featureLimit >= 0 or bool(_filter_expression(selection))
    )


def _filter_expression(selection: QgsProcessingFeatureSourceDefinition) -> str:
    return getattr(selection, "filterExpression", "")  # since QGIS 3.32


def _same_on_disk(layer: QgsVectorLayer) -> bool:
    """Whether whoever opens the layer's file sees the features, fields and coordinate system that QGIS shows."""
    if layer.providerType() != "ogr" or layer.subsetString() or layer.isModified():
        return False
    provider = layer.dataProvider()
    if layer.fields().count() != provider.fields().count() or layer.crs() != provider.crs():
        return False  # joined or virtual fields; a coordinate system that was set in QGIS
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = Path(parts.get("path") or "")
    readable = path.suffix.lower() in READABLE and path.exists()  # no /vsizip/, no database
    return readable and not parts.get("layerId")  # a layer by its number has no name that could be handed on


def _copy(layer: QgsVectorLayer, selection: Any, project: QgsProject) -> ParcelFile:
    selected_only = selection is not None and selection.selectedFeaturesOnly
    source = layer
    if selection is not None and (selection.featureLimit >= 0 or _filter_expression(selection)):
        source = layer.materialize(_request(layer, selection))
        selected_only = False
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "parcels"
    options.onlySelectedFeatures = selected_only
    if layer.storageType() != "GPKG":
        options.layerOptions = ["FID=_fid"]  # keeps a field called fid, unique or not
    path = QgsProcessingUtils.generateTempFilename("parcels.gpkg")
    error, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(source, path, project.transformContext(), options)
    if error != QgsVectorFileWriter.WriterError.NoError:
        text = tr("The parcel layer {name} cannot be copied for the engine: {reason}")
        raise UnusableLayer(text.format(name=layer.name(), reason=message))
    return ParcelFile(path, options.layerName)


def _request(layer: QgsVectorLayer, selection: Any) -> QgsFeatureRequest:
    request = QgsFeatureRequest()
    if selection.selectedFeaturesOnly:
        request.setFilterFids(layer.selectedFeatureIds())
    if _filter_expression(selection):
        request.setFilterExpression(_filter_expression(selection))
    if selection.featureLimit >= 0:
        request.setLimit(selection.featureLimit)
    return request


def style_predictions(layer: QgsVectorLayer, classes: Iterable[Mapping[str, Any]]) -> None:
    """One category per class (`code`, `name`, `colour`), names in the legend, and one for parcels without a class."""
    categories = [
        QgsRendererCategory(str(c["code"]), _fill(c["colour"]), without_expressions(str(c["name"]))) for c in classes
    ]
    # an empty value stands for null, and for any code that is not in the table
    categories.append(QgsRendererCategory("", _fill(UNCLASSIFIED_COLOUR), tr("Not classified")))
    layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS_FIELD, categories))
    layer.setDisplayExpression(f'coalesce("{NAME_FIELD}", {QgsExpression.quotedString(tr("Not classified"))})')
    layer.setMapTipTemplate(MAP_TIP)
    layer.triggerRepaint()


def _fill(colour: str) -> QgsFillSymbol:
    outline = QColor(colour).darker(140).name()
    return QgsFillSymbol.createSimple({"color": colour, "outline_color": outline, "outline_width": "0.1"})
