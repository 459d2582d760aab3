"""The head of the inspector: which parcel it is, what it was classified as, and the way to its neighbours."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QAction, QGridLayout, QToolButton, QWidget

from ...translation import tr
from ..elided_label import ElidedLabel
from ..plain_table import percent
from ..plain_widgets import plain_label
from ..swatch import swatch
from .inspection import Inspection
from .quality import meaning

SWATCH_PX = 16
KEYS = {-1: "Alt+Left", 1: "Alt+Right"}


class Header(QWidget):
    """`steps` are the actions to the previous (-1) and the next (1) parcel."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.steps = {-1: QAction(tr("Previous parcel"), self), 1: QAction(tr("Next parcel"), self)}
        self._colour = plain_label()
        self.title = ElidedLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.details = plain_label(wrap=True, selectable=True)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._colour, 0, 0)
        layout.addWidget(self.title, 0, 1)
        layout.setColumnStretch(1, 1)
        for column, (step, arrow) in enumerate(((-1, Qt.ArrowType.LeftArrow), (1, Qt.ArrowType.RightArrow)), start=2):
            layout.addWidget(self._button(step, arrow), 0, column)
        layout.addWidget(self.details, 1, 0, 1, 4)

    def _button(self, step: int, arrow: Qt.ArrowType) -> QToolButton:
        action, button = self.steps[step], QToolButton()
        action.setShortcut(QKeySequence(KEYS[step]))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        button.setDefaultAction(action)
        button.setArrowType(arrow)
        button.setAutoRaise(True)
        return button

    def show_nothing(self) -> None:
        self._colour.clear()
        self.title.setText(tr("No parcel"))
        self.details.setText("")

    def show_parcel(self, inspection: Inspection) -> None:
        row, crop = inspection.row, inspection.crop
        self.title.setText(tr("Parcel {0}").format(row.parcel_id))
        if crop is None:
            self._colour.clear()
        else:
            self._colour.setPixmap(swatch(crop["colour"]).pixmap(SWATCH_PX, SWATCH_PX))
        self.details.setText("\n".join(self._lines(inspection)))

    def _lines(self, inspection: Inspection) -> list[str]:
        """What was predicted and declared, how many pixels there are, and what is special about the parcel."""
        row, lines = inspection.row, []
        if inspection.crop is None:
            lines.append(tr("Not classified"))
        else:
            text = tr("{0}, confidence {1}")
            lines.append(text.format(inspection.crop["name"], percent(row.confidence, self)))
        if row.declared is not None:
            same = row.declared == row.crop
            text = tr("Declared: {0}, as predicted") if same else tr("Declared: {0}, not as predicted")
            lines.append(text.format(inspection.about.classes[row.declared]["name"]))
        if row.place is not None:
            lines.append(tr("{0} pixels").format(self.locale().toString(row.place.n_pixels)))
        return [line for line in (*lines, meaning(row.quality)) if line]
