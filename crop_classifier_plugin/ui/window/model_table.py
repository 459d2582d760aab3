"""The saved models in a table: where and when each was trained, how good it is, and on how many parcels that rests."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from qgis.PyQt.QtCore import QLocale, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHeaderView, QTableWidgetItem, QVBoxLayout, QWidget

from ...model_file import ModelDescription
from ...model_library import Entry
from ...plain_text import tooltip
from ...translation import tr
from ..model_panel import calendar_text, scores_text
from ..plain_table import number_item, plain_table
from ..share_delegate import ShareDelegate

NAME, REGION, YEARS, CLASSES, MEAN_F, PARCELS = range(6)
PATH = Qt.ItemDataRole.UserRole
WIDTHS_PX = {REGION: 130, YEARS: 64, CLASSES: 70, MEAN_F: 74, PARCELS: 74}


class ModelTable(QWidget):
    """`chosen` carries the path of the row that the user picks."""

    chosen = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        titles = (tr("Name"), tr("Region"), tr("Year"), tr("Classes"), tr("Mean F"), tr("Parcels"))
        self.table = plain_table(titles, stretched=NAME)
        self.table.horizontalHeaderItem(PARCELS).setToolTip(
            tr("Number of parcels that the score was tested on, by models that had not seen them")
        )
        header = self.table.horizontalHeader()
        for column, width in WIDTHS_PX.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(column, width)
        self._delegate = ShareDelegate(parent=self)  # the view does not own its delegates
        self.table.setItemDelegateForColumn(MEAN_F, self._delegate)
        self.table.setSortingEnabled(True)
        self.table.sortItems(NAME, Qt.SortOrder.AscendingOrder)
        self.table.itemSelectionChanged.connect(self._on_selection)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def fill(self, entries: Sequence[Entry]) -> None:
        self.table.blockSignals(True)
        self.table.setSortingEnabled(False)  # else rows move while they are filled
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            self._fill_row(row, entry)
        self.table.setSortingEnabled(True)
        self.table.blockSignals(False)

    def _fill_row(self, row: int, entry: Entry) -> None:
        name = QTableWidgetItem(entry.name)
        name.setData(PATH, str(entry.path))
        name.setToolTip(tooltip(self._tip(entry)))
        items = [name, *(QTableWidgetItem() for _ in range(NAME, PARCELS))]
        if entry.model is not None:
            scores = entry.model.scores or {}
            items[REGION] = QTableWidgetItem(region_text(entry.model, self.locale()))
            items[YEARS] = QTableWidgetItem(years_text(entry.model))
            items[CLASSES] = number_item(len(entry.model.classes))
            items[MEAN_F] = number_item(scores.get("mean_f"))
            items[PARCELS] = number_item(scores.get("parcels"))
        for column, item in enumerate(items):
            if entry.model is None:
                item.setFlags(Qt.ItemFlag.ItemIsSelectable)
            self.table.setItem(row, column, item)

    def _tip(self, entry: Entry) -> str:
        if entry.model is None:
            return entry.problem
        names = ", ".join(crop["name"] for crop in entry.model.classes)
        texts = (scores_text(entry.model, self), calendar_text(entry.model, self.locale()), names, str(entry.path))
        return "\n".join(texts)

    def choose(self, path: Path) -> None:
        """Marks the row of a file; none where it is not in the library."""
        self.table.blockSignals(True)
        self.table.clearSelection()
        self.table.setCurrentItem(None)
        for row in range(self.table.rowCount()):
            if self.table.item(row, NAME).data(PATH) == str(path):
                self.table.selectRow(row)
        self.table.blockSignals(False)

    def current(self) -> Optional[Path]:
        """The file of the marked row."""
        rows = self.table.selectionModel().selectedRows(NAME)
        return Path(rows[0].data(PATH)) if rows else None

    def _on_selection(self) -> None:
        path = self.current()
        if path is not None:
            self.chosen.emit(path)


def region_text(model: ModelDescription, locale: QLocale) -> str:
    """The middle of the training parcels, `43.4° N, 1.2° E`; `–` where the model does not tell."""
    if model.region is None or model.region.box is None:
        return "–"
    west, south, east, north = model.region.box
    latitude, longitude = (south + north) / 2, (west + east) / 2
    degrees = (locale.toString(abs(value), "f", 1) for value in (latitude, longitude))
    north_south = tr("{0}° N") if latitude >= 0 else tr("{0}° S")
    east_west = tr("{0}° E") if longitude >= 0 else tr("{0}° W")
    return ", ".join(text.format(value) for text, value in zip((north_south, east_west), degrees))


def years_text(model: ModelDescription) -> str:
    """The years of harvest."""
    years = model.region.seasons if model.region is not None else ()
    return ", ".join(map(str, years or ([model.season] if model.season else []))) or "–"
