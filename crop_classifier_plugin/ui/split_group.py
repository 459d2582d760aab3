"""What stays together when parcels are kept back for testing: nothing, neighbours, a group or a year."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.core import QgsMapLayer
from qgis.PyQt.QtWidgets import QWidget

from ..engine.protocol import options
from ..processing.checks import WITH_FIELD
from ..translation import tr
from .option_group import OptionGroup, rows_of


class SplitGroup(OptionGroup):
    """Parcels at random test the model on neighbours of its training parcels; squares test it on other land."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Testing"), rows_of("train", options.SPLITTING, advanced=True), "train", parent)
        self.split, self.block_size_m = self.widgets["split"], self.widgets["block_size_m"]
        self.field = self.widgets["split_field"]
        self.changed.connect(self._enable)
        self._enable()

    def set_layer(self, layer: Optional[QgsMapLayer]) -> None:
        """Offers the fields of another parcel layer."""
        if self.field.layer() is not layer:
            self.field.setLayer(layer)

    def missing(self) -> str:
        if self._needs_field() and not self.field.currentField():
            return tr("Choose the field of the split: parcels with the same value are tested together.")
        return ""

    def parameters(self) -> dict[str, Any]:
        """Without those that the chosen split does not use."""
        used = {"SPLIT": True, "BLOCK_SIZE_M": self._in_squares(), "SPLIT_FIELD": self._needs_field()}
        return {name: value for name, value in super().parameters().items() if used.get(name, True)}

    def _in_squares(self) -> bool:
        return self.value("split") == "blocks"

    def _needs_field(self) -> bool:
        return self.value("split") in WITH_FIELD

    def _enable(self) -> None:
        self.block_size_m.setEnabled(self._in_squares())
        self.field.setEnabled(self._needs_field())
