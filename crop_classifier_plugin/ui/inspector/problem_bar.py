"""A sentence about what cannot be shown, with a button for each thing that helps."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...translation import tr
from ..plain_widgets import plain_label
from .problems import Problem, Remedy


class ProblemBar(QFrame):
    """Hidden where there is no problem; `chosen` has the Remedy whose button was pressed."""

    chosen = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.label = plain_label(wrap=True, selectable=True)
        titles = {
            Remedy.EXTRACT: tr("Extract Series…"),
            Remedy.LOCATE_SERIES: tr("Locate Series…"),
            Remedy.LOCATE_RESULTS: tr("Locate Results…"),
        }
        self.buttons = {remedy: QPushButton(title) for remedy, title in titles.items()}
        row = QHBoxLayout()
        for remedy, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, remedy=remedy: self.chosen.emit(remedy))
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.label)
        layout.addLayout(row)
        self.show_problem(None)

    def show_problem(self, problem: Optional[Problem]) -> None:
        self.label.setText(problem.text if problem else "")
        for remedy, button in self.buttons.items():
            button.setVisible(problem is not None and remedy in problem.remedies)
        self.setVisible(problem is not None)
