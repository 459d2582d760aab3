"""The table of classes: parcels, area and scores, to sort, copy and save."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, List, Mapping, Optional, Sequence

from qgis.PyQt.QtCore import QLocale, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStyledItemDelegate,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...engine.protocol import spreadsheet
from ...plain_text import tooltip
from ...translation import tr
from ..plain_table import number_item, plain_table
from ..plain_widgets import warn
from ..share_delegate import ShareDelegate
from ..swatch import swatch
from . import queries
from .source import Results
from .view import ResultsView

COLUMNS = ("name", "parcels", "area_ha", "precision", "recall", "f", "support")
NAME, PARCELS, AREA, SHARES = 0, 1, 2, (3, 4, 5)
COLUMN_PX = 92
POSITION = Qt.ItemDataRole.UserRole  # of a class among those of the results


class DecimalDelegate(QStyledItemDelegate):
    """Shows numbers with one decimal, so that their points stand below each other."""

    def displayText(self, value: Any, locale: QLocale) -> str:
        return locale.toString(value, "f", 1) if isinstance(value, float) else str(super().displayText(value, locale))


class ClassView(ResultsView):
    """A click on a class selects its parcels."""

    copied = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Classes"), parent)
        self.titles = (
            *(tr("Class"), tr("Parcels"), tr("Area (ha)")),
            *(tr("Precision"), tr("Recall"), tr("F-score"), tr("Declared")),
        )
        self.table = plain_table(self.titles, NAME)
        self.table.horizontalHeaderItem(6).setToolTip(tr("Parcels compared whose declared crop is of this class"))
        self.table.setAlternatingRowColors(True)
        self._delegate = ShareDelegate(decimals=1, parent=self)  # the view does not own its delegates
        for column in range(1, len(COLUMNS)):
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(column, COLUMN_PX)
        self._areas = DecimalDelegate(parent=self)
        self.table.setItemDelegateForColumn(AREA, self._areas)
        for column in SHARES:
            self.table.setItemDelegateForColumn(column, self._delegate)
        self.table.cellClicked.connect(self._on_clicked)
        copy, save = QPushButton(tr("Copy")), QPushButton(tr("Save as CSV…"))
        copy.clicked.connect(self.copy)
        save.clicked.connect(self._on_save)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(copy)
        buttons.addWidget(save)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)

    def show_results(self, results: Results) -> None:
        rows = class_rows(results)
        self.show_lacking("" if rows else tr("The report is missing, so there are no figures of the classes."))
        self.table.setSortingEnabled(False)  # else rows move while they are filled
        self.table.setRowCount(len(rows))
        for at, row in enumerate(rows):
            self._fill(at, row)
        self.table.setSortingEnabled(True)
        self.table.sortItems(PARCELS, Qt.SortOrder.DescendingOrder)

    def _fill(self, at: int, row: Mapping[str, Any]) -> None:
        name = QTableWidgetItem(swatch(str(row["colour"])), str(row["name"]))
        name.setToolTip(tooltip(f"{row['name']} ({row['code']})"))
        name.setData(POSITION, row["position"])
        self.table.setItem(at, NAME, name)
        for column, key in enumerate(COLUMNS[1:], start=1):
            self.table.setItem(at, column, number_item(row[key]))

    def _on_clicked(self, row: int, _: int) -> None:
        item = self.table.item(row, NAME)
        self.select(queries.of_class(item.data(POSITION)), tr("classified as {0}").format(item.text()))

    # Taking the table away

    def cells(self) -> List[List[Any]]:
        """The table as it is sorted, with its titles; shares of 0..1."""
        columns = range(self.table.columnCount())
        rows = [[self.table.item(row, c).data(Qt.ItemDataRole.DisplayRole) for c in columns] for row in self._rows()]
        return [list(self.titles), *rows]

    def _rows(self) -> Sequence[int]:
        return range(self.table.rowCount())

    def copy(self) -> None:
        """To the clipboard, as a spreadsheet takes it."""
        lines = ["\t".join("" if value is None else str(value) for value in _safe(row)) for row in self.cells()]
        QApplication.clipboard().setText("\n".join(lines) + "\n")
        self.copied.emit(tr("The table of {0} classes is in the clipboard.").format(self.table.rowCount()))

    def _on_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Save the Table of Classes"), "", tr("CSV files (*.csv)"))
        if path:
            self.save(path if Path(path).suffix else f"{path}.csv")

    def save(self, path: str) -> None:
        try:
            with Path(path).open("w", encoding="utf-8-sig", newline="") as file:  # the mark is for spreadsheets
                spreadsheet.write_rows(file, self.cells())
        except OSError as error:
            reason = error.strerror or str(error)
            warn(self, tr("Save the Table of Classes"), tr("{0} cannot be written: {1}").format(path, reason))
        else:
            self.copied.emit(tr("The table was saved as {0}.").format(path))


def _safe(row: Sequence[Any]) -> List[Any]:
    return [spreadsheet.cell(str(value).replace("\t", " ") if isinstance(value, str) else value) for value in row]


def class_rows(results: Results) -> List[Mapping[str, Any]]:
    """A row of COLUMNS for each class that was predicted or declared; scores are None where it was not declared."""
    found = {row.get("code"): row for row in results.report.get("breakdown") or []}
    scores = results.scores["classes"] if results.scores else [{}] * len(results.classes)
    rows: List[Mapping[str, Any]] = []
    for position, (crop, own) in enumerate(zip(results.classes, scores)):
        counted = found.get(crop["code"], {})
        known = own if own.get("support") else {"support": own.get("support")}
        figures = {key: known.get(key) for key in COLUMNS[3:]}
        if counted.get("parcels") or own.get("support"):
            area = counted.get("area_ha")
            rows.append(
                {**crop, "position": position, "parcels": counted.get("parcels", 0), "area_ha": area, **figures}
            )
    return rows
