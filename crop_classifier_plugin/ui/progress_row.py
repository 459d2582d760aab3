"""One row under the tabs: what is being done, how far it is, how long it will take, and a Cancel button."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from ..engine.feedback import time_left
from ..plain_text import tooltip
from ..translation import tr
from .plain_widgets import plain_label

STEPS = 1000  # the bar's resolution; fractions come as 0..1


class ProgressRow(QWidget):
    """Idle, running or done; `cancelled` is emitted when the user asks to stop."""

    cancelled = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.stage = plain_label()
        self.stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long words never widen it
        self.left = plain_label()
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self._ask)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage, 0, 0)
        layout.addWidget(self.left, 0, 1)
        layout.addWidget(self.bar, 1, 0, 1, 2)
        layout.addWidget(self.cancel, 1, 2)
        layout.setColumnStretch(0, 1)
        self.finish("")

    def start(self) -> None:
        self.bar.setRange(0, 0)  # busy, until the first fraction is known
        self.cancel.setEnabled(True)
        self._say_left("")
        self.say(tr("Starting…"))

    def show_progress(self, fraction: float, stage: str, message: str, seconds_left: Optional[float]) -> None:
        self.bar.setRange(0, STEPS)
        self.bar.setValue(round(STEPS * min(max(fraction, 0.0), 1.0)))
        words = " – ".join(word for word in (stage[:1].upper() + stage[1:], message) if word)
        self.say(words)
        self._say_left(time_left(seconds_left))

    def finish(self, message: str, complete: bool = False) -> None:
        """Stops the bar: full when `complete`, else empty."""
        self.bar.setRange(0, STEPS)
        self.bar.setValue(STEPS if complete else 0)
        self.cancel.setEnabled(False)
        self._say_left("")
        self.say(message)

    def say(self, words: str) -> None:
        """Shows a line over the bar; without words the line takes no room."""
        self.stage.setText(words)
        self.stage.setToolTip(tooltip(words))
        self.stage.setVisible(bool(words))

    def _say_left(self, words: str) -> None:
        self.left.setText(words)
        self.left.setVisible(bool(words))

    def _ask(self) -> None:
        self.cancel.setEnabled(False)
        self.say(tr("Cancelling…"))
        self.cancelled.emit()
