"""What every view of the results has: its title in the list of views, and a place to show results."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from ..plain_widgets import plain_label
from . import queries
from .source import Results


class ResultsView(QWidget):
    """A subclass fills `content` and implements `show_results`.

    `selected` asks for parcels to be selected on the map, with words that describe them.
    """

    selected = pyqtSignal(object, str)  # a queries.Condition

    def __init__(self, title: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.title = title
        self.content = QWidget()
        self.lacking = plain_label(wrap=True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.content)
        self._stack.addWidget(_in_the_middle(self.lacking))

    def show_results(self, results: Results) -> None:
        raise NotImplementedError

    def show_lacking(self, text: str) -> None:
        """Shows why there is nothing to see, and what to do; the content where the text is empty."""
        self.lacking.setText(text)
        self._stack.setCurrentIndex(1 if text else 0)

    def select(self, condition: queries.Condition, words: str) -> None:
        self.selected.emit(condition, words)


def _in_the_middle(widget: QWidget) -> QWidget:
    place = QWidget()
    layout = QVBoxLayout(place)
    layout.setContentsMargins(40, 20, 40, 20)
    layout.addStretch(1)
    layout.addWidget(widget)
    layout.addStretch(2)
    return place
