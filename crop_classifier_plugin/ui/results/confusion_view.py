"""The confusion matrix: a click on a cell selects its parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QModelIndex, QRect, QSize, Qt
from qgis.PyQt.QtGui import QPainter
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyleOptionHeader,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ...translation import tr
from ..plain_widgets import plain_label
from . import queries
from .confusion_model import COUNTS, OF_PREDICTION, OF_TRUTH, ConfusionModel
from .source import Results
from .view import ResultsView

NAME_PX, CELL_CHARACTERS = 190, "100.0"
ROW_GAP_PX, CELL_GAP_PX, EDGE_PX = 6, 14, 6


class ConfusionView(ResultsView):
    """Titles of rows and columns stay in place while the cells scroll; a click on one selects its parcels, too."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Confusion matrix"), parent)
        self.model = ConfusionModel(self)
        self._selects = False  # whether the parcels of a cell are known
        self.mode = QComboBox()
        for title, mode in (
            (tr("Number of parcels"), COUNTS),
            (tr("% of the declared class (rows)"), OF_TRUTH),
            (tr("% of the predicted class (columns)"), OF_PREDICTION),
        ):
            self.mode.addItem(title, mode)
        self.mode.currentIndexChanged.connect(lambda _: self.model.set_mode(self.mode.currentData()))
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setWordWrap(False)
        self._make_headers()
        self.table.clicked.connect(self._on_cell)
        self.table.activated.connect(self._on_cell)
        head = QHBoxLayout()
        head.addWidget(plain_label(tr("Cells show")))
        head.addWidget(self.mode)
        head.addStretch(1)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addLayout(self._titled(), 1)

    def _make_headers(self) -> None:
        across = TurnedHeader(self.table)
        self.table.setHorizontalHeader(across)
        down = self.table.verticalHeader()
        metrics = self.table.fontMetrics()
        across.setDefaultSectionSize(metrics.horizontalAdvance(CELL_CHARACTERS) + CELL_GAP_PX)
        down.setDefaultSectionSize(metrics.height() + ROW_GAP_PX)
        for header in (across, down):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setSectionsClickable(True)
        down.setTextElideMode(Qt.TextElideMode.ElideRight)
        down.setMaximumWidth(NAME_PX)
        down.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        down.sectionClicked.connect(self._on_truth)
        across.sectionClicked.connect(self._on_prediction)

    def _titled(self) -> QGridLayout:
        """The table, with what its rows and columns are."""
        grid = QGridLayout()
        grid.setSpacing(2)
        grid.addWidget(_bold(tr("Predicted class")), 0, 1, Qt.AlignmentFlag.AlignHCenter)
        grid.addWidget(TurnedTitle(tr("Declared class")), 1, 0)
        grid.addWidget(self.table, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        return grid

    def show_results(self, results: Results) -> None:
        scores = results.scores
        if scores is None:
            self.show_lacking(lacking_scores(results))
            return
        self.show_lacking("")
        self.model.set_scores(results.classes, scores["confusion"])
        self._selects = results.knows_declared

    def _on_cell(self, index: QModelIndex) -> None:
        truth, found = (self.model.positions[at] for at in (index.row(), index.column()))
        names = self.model.names(index.row(), index.column())
        self._select(queries.compared(truth, found), tr("declared as {0}, predicted as {1}").format(*names))

    def _on_truth(self, row: int) -> None:
        words = tr("declared as {0}").format(self.model.names(row, row)[0])
        self._select(queries.compared(truth=self.model.positions[row]), words)

    def _on_prediction(self, column: int) -> None:
        words = tr("predicted as {0}, and compared").format(self.model.names(column, column)[1])
        self._select(queries.compared(prediction=self.model.positions[column]), words)

    def _select(self, condition: queries.Condition, words: str) -> None:
        if self._selects:
            self.select(condition, words)


def lacking_scores(results: Results) -> str:
    """Why there is no confusion matrix, and what to do."""
    if not results.report:
        return tr("The report is missing, so there is no confusion matrix. Classify again to have it.")
    if results.report.get("judged"):
        return tr(
            "The model was trained on all parcels that could be compared with their declared crop: see the summary."
        )
    if results.compared:
        return tr("No parcel could be compared with its declared crop: see the summary.")
    return tr(
        "No field of declared crops was given, so the predictions were not compared with anything. To see which "
        "classes are confused, classify again with a field of declared crops."
    )


class TurnedHeader(QHeaderView):
    """Names of columns from bottom to top, ended by an ellipsis where they are long."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHighlightSections(True)

    def _names(self) -> Any:
        model = self.model()
        return [str(model.headerData(at, Qt.Orientation.Horizontal) or "") for at in range(model.columnCount())]

    def sizeHint(self) -> QSize:
        longest = max((self.fontMetrics().horizontalAdvance(name) for name in self._names()), default=0)
        return QSize(super().sizeHint().width(), min(longest, NAME_PX - 50) + 2 * EDGE_PX)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        option = QStyleOptionHeader()
        self.initStyleOption(option)
        option.rect, option.section = rect, section
        painter.save()
        self.style().drawControl(QStyle.ControlElement.CE_HeaderSection, option, painter, self)
        name = str(self.model().headerData(section, Qt.Orientation.Horizontal) or "")
        painter.translate(rect.left(), rect.bottom())
        painter.rotate(-90)
        room = QRect(EDGE_PX, 0, rect.height() - 2 * EDGE_PX, rect.width())
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


class TurnedTitle(QWidget):
    """A bold line from bottom to top."""

    def __init__(self, text: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.text = text
        font = self.font()
        font.setBold(True)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().height() + 2, self.fontMetrics().horizontalAdvance(self.text))

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self)
        painter.translate(0, self.height())
        painter.rotate(-90)
        painter.drawText(QRect(0, 0, self.height(), self.width()), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()


def _bold(text: str) -> QWidget:
    label = plain_label(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label
