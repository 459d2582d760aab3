"""Read-only tables, their cells and how they show figures."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional, Union

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget


def plain_table(titles: tuple[str, ...], stretched: int) -> QTableWidget:
    """A compact table of whole rows; column `stretched` takes the room that the others leave."""
    table = QTableWidget(0, len(titles))
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
