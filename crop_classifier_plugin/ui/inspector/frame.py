"""The square of ground that thumbnails show: the parcel's box with a margin, in pixels of the store's grid."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QRectF
from qgis.PyQt.QtGui import QPainterPath, QTransform

AROUND = 0.6  # margin for the surroundings, as a share of the longer side
LEAST_AROUND_PX = 6


@dataclass(frozen=True)
class Frame:
    """`place` is the parcel's box; the frame has `side` pixels and begins `left`, `top` pixels before the box."""

    place: Any
    side: float
    left: float
    top: float

    @classmethod
    def around(cls, place: Any, surroundings: bool) -> Frame:
        longer = max(place.height_px, place.width_px)
        margin = max(AROUND * longer, LEAST_AROUND_PX) if surroundings else 0.5
        side = longer + 2 * margin
        return cls(place, side, (side - place.width_px) / 2, (side - place.height_px) / 2)

    def box(self, cell: QRectF) -> QRectF:
        """Where the parcel's box is, when the frame fills `cell`."""
        scale = cell.width() / self.side
        left, top = cell.left() + self.left * scale, cell.top() + self.top * scale
        return QRectF(left, top, self.place.width_px * scale, self.place.height_px * scale)

    def extent(self, grid: Any) -> QgsRectangle:
        """In the grid's coordinate system."""
        west = grid.west + (self.place.column_px - self.left) * grid.resolution_m
        north = grid.north - (self.place.row_px - self.top) * grid.resolution_m
        length = self.side * grid.resolution_m
        return QgsRectangle(west, north - length, west + length, north)

    def outline(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem, grid: Any) -> Optional[QPainterPath]:
        """The parcel's outline where the frame is the unit square; None where it cannot be reprojected."""
        moved = QgsGeometry(geometry)
        to_grid = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem(grid.crs), QgsProject.instance())
        if moved.isNull() or moved.transform(to_grid) != QgsGeometry.OperationResult.Success:
            return None
        extent = self.extent(grid)
        to_unit = QTransform.fromScale(1 / extent.width(), -1 / extent.height())
        to_unit.translate(-extent.xMinimum(), -extent.yMaximum())
        return to_unit.map(moved.constGet().asQPainterPath())
