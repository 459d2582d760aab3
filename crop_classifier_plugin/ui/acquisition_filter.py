"""Chooses acquisitions by their clear share and their season; each can still be switched by hand."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QDate, pyqtSignal
from qgis.PyQt.QtWidgets import QDateEdit, QHBoxLayout, QSpinBox, QWidget

from ..plain_text import tooltip
from ..translation import tr
from .plain_widgets import plain_label


class AcquisitionFilter(QWidget):
    """`changed` is emitted when the user changes the least clear share or the season."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.least_clear = QSpinBox()
        self.least_clear.setRange(0, 100)
        self.least_clear.setPrefix("≥ ")
        self.least_clear.setSuffix(" %")
        self.least_clear.setToolTip(tooltip(tr("Use acquisitions with at least this share of clear pixels")))
        self.first, self.last = QDateEdit(), QDateEdit()
        for edit, words in ((self.first, tr("First day of the season")), (self.last, tr("Last day of the season"))):
            edit.setCalendarPopup(True)
            edit.setDisplayFormat("d MMM")
            edit.setToolTip(tooltip(words))
            edit.dateChanged.connect(lambda _: self.changed.emit())
        self.least_clear.valueChanged.connect(lambda _: self.changed.emit())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(plain_label(tr("Clear")))
        layout.addWidget(self.least_clear)
        layout.addWidget(self.first)
        layout.addWidget(plain_label("–"))
        layout.addWidget(self.last)
        layout.addStretch(1)

    def start(self, first: QDate, last: QDate) -> None:
        """The season of the images, and any share of clouds."""
        for widget in (self.least_clear, self.first, self.last):
            widget.blockSignals(True)
        self.least_clear.setValue(0)
        for edit, date in ((self.first, first), (self.last, last)):
            edit.setDateRange(first, last)
            edit.setDate(date)
        for widget in (self.least_clear, self.first, self.last):
            widget.blockSignals(False)

    def takes(self, date: QDate, clear: Optional[float]) -> bool:
        """Whether an acquisition is used; one whose clear share is not known passes every limit."""
        clear_enough = clear is None or 100 * clear >= self.least_clear.value()
        return clear_enough and self.first.date() <= date <= self.last.date()
