"""The confusion matrix as a model of cells: counts or shares, shaded like the report's picture."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import QAbstractTableModel, QLocale, QModelIndex, Qt
from qgis.PyQt.QtGui import QBrush, QColor

from ...plain_text import tooltip
from ...translation import tr
from ..swatch import swatch

COUNTS, OF_TRUTH, OF_PREDICTION = "counts", "truth", "prediction"  # what a cell shows
RIGHT, WRONG = (
    ("#ffffff", "#a9d8c2", "#1b7f5c", "#0d5038"),
    ("#ffffff", "#f7c79f", "#c2571a", "#8a2f00"),
)  # the report's
DARK = 0.55  # luminance (ITU-R BT.601) below which a text is white


class ConfusionModel(QAbstractTableModel):
    """Rows are declared classes, columns predicted ones; only classes that occur in either."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.positions: List[int] = []  # of the classes among those of the results
        self.classes: Sequence[Mapping[str, str]] = ()
        self.cells: List[List[int]] = []
        self._mode = COUNTS
        self._locale = QLocale()

    def set_scores(self, classes: Sequence[Mapping[str, str]], confusion: Sequence[Sequence[int]]) -> None:
        """`confusion` `(truth, prediction)` in the order of `classes`."""
        self.beginResetModel()
        every = range(len(classes))
        self.positions = [at for at in every if any(confusion[at]) or any(row[at] for row in confusion)]
        self.classes = [classes[at] for at in self.positions]
        self.cells = [[confusion[truth][found] for found in self.positions] for truth in self.positions]
        self._rows = [sum(row) for row in self.cells]
        self._columns = [sum(column) for column in zip(*self.cells)]
        self.endResetModel()

    def set_mode(self, mode: str) -> None:
        self._mode = mode
        if self.cells:
            last = self.index(len(self.cells) - 1, len(self.cells) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def share(self, row: int, column: int) -> float:
        """Of the row's parcels, or of the column's where those are shown."""
        whole = self._columns[column] if self._mode == OF_PREDICTION else self._rows[row]
        return self.cells[row][column] / whole if whole else 0.0

    # Qt

    def rowCount(self, parent: Optional[QModelIndex] = None) -> int:
        return len(self.cells)

    def columnCount(self, parent: Optional[QModelIndex] = None) -> int:
        return len(self.cells)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self._explained(row, column))
        if self.cells[row][column] and role in (Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole):
            back, ink = colours(self.share(row, column), row == column)
            return QBrush(back if role == Qt.ItemDataRole.BackgroundRole else ink)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= section < len(self.classes):
            return None
        crop = self.classes[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return str(crop["name"])
        if role == Qt.ItemDataRole.DecorationRole and orientation == Qt.Orientation.Vertical:
            return swatch(str(crop["colour"]))
        if role == Qt.ItemDataRole.ToolTipRole:
            counts = self._rows if orientation == Qt.Orientation.Vertical else self._columns
            words = tr("declared") if orientation == Qt.Orientation.Vertical else tr("predicted")
            return tooltip(f"{crop['name']} ({crop['code']}): {self._locale.toString(counts[section])} {words}")
        return None

    def _text(self, row: int, column: int) -> str:
        count = self.cells[row][column]
        if not count:
            return ""
        if self._mode == COUNTS:
            return str(self._locale.toString(count))
        return f"{self._locale.toString(100 * self.share(row, column), 'f', 1)}"

    def _explained(self, row: int, column: int) -> str:
        text = tr("{0} parcels declared as {1} and predicted as {2}")
        return text.format(self._locale.toString(self.cells[row][column]), *self.names(row, column))

    def names(self, row: int, column: int) -> Tuple[str, str]:
        """The declared and the predicted class of a cell."""
        return str(self.classes[row]["name"]), str(self.classes[column]["name"])


def colours(share: float, right: bool) -> Tuple[QColor, QColor]:
    """Of a cell's background and its text."""
    ramp = [QColor(name) for name in (RIGHT if right else WRONG)]
    place = min(max(share, 0.0), 1.0) * (len(ramp) - 1)
    low = min(int(place), len(ramp) - 2)
    one, two, part = ramp[low], ramp[low + 1], place - low
    mixed = [getattr(one, name)() * (1 - part) + getattr(two, name)() * part for name in ("redF", "greenF", "blueF")]
    back = QColor.fromRgbF(*mixed)
    luminance = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2]
    return back, QColor("#ffffff" if luminance < DARK else "#1f2933")
