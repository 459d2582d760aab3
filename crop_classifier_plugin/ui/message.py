"""Messages in a message bar, shown whole, with a button for what to do next."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Callable, Optional

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from .plain_widgets import plain_label

AROUND_PX = 260  # the icon, the buttons and the cross beside the text
LEAST_PX = 300


def push(
    bar: QgsMessageBar,
    text: str,
    level: Qgis.MessageLevel = Qgis.MessageLevel.Info,
    button: str = "",
    action: Optional[Callable[[], object]] = None,
) -> None:
    """Adds a message that stays until it is closed; `button` runs `action`."""
    content = QWidget(bar)  # with an owner from the start: the message does not keep it alive
    layout = QHBoxLayout(content)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(_label(text, max(bar.width() - AROUND_PX, LEAST_PX)), 1)
    if action is not None:
        push_button = QPushButton(button)
        push_button.clicked.connect(lambda: action())
        layout.addWidget(push_button)
    bar.pushWidget(QgsMessageBar.createMessage(content), level, 0)


def replace(
    bar: QgsMessageBar,
    text: str,
    level: Qgis.MessageLevel = Qgis.MessageLevel.Info,
    button: str = "",
    action: Optional[Callable[[], object]] = None,
) -> None:
    """As `push`, after taking away what the bar showed: a dialog's bar tells one thing at a time."""
    bar.clearWidgets()
    push(bar, text, level, button, action)


def _label(text: str, width_px: int) -> QLabel:
    """As high as the whole text needs: QGIS's own message text is cut after a line and a half."""
    label = plain_label(text, wrap=True, selectable=True)
    label.setObjectName("message")
    label.setMinimumHeight(label.heightForWidth(width_px))
    return label
