"""A small square of a class's colour, for tables and lists."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

SIZE_PX = 32  # drawn large and scaled down, so that it stays sharp on dense screens


def swatch(colour: str) -> QIcon:
    """An icon filled with `colour` (`#rrggbb`); an unreadable colour gives an empty square."""
    pixmap = QPixmap(QSize(SIZE_PX, SIZE_PX))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(QColor(0, 0, 0, 110), 2))
    if QColor(colour).isValid():
        painter.setBrush(QColor(colour))
    painter.drawRect(QRectF(2, 2, SIZE_PX - 4, SIZE_PX - 4))
    painter.end()
    return QIcon(pixmap)
