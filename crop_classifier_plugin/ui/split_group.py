"""What stays together when parcels are kept back for testing: nothing, neighbours, a group or a year."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.core import QgsMapLayer
from qgis.gui import QgsFieldComboBox
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QGroupBox, QWidget

from ..engine.protocol import DEFAULTS, SPLITS
from ..translation import tr
from .form import form_layout


class SplitGroup(QGroupBox):
    """Parcels at random test what the model makes of neighbours it has seen; squares, of land it has not."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Testing"), parent)
        titles = {
            "random": tr("Parcels at random"),
            "blocks": tr("Squares of land"),
            "group": tr("Values of a field"),
            "year": tr("Years of a field"),
        }
        self.split = QComboBox()
        for name in SPLITS:
            self.split.addItem(titles.get(name, name), name)
        self.split.setToolTip(tr("Scores of whole squares or years kept back are lower, and truer for land not seen"))
        self.block_size_m = QDoubleSpinBox()
        self.block_size_m.setRange(1, 1e6)
        self.block_size_m.setDecimals(0)
        self.block_size_m.setSuffix(tr(" m"))
        self.block_size_m.setValue(DEFAULTS.block_size_m)
        self.field = QgsFieldComboBox()
        self.field.setAllowEmptyFieldName(True)
        form = form_layout(self)
        form.addRow(tr("Keep together"), self.split)
        form.addRow(tr("Side of a square"), self.block_size_m)
        form.addRow(tr("Field"), self.field)
        self.split.currentIndexChanged.connect(self._enable)
        self._enable()

    def set_layer(self, layer: Optional[QgsMapLayer]) -> None:
        """Offers the fields of another parcel layer."""
        if self.field.layer() is not layer:
            self.field.setLayer(layer)

    def missing(self) -> str:
        if self._needs_field() and not self.field.currentField():
            return tr("Choose the field whose values are kept together for testing.")
        return ""

    def parameters(self) -> dict[str, Any]:
        split = self.split.currentData()
        parameters = {"SPLIT": split}
        if split == "blocks":
            parameters["BLOCK_SIZE_M"] = self.block_size_m.value()
        return {**parameters, "SPLIT_FIELD": self.field.currentField()} if self._needs_field() else parameters

    def _needs_field(self) -> bool:
        return self.split.currentData() in ("group", "year")

    def _enable(self, *_: object) -> None:
        self.block_size_m.setEnabled(self.split.currentData() == "blocks")
        self.field.setEnabled(self._needs_field())
