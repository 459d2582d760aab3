"""The list of parcels to check as a model whose rows are read from the table of parcels as they come into view."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import Any, List, Optional

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, Qt

from ...engine.protocol import results_folder, vocabulary
from ...plain_text import tooltip
from ...translation import tr, translated
from ..swatch import swatch
from . import queries
from .source import Results

PAGE_ROWS, MOST_PAGES = 100, 50  # rows that are read at a time, pages that are kept
PARCEL, PREDICTED, CONFIDENCE, DECLARED, REASON = range(5)


class CheckModel(QAbstractTableModel):
    """`positions` are of the parcels, in the order of the list."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.titles = (tr("Parcel"), tr("Predicted"), tr("Confidence"), tr("Declared"), tr("Reason"))
        self.positions = array("q")
        self._results: Optional[Results] = None
        self._pages: OrderedDict[int, List[queries.Row]] = OrderedDict()

    def set_parcels(self, results: Results, positions: array) -> None:
        self.beginResetModel()
        self._results, self.positions = results, positions
        self._pages.clear()
        self.endResetModel()

    def parcel(self, row: int) -> Optional[queries.Row]:
        """The parcel of a row; None where the table of parcels cannot be read any more."""
        page, place = divmod(row, PAGE_ROWS)
        if page not in self._pages:
            self._pages[page] = self._read(page)
            if len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)
        rows = self._pages[page]
        return rows[place] if place < len(rows) else None

    def _read(self, page: int) -> List[queries.Row]:
        if self._results is None:
            return []
        wanted = self.positions[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
        try:
            return queries.rows_at(self._results.parcels, wanted)
        except results_folder.NotResults:  # deleted meanwhile
            return []

    # Qt

    def rowCount(self, parent: Optional[QModelIndex] = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.positions)

    def columnCount(self, parent: Optional[QModelIndex] = None) -> int:
        return len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.titles[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        parcel = self.parcel(index.row())
        if parcel is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._value(parcel, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(str(self._value(parcel, index.column()) or "")) if index.column() != CONFIDENCE else None
        if role == Qt.ItemDataRole.DecorationRole and index.column() in (PREDICTED, DECLARED):
            crop = parcel.crop if index.column() == PREDICTED else parcel.declared
            return None if crop is None else swatch(self._results.classes[crop]["colour"])  # type: ignore[union-attr]
        return None

    def _value(self, parcel: queries.Row, column: int) -> Any:
        if column == CONFIDENCE:
            return parcel.confidence
        if column == REASON:
            return reason_text(parcel)
        return {PARCEL: parcel.parcel_id, PREDICTED: self._name(parcel.crop), DECLARED: self._name(parcel.declared)}[
            column
        ]

    def _name(self, crop: Optional[int]) -> str:
        return "" if crop is None or self._results is None else str(self._results.classes[crop]["name"])


def reason_text(parcel: queries.Row) -> str:
    """Why a parcel is to be checked, in words."""
    meaning = vocabulary.QUALITY.get(parcel.quality, parcel.quality)
    words = {
        queries.DIFFERS: tr("Differs from the declared crop"),
        queries.FLAGGED: translated(meaning),
        queries.DOUBTFUL: tr("Low confidence"),
    }
    return ". ".join(words[reason] for reason in queries.reasons_of(parcel))


def reason_titles() -> Any:
    """The reasons by their keys, the most urgent first."""
    return {
        queries.DIFFERS: tr("Differs from declared, confidence from {0} %").format(round(100 * queries.SURE)),
        queries.FLAGGED: tr("Flagged"),
        queries.DOUBTFUL: tr("Confidence below {0} %").format(round(100 * queries.UNSURE)),
    }
