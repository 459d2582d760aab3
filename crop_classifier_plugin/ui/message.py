"""Messages in a message bar, shown whole, with a button for each thing to do next."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Callable, Mapping

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from .plain_widgets import plain_label

Action = Callable[[], object]
NO_ACTIONS: Mapping[str, Action] = {}
BESIDE_TEXT_PX = 160  # the icon, the cross and the margins, without the buttons
LEAST_TEXT_PX = 300


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
    buttons = [_button(title, action) for title, action in actions.items()]
    beside_px = BESIDE_TEXT_PX + sum(button.sizeHint().width() for button in buttons)
    layout.addWidget(_label(text, max(bar.width() - beside_px, LEAST_TEXT_PX)), 1)
    for button in buttons:
        layout.addWidget(button)
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


def _label(text: str, width_px: int) -> QLabel:
    """High enough for the whole text: QGIS cuts its own message texts after one and a half lines."""
    label = plain_label(text, wrap=True, selectable=True)
    label.setObjectName("message")
    label.setMinimumHeight(label.heightForWidth(width_px))
    return label
