"""The parcels to check, the most urgent first: a click shows one on the map."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QModelIndex, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ...translation import tr
from ..elided_label import ElidedLabel
from ..plain_widgets import plain_label
from ..share_delegate import ShareDelegate
from . import queries
from .check_model import CONFIDENCE, REASON, CheckModel, reason_titles
from .reading import read
from .source import Results
from .view import ResultsView

COLUMN_PX = (96, 150, 104, 150)
ROW_GAP_PX, COMBO_CHARACTERS = 8, 16


class CheckView(ResultsView):
    """`parcel_chosen` carries the position and the id of a parcel, `inspect_requested` an id."""

    parcel_chosen = pyqtSignal(int, str)
    inspect_requested = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Parcels to check"), parent)
        self.reason = QComboBox()
        self.reason.addItem(tr("All reasons"), None)
        for key, title in reason_titles().items():
            self.reason.addItem(title, key)
        self.reason.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.reason.setMinimumContentsLength(COMBO_CHARACTERS)
        self.reason.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.count = ElidedLabel()
        self.select_button = QPushButton(tr("Select All"))
        self.select_button.setToolTip(tr("Select all parcels of the list on the map"))
        self.inspect_button = QPushButton(tr("Inspect"))
        self.inspect_button.setToolTip(tr("Look at the time series of the parcel"))
        self.model = CheckModel(self)
        self.table = QTableView()
        self._results: Optional[Results] = None
        self._request = 0
        self._set_up_table()
        self.reason.currentIndexChanged.connect(lambda _: self._read())
        self.select_button.clicked.connect(self._on_select)
        self.inspect_button.clicked.connect(self._on_inspect)
        head = QHBoxLayout()
        head.addWidget(plain_label(tr("Reason")))
        head.addWidget(self.reason, 2)
        head.addWidget(self.count, 1)
        for button in (self.select_button, self.inspect_button):
            head.addWidget(button)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        # the same height for every row: else all rows are asked for theirs
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + ROW_GAP_PX)
        for column, width in enumerate(COLUMN_PX):
            table.setColumnWidth(column, width)
        table.horizontalHeader().setSectionResizeMode(REASON, QHeaderView.ResizeMode.Stretch)
        self._delegate = ShareDelegate(decimals=1, parent=self)  # the view does not own its delegates
        table.setItemDelegateForColumn(CONFIDENCE, self._delegate)
        table.selectionModel().currentRowChanged.connect(self._on_row)

    def show_results(self, results: Results) -> None:
        self._results = results
        index = self.reason.findData(queries.DIFFERS)
        self.reason.model().item(index).setEnabled(results.compared and results.knows_declared)
        if self.reason.currentIndex() == index and not results.compared:
            self.reason.setCurrentIndex(0)
        self._read()

    def _read(self) -> None:
        results, reason = self._results, self.reason.currentData()
        if results is None:
            return
        self._request += 1
        request, condition = self._request, queries.to_check(reason)
        read(
            self,
            tr("Find parcels to check"),
            lambda _: queries.positions(results.parcels, condition, to_check_first=True),
            lambda found, error: self._on_positions(request, found, error),
        )

    def _on_positions(self, request: int, found: Any, error: Optional[Exception]) -> None:
        if request != self._request or self._results is None:
            return
        if error is not None:
            self.show_lacking(str(error))
            return
        everything = self.reason.currentData() is None
        self.show_lacking(tr("There is no parcel to check.") if everything and not found else "")
        self.model.set_parcels(self._results, found)
        text = tr("{0} of {1} parcels")
        number = self.locale().toString
        self.count.setText(text.format(number(len(found)), number(self._results.about.parcels)))
        self.select_button.setEnabled(bool(found))
        self.inspect_button.setEnabled(False)

    def parcel(self) -> Optional[queries.Row]:
        """The one that is chosen in the list."""
        index = self.table.currentIndex()
        return self.model.parcel(index.row()) if index.isValid() else None

    def _on_row(self, index: QModelIndex, _: QModelIndex) -> None:
        parcel = self.model.parcel(index.row()) if index.isValid() else None
        self.inspect_button.setEnabled(parcel is not None)
        if parcel is not None:
            self.parcel_chosen.emit(parcel.position, parcel.parcel_id)

    def _on_select(self) -> None:
        reason = self.reason.currentData()
        words = tr("to check") if reason is None else self.reason.currentText()
        self.select(queries.to_check(reason), words)

    def _on_inspect(self) -> None:
        parcel = self.parcel()
        if parcel is not None:
            self.inspect_requested.emit(parcel.parcel_id)
