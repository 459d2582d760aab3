"""A QGIS layer as a file that the engine can read: exactly the parcels that QGIS shows.

What is known of the layer is taken in the main thread; a copy, where one is needed, is written in any other.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from qgis.core import (
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
)

from .translation import tr

# Formats that the engine reads directly; any other layer is written to a GeoPackage first.
READABLE = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".parquet", ".gml", ".kml", ".sqlite", ".gdb", ".tab", ".mif")
LAYER_NAME = "parcels"
CANCEL_CHECK_EVERY = 500  # features between two checks


class UnusableLayer(ValueError):
    """Raised when a layer cannot be handed to the engine; `str()` can be shown to the user."""


class CopyCancelled(Exception):
    """Raised when the copy of a layer was cancelled; nothing is left of it."""


@dataclass(frozen=True)
class ParcelFile:
    """A vector file, and the layer in it where the file holds several."""

    path: str
    layer: Optional[str] = None


class ParcelSource:
    """A layer as it is now, made in the main thread; later edits of the layer do not reach it."""

    def __init__(
        self,
        layer: QgsVectorLayer,
        selection: Optional[QgsProcessingFeatureSourceDefinition] = None,
        project: Optional[QgsProject] = None,
    ) -> None:
        """`selection` may narrow the layer to its selected features, a number of features or a filter.

        Raises UnusableLayer where the layer cannot be read.
        """
        if not layer.isValid():
            raise UnusableLayer(tr("The parcel layer {} cannot be read.").format(layer.name()))
        self._name = layer.name()
        self._own = None if _narrowed(selection) or not _same_on_disk(layer) else _file_of(layer)
        if self._own is not None:
            return
        self._features = QgsVectorLayerFeatureSource(layer)
        self._fields, self._type, self._crs = layer.fields(), layer.wkbType(), layer.crs()
        self._request = _request(layer, selection)
        self._has_fids = layer.storageType() == "GPKG"
        self._transforms = (project or QgsProject.instance()).transformContext()

    def file(self, is_cancelled: Callable[[], bool] = lambda: False) -> ParcelFile:
        """The layer's own file where it has exactly these parcels, else a temporary GeoPackage, written here.

        Features without a geometry come along. Raises UnusableLayer when the copy cannot be written, CopyCancelled.
        """
        return self._own if self._own is not None else self._copy(is_cancelled)

    def _copy(self, is_cancelled: Callable[[], bool]) -> ParcelFile:
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = LAYER_NAME
        if not self._has_fids:
            options.layerOptions = ["FID=_fid"]  # keeps a field called fid, unique or not
        path = QgsProcessingUtils.generateTempFilename("parcels.gpkg")
        writer = QgsVectorFileWriter.create(path, self._fields, self._type, self._crs, self._transforms, options)
        try:
            self._require(writer)
            for number, feature in enumerate(self._features.getFeatures(self._request)):
                if number % CANCEL_CHECK_EVERY == 0 and is_cancelled():
                    raise CopyCancelled
                writer.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
            writer.flushBuffer()
            self._require(writer)
        except (UnusableLayer, CopyCancelled):
            del writer  # closes the file
            Path(path).unlink(missing_ok=True)
            raise
        del writer
        return ParcelFile(path, LAYER_NAME)

    def _require(self, writer: QgsVectorFileWriter) -> None:
        if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
            text = tr("The parcel layer {name} cannot be copied for the engine: {reason}")
            raise UnusableLayer(text.format(name=self._name, reason=writer.errorMessage()))


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


def _file_of(layer: QgsVectorLayer) -> ParcelFile:
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return ParcelFile(str(Path(parts["path"]).absolute()), parts.get("layerName") or None)


def _request(layer: QgsVectorLayer, selection: Any) -> QgsFeatureRequest:
    request = QgsFeatureRequest()
    if selection is None:
        return request
    if selection.selectedFeaturesOnly:
        request.setFilterFids(layer.selectedFeatureIds())
    if _filter_expression(selection):
        request.setFilterExpression(_filter_expression(selection))
    if selection.featureLimit >= 0:
        request.setLimit(selection.featureLimit)
    return request
