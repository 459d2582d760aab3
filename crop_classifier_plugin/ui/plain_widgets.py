"""Labels and questions that show every text as it is: a name from a file is never read as markup."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QMessageBox, QToolTip, QWidget

from ..plain_text import tooltip


def plain_label(text: str = "", wrap: bool = False, selectable: bool = False) -> QLabel:
    """A label of plain text, which left to itself would show markup, with pictures from files and servers."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setWordWrap(wrap)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class _PlainTips(QObject):
    """Shows the name of an entry in place of the tooltip that its model gives."""

    def __init__(self, combo: QComboBox) -> None:
        super().__init__(combo)
        self._view = combo.view()
        self._view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ToolTip:
            return False
        name = self._view.indexAt(event.pos()).data(Qt.ItemDataRole.DisplayRole)
        QToolTip.showText(event.globalPos(), tooltip(str(name or "")), self._view)
        return True


def with_plain_tips(combo: QComboBox) -> QComboBox:
    """The same list of layers or fields: QGIS puts their names, as they are, into tooltips of HTML."""
    _PlainTips(combo)
    return combo


def message_box(parent: Optional[QWidget], icon: QMessageBox.Icon, title: str, text: str) -> QMessageBox:
    """A message box of plain text, not yet shown."""
    box = QMessageBox(icon, title, "", QMessageBox.StandardButton.Ok, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    return box


def warn(parent: QWidget, title: str, text: str) -> None:
    """Shows a warning and waits until it is closed."""
    message_box(parent, QMessageBox.Icon.Warning, title, text).exec()


def confirm(parent: Optional[QWidget], question: str, title: str, action: str = "") -> bool:
    """Asks a question with the answers Yes and No, or `action` and Cancel; the second one is the default."""
    buttons = QMessageBox.StandardButton
    box = message_box(parent, QMessageBox.Icon.Question, title, question)
    box.setStandardButtons(buttons.Yes | (buttons.Cancel if action else buttons.No))
    if action:
        box.button(buttons.Yes).setText(action)
    box.setDefaultButton(buttons.Cancel if action else buttons.No)
    return box.exec() == buttons.Yes
