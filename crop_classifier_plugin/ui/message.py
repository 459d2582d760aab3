"""Messages in a message bar, to be read whole, with a button for each thing to do next."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Callable, Mapping

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QWidget

from .scrolling_text import ScrollingText

Action = Callable[[], object]
NO_ACTIONS: Mapping[str, Action] = {}


def push(
    bar: QgsMessageBar,
    text: str,
    level: Qgis.MessageLevel = Qgis.MessageLevel.Info,
    actions: Mapping[str, Action] = NO_ACTIONS,
) -> None:
    """Adds a message that stays until it is closed; each action has a button of its name."""
    content = QWidget(bar)  # with an owner from the start: the message does not keep it alive
    layout = QHBoxLayout(content)
    layout.setContentsMargins(0, 0, 0, 0)
    message = ScrollingText(text)  # QGIS cuts its own message texts after one and a half lines
    message.label.setObjectName("message")
    layout.addWidget(message, 1)
    for title, action in actions.items():
        layout.addWidget(_button(title, action))
    bar.pushWidget(QgsMessageBar.createMessage(content), level, 0)


def replace(
    bar: QgsMessageBar,
    text: str,
    level: Qgis.MessageLevel = Qgis.MessageLevel.Info,
    actions: Mapping[str, Action] = NO_ACTIONS,
) -> None:
    """As `push`, after removing the messages of the bar: a dialog's bar shows one message at a time."""
    bar.clearWidgets()
    push(bar, text, level, actions)


def _button(title: str, action: Action) -> QPushButton:
    button = QPushButton(title)
    button.clicked.connect(lambda: action())  # without the signal's own argument
    return button
