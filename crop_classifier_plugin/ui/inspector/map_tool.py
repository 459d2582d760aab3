"""The map tool that picks the parcel under the mouse."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, List, Optional

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapLayer,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool
from qgis.PyQt.QtCore import Qt, pyqtSignal

TOLERANCE_PX = 3  # around the mouse, for parcels that are narrow on the screen


class ParcelTool(QgsMapTool):
    """`picked` has the layer and the feature that was clicked, `missed` comes where there is none.

    `layers` gives the layers to look in, the first one that has a parcel there counts.
    """

    picked = pyqtSignal(object, object)
    missed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, layers: Callable[[], List[QgsVectorLayer]]) -> None:
        super().__init__(canvas)
        self._layers = layers
        self.setCursor(Qt.CursorShape.WhatsThisCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pick(self.toMapCoordinates(event.pos()))

    def pick(self, point: QgsPointXY) -> None:
        """At a point of the map's coordinate system."""
        for layer in self._layers():
            feature = feature_at(layer, point, self.canvas())
            if feature is not None:
                self.picked.emit(layer, feature)
                return
        self.missed.emit()


def polygon_layers(canvas: QgsMapCanvas, active: Optional[QgsMapLayer]) -> List[QgsVectorLayer]:
    """Those of the map that have polygons, the active one first, then from the top."""
    layers = [layer for layer in canvas.layers() if _has_polygons(layer)]
    return sorted(layers, key=lambda layer: layer != active)


def feature_at(layer: QgsVectorLayer, point: QgsPointXY, canvas: QgsMapCanvas) -> Optional[QgsFeature]:
    """The smallest feature that contains the point, else the nearest within TOLERANCE_PX; None for none."""
    settings = canvas.mapSettings()
    moving = QgsCoordinateTransform(settings.destinationCrs(), layer.crs(), QgsProject.instance())
    reach = TOLERANCE_PX * settings.mapUnitsPerPixel()
    around = QgsRectangle(point.x() - reach, point.y() - reach, point.x() + reach, point.y() + reach)
    try:
        place, box = QgsGeometry.fromPointXY(moving.transform(point)), moving.transformBoundingBox(around)
    except QgsCsException:  # no such place in the layer's system
        return None
    request = QgsFeatureRequest().setFilterRect(box).setFlags(QgsFeatureRequest.Flag.ExactIntersect)
    found = list(layer.getFeatures(request))
    return min(found, key=lambda feature: _distance(feature, place), default=None)


def _distance(feature: QgsFeature, place: QgsGeometry) -> Any:
    """Sorts by the distance, then by the area: of parcels that overlap the smaller one is meant."""
    return feature.geometry().distance(place), feature.geometry().area()


def _has_polygons(layer: QgsMapLayer) -> bool:
    return isinstance(layer, QgsVectorLayer) and layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
