"""One row under the tabs: the current step, its progress, the remaining time, and a Cancel button."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QProgressBar, QPushButton, QWidget

from ..engine.feedback import time_left
from ..plain_text import tooltip
from ..translation import tr
from .elided_label import ElidedLabel
from .plain_widgets import plain_label

STEPS = 1000  # the bar's resolution; fractions come as 0..1


class ProgressRow(QWidget):
    """Idle, running or done; `cancelled` is emitted when the user asks to stop."""

    cancelled = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.stage = ElidedLabel()
        self.left = plain_label()
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self._on_cancel)
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
        self.bar.setTextVisible(True)
        self.cancel.setEnabled(True)
        self._show_time_left("")
        self.show_message(tr("Starting…"))

    def show_progress(self, fraction: float, stage: str, message: str, seconds_left: Optional[float]) -> None:
        self.bar.setRange(0, STEPS)
        self.bar.setValue(round(STEPS * min(max(fraction, 0.0), 1.0)))
        text = " – ".join(word for word in (stage[:1].upper() + stage[1:], message) if word)
        self.show_message(text)
        self._show_time_left(time_left(seconds_left))

    def finish(self, message: str, complete: bool = False) -> None:
        """Stops the bar: full when `complete`, else empty."""
        self.bar.setRange(0, STEPS)
        self.bar.setValue(STEPS if complete else 0)
        self.bar.setTextVisible(complete)  # 0 % of nothing says nothing
        self.cancel.setEnabled(False)
        self._show_time_left("")
        self.show_message(message)

    def show_message(self, text: str) -> None:
        """Shows a text as one line above the bar, as it is in the tooltip; an empty one takes no space."""
        self.stage.setText(" ".join(text.split()))
        self.stage.setToolTip(tooltip(text))
        self.stage.setVisible(bool(text))

    def _show_time_left(self, text: str) -> None:
        self.left.setText(text)
        self.left.setVisible(bool(text))

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.show_message(tr("Cancelling…"))
        self.cancelled.emit()
