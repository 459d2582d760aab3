"""The summary: how many parcels, how good, by which model, and what to be careful with."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ...plain_text import tooltip
from ...translation import tr
from ..form import compact_group, form_layout, scrolling
from ..plain_table import percent
from ..plain_widgets import plain_label
from ..scores_panel import score_column
from . import sentences
from .source import Results
from .view import ResultsView

ICON_PX = 20


class SummaryView(ResultsView):
    """`export_requested` and `inspect_requested` are for the window that holds the page, `write_requested` for it."""

    export_requested = pyqtSignal()
    write_requested = pyqtSignal()
    inspect_requested = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Summary"), parent)
        titles = {
            "parcels": tr("Parcels"),
            "classified": tr("Classified"),
            "oa": tr("Overall accuracy"),
            "mean_f": tr("Mean F-score"),
            "compared": tr("Compared"),
        }
        self.figures = {name: plain_label("–", selectable=True) for name in titles}
        figures = QHBoxLayout()
        for label, title in zip(self.figures.values(), titles.values()):
            figures.addLayout(score_column(label, title))
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self._report: Optional[str] = None
        page = QWidget()
        page.setLayout(self.body)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(figures)
        layout.addWidget(scrolling(page), 1)
        layout.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self.report_button = QPushButton(tr("Open Report"))
        self.report_button.clicked.connect(self._open_report)
        self.export_button = QPushButton(tr("Export…"))
        self.export_button.setToolTip(tr("Save the classified parcels in another format"))
        self.export_button.clicked.connect(self.export_requested)
        self.write_button = QPushButton(tr("Write Into Layer…"))
        self.write_button.setToolTip(tr("Add the predictions to the parcels' own layer; can be undone"))
        self.write_button.clicked.connect(self.write_requested)
        self.inspect_button = QPushButton(tr("Inspect"))
        self.inspect_button.setToolTip(tr("Look at the time series of the parcel that is selected on the map"))
        self.inspect_button.clicked.connect(self.inspect_requested)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.report_button, self.export_button, self.write_button, self.inspect_button):
            row.addWidget(button)
        return row

    def show_results(self, results: Results) -> None:
        scores = results.scores or {}
        values = {
            "parcels": self.number(results.about.parcels),
            "classified": self.number(results.about.classified),
            "oa": self.percent(scores.get("oa")),
            "mean_f": self.percent(scores.get("mean_f")),
            "compared": self.number(scores["parcels"]) if scores else "–",
        }
        for name, text in values.items():
            self.figures[name].setText(text)
        self._report = str(results.page) if results.page else None
        self.report_button.setEnabled(results.page is not None)
        _clear(self.body)
        for text in sentences.warnings(results, self.number, self.percent):
            self.body.addWidget(_warning(text))
        self.body.addWidget(_group(tr("Comparison with Declared Crops"), self._scores(results)))
        self.body.addWidget(_group(tr("Flagged Parcels"), self._flags(results)))
        self.body.addWidget(_group(tr("Model"), _facts(sentences.model_facts(results), wrap=False)))
        notes = list(results.report.get("notes") or [])
        if notes:
            self.body.addWidget(_group(tr("Notes"), _lines(map(str, notes))))
        self.body.addStretch(1)

    def number(self, value: float) -> str:
        return self.locale().toString(int(value))

    def percent(self, share: Optional[float]) -> str:
        return percent(share, self)

    def _scores(self, results: Results) -> QLayout:
        return _lines(sentences.scores_text(results, self.number, self.percent))

    def _flags(self, results: Results) -> QLayout:
        rows = sentences.flags_text(results, self.number)
        if rows:
            return _facts(rows)
        return _lines([tr("None.") if results.report else tr("Not known, as the report is missing.")])

    def _open_report(self) -> None:
        if self._report:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._report))


def _group(title: str, content: QLayout) -> QGroupBox:
    return compact_group(title, content)


def _lines(texts: Any) -> QVBoxLayout:
    layout = QVBoxLayout()
    layout.setSpacing(3)
    for text in texts:
        layout.addWidget(plain_label(text, wrap=True, selectable=True))
    return layout


def _facts(rows: Sequence[Tuple[str, str]], wrap: bool = True) -> QFormLayout:
    """Names and values; long ones wrap, or are lines to scroll in and to copy from."""
    layout = form_layout()
    layout.setVerticalSpacing(3)
    for name, value in rows:
        layout.addRow(plain_label(name), plain_label(value, wrap=True, selectable=True) if wrap else _line(value))
    return layout


def _line(text: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setReadOnly(True)
    line.setFrame(False)
    line.setCursorPosition(0)
    line.setToolTip(tooltip(text))
    line.setStyleSheet("background: transparent")
    return line


def _warning(text: str) -> QWidget:
    """A sentence after the sign of a warning."""
    row = QWidget()
    icon = plain_label()
    icon.setPixmap(row.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning).pixmap(ICON_PX, ICON_PX))
    layout = QHBoxLayout(row)
    layout.setContentsMargins(2, 2, 2, 2)
    layout.addWidget(icon, alignment=Qt.AlignmentFlag.AlignTop)
    layout.addWidget(plain_label(text, wrap=True, selectable=True), 1)
    return row


def _clear(layout: QLayout) -> None:
    while layout.count():
        widget = layout.takeAt(0).widget()
        if widget is not None:
            widget.deleteLater()
