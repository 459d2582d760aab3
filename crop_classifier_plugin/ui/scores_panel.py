"""The scores of a training: the main scores above a sortable table of the scores per class."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTableWidgetItem, QVBoxLayout, QWidget

from ..plain_text import tooltip
from ..translation import tr
from .plain_table import number_item, percent, plain_table
from .plain_widgets import plain_label
from .share_delegate import ShareDelegate
from .swatch import swatch

SHARES = ("precision", "recall", "f")
NAME, PARCELS = 0, 1 + len(SHARES)
COLUMN_PX = 110


class ScoresPanel(QWidget):
    """Empty until `show_scores`."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        titles = {
            "oa": tr("Overall accuracy"),
            "mean_f": tr("Mean F-score"),
            "mean_precision": tr("Mean precision"),
            "mean_recall": tr("Mean recall"),
            "parcels": tr("Parcels tested"),
        }
        self.headline = {name: plain_label("–", selectable=True) for name in titles}
        figures = QHBoxLayout()
        for label, title in zip(self.headline.values(), titles.values()):
            figures.addLayout(score_column(label, title))
        self.table = plain_table((tr("Class"), tr("Precision"), tr("Recall"), tr("F-score"), tr("Parcels")), NAME)
        self.table.setAlternatingRowColors(True)
        self._delegate = ShareDelegate(decimals=1, parent=self)  # the view does not own its delegates
        for column in range(1, PARCELS):
            self.table.setItemDelegateForColumn(column, self._delegate)
        for column in range(1, 1 + PARCELS):
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(column, COLUMN_PX)
        layout = QVBoxLayout(self)
        layout.addLayout(figures)
        layout.addWidget(self.table, 1)

    def clear(self) -> None:
        for label in self.headline.values():
            label.setText("–")
        self.table.setRowCount(0)

    def show_scores(self, scores: Mapping[str, Any]) -> None:
        """`scores` as in the report document: shares of 0..1 and one entry per class."""
        for name, label in self.headline.items():
            value = scores[name]
            label.setText(self.locale().toString(value) if name == "parcels" else percent(value, self))
        self.table.setSortingEnabled(False)  # else rows move while they are filled
        self.table.setRowCount(len(scores["classes"]))
        for row, figures in enumerate(scores["classes"]):
            self._fill_row(row, figures)
        self.table.setSortingEnabled(True)
        self.table.sortItems(PARCELS, Qt.SortOrder.DescendingOrder)

    def _fill_row(self, row: int, figures: Mapping[str, Any]) -> None:
        name = QTableWidgetItem(swatch(figures["colour"]), figures["name"])
        name.setToolTip(tooltip(f"{figures['name']} ({figures['code']})"))
        self.table.setItem(row, NAME, name)
        for column, key in enumerate(SHARES, start=1):
            self.table.setItem(row, column, number_item(figures[key]))
        self.table.setItem(row, PARCELS, number_item(figures["support"]))


def score_column(label: QLabel, title: str) -> QVBoxLayout:
    """A figure in large type above what it is."""
    font = label.font()
    font.setPointSizeF(1.6 * font.pointSizeF())
    font.setBold(True)
    label.setFont(font)
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(label, alignment=Qt.AlignmentFlag.AlignHCenter)
    column.addWidget(plain_label(title), alignment=Qt.AlignmentFlag.AlignHCenter)
    return column
