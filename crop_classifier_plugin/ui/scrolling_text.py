"""A text that is as high as its lines need, up to a limit: a long message scrolls and does not make its window grow."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.gui import QgsScrollArea
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import QFrame, QSizePolicy, QWidget

from .plain_widgets import plain_label

MOST_LINES = 5


class ScrollingText(QgsScrollArea):
    """Plain text that wraps and can be selected; its width is that of the place it is given."""

    def __init__(self, text: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.label = plain_label(text, wrap=True, selectable=True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setWidget(self.label)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for widget in (self.viewport(), self.label):
            widget.setAutoFillBackground(False)  # the colour of a message shows through
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The bar is switched off where the text fits: it would take width, so that more lines need the bar."""
        most_px = MOST_LINES * self.fontMetrics().lineSpacing()
        needed_px = self.label.heightForWidth(self.width())
        policies = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policies.ScrollBarAlwaysOn if needed_px > most_px else policies.ScrollBarAlwaysOff
        )
        self.setFixedHeight(min(needed_px, most_px))
