"""Read-only tables, their cells and how they show figures."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional, Union

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget


class PlainTable(QTableWidget):
    """Asks for a few rows only and takes what its layout has left, so that the page around it need not scroll."""

    least_rows = 2

    def height_of(self, rows: int) -> int:
        """The height in pixels that shows the header and so many rows."""
        header_px = self.horizontalHeader().sizeHint().height()
        return header_px + rows * self.verticalHeader().defaultSectionSize() + 2 * self.frameWidth()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.height_of(self.least_rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.height_of(self.least_rows))


def plain_table(titles: tuple[str, ...], stretched: int) -> PlainTable:
    """A compact table of whole rows; column `stretched` takes the room that the others leave."""
    table = PlainTable(0, len(titles))
    table.setHorizontalHeaderLabels(titles)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    return table


def number_item(value: Union[int, float, None]) -> QTableWidgetItem:
    """A right-aligned cell that holds a number, and so sorts as one; empty without a value."""
    item = QTableWidgetItem()
    item.setData(Qt.ItemDataRole.DisplayRole, value)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def percent(share: Optional[float], widget: QWidget) -> str:
    """A share of 0..1 in words, with the widget's decimal sign."""
    return "–" if share is None else f"{widget.locale().toString(100.0 * share, 'f', 1)} %"
