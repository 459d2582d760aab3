"""A message about acquisitions without a cloud mask, and what to do about them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QStyle, QWidget

from ..engine.protocol import options
from ..plain_text import tooltip
from ..translation import tr, translated
from .plain_widgets import plain_label

ICON_PX = 16


class CloudNote(QWidget):
    """Hidden where every acquisition that is used has a mask. `masks_chosen` carries the folder that is offered."""

    masks_chosen = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._folder = ""
        self.use = QPushButton(tr("Use These Masks"))
        self.use.setAutoDefault(False)
        self.use.clicked.connect(lambda: self.masks_chosen.emit(self._folder))
        warning = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        icon = plain_label()
        icon.setPixmap(warning.pixmap(ICON_PX, ICON_PX))
        self.label = plain_label(wrap=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.use)
        self.hide()

    def show_counts(self, bare: int, used: int, folder: str = "") -> None:
        """`bare` of the `used` acquisitions have no mask; `folder` holds masks that were found among the images."""
        self._folder = folder
        self.use.setVisible(bool(folder))
        self.label.setText(tr("Masks were found in {0}.").format(folder) if folder else note_text(bare, used))
        option = translated(options.option("remove_outliers").label)
        self.setToolTip(
            tooltip(tr("Without masks, “{0}” under Preparation finds clouds by their change in time.").format(option))
        )
        self.setVisible(bare > 0)


def note_text(bare: int, used: int) -> str:
    """What is not masked, and what to do; empty where every acquisition has a mask."""
    if not bare:
        return ""
    if bare == used:
        return tr(
            "Clouds are not masked: no acquisition has a cloud mask. Choose a mask folder, or images with an SCL layer."
        )
    text = tr("{0} of {1} acquisitions have no cloud mask: their clouds are not masked. Add masks, or deselect them.")
    return text.format(bare, used)
