"""Messages in a message bar, with a button for what to do next."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Callable, Optional

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QPushButton


def push(
    bar: QgsMessageBar,
    text: str,
    level: Qgis.MessageLevel = Qgis.MessageLevel.Info,
    button: str = "",
    action: Optional[Callable[[], object]] = None,
) -> None:
    """Adds a message that stays until it is closed; `button` runs `action`."""
    item = QgsMessageBar.createMessage(text)
    if action is not None:
        push_button = QPushButton(button, item)
        push_button.clicked.connect(lambda: action())
        item.layout().addWidget(push_button)
    bar.pushWidget(item, level, 0)


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
