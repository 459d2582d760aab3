"""The log of a run: readable, selectable, copyable; it stays after a cancel or a failure."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtGui import QFontDatabase
from qgis.PyQt.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ..translation import tr

LEAST_PX = 48  # two lines
MAX_LINES = 20_000  # an installer or a long training run must not fill the memory


class LogView(QWidget):
    """Lines of text under which a button copies them all."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(MAX_LINES)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setMinimumHeight(LEAST_PX)
        self.text.setPlaceholderText(tr("The messages of a run appear here."))
        self.copy_button = QPushButton(tr("Copy Log"))
        self.copy_button.clicked.connect(self.copy)
        self.clear_button = QPushButton(tr("Clear Log"))
        self.clear_button.clicked.connect(self.text.clear)
        buttons = QHBoxLayout()
        for button in (self.copy_button, self.clear_button):
            button.setAutoDefault(False)  # Enter belongs to the dialog's own button
        buttons.addStretch(1)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addLayout(buttons)

    def add(self, line: str) -> None:
        """Appends a line; the view follows unless the reader has scrolled up."""
        bar = self.text.verticalScrollBar()
        follows = bar.value() == bar.maximum()
        self.text.appendPlainText(line.rstrip())
        if follows:
            bar.setValue(bar.maximum())

    def copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())

    def lines(self) -> str:
        return self.text.toPlainText()
