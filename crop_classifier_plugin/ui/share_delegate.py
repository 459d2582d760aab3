"""Draws a share of 0..1 in a table cell as a percentage over a thin bar."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QLocale, QModelIndex, QRectF, Qt
from qgis.PyQt.QtGui import QPainter, QPalette
from qgis.PyQt.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

BAR_HEIGHT_PX = 3
MARGIN_PX = 4


class ShareDelegate(QStyledItemDelegate):
    """The cell's value stays a number, so that the column sorts as numbers; a cell without a value stays empty."""

    def __init__(self, decimals: int = 0, parent: Any = None) -> None:
        super().__init__(parent)
        self._decimals = decimals

    def displayText(self, value: Any, locale: QLocale) -> str:
        if not isinstance(value, float):
            return super().displayText(value, locale)
        return f"{locale.toString(100 * value, 'f', self._decimals)} %"

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        share = index.data(Qt.ItemDataRole.DisplayRole)
        if not isinstance(share, float):
            return
        room = QRectF(option.rect).adjusted(MARGIN_PX, 0, -MARGIN_PX, -1)
        track = QRectF(room.left(), room.bottom() - BAR_HEIGHT_PX, room.width(), BAR_HEIGHT_PX)
        painter.fillRect(track, option.palette.color(QPalette.ColorRole.Midlight))
        track.setWidth(track.width() * min(max(share, 0.0), 1.0))
        painter.fillRect(track, option.palette.color(QPalette.ColorRole.Highlight))
