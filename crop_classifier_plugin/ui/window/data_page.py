"""The page of the data, which both tasks share: imagery on the left, parcels and crops on the right."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QWidget

from ..crops_group import CropsGroup
from ..form import scrolling
from ..imagery_group import ImageryGroup
from .checks import outside_problem
from .task import DATA, Problem


class DataPage(QWidget):
    """`changed` is emitted when a path, the layer, a field or the choice of acquisitions changes."""

    changed = pyqtSignal()

    def __init__(self, active_layer: Callable[[], Any], parent: Optional[QWidget] = None) -> None:
        """`active_layer` gives the layer that is active in QGIS, the one to start with."""
        super().__init__(parent)
        self.imagery = ImageryGroup()
        self.crops = CropsGroup(active_layer)
        self.parcels = self.crops.parcels
        for group in (self.imagery, self.crops):
            group.changed.connect(self.changed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolling(self.imagery), 1)
        layout.addWidget(scrolling(self.crops), 1)

    def problems(self) -> Iterator[Problem]:
        """Of the images and the parcels; what the crops need is asked by the training alone."""
        yield from (Problem(DATA, text) for text in self.imagery.problems())
        if self.parcels.layer() is None:
            yield Problem(DATA, self.parcels.missing())
        outside = outside_problem(self.parcels.layer(), self.imagery.found)
        if outside:
            yield Problem(DATA, outside)

    def parameters(self) -> dict[str, Any]:
        """Of every task."""
        return {
            **self.imagery.parameters(),
            "EXCLUDE": self.imagery.excluded(),
            "PARCELS": self.parcels.value(),
        }

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        self.imagery.set_parameters(parameters)
        self.parcels.set_value(parameters.get("PARCELS"))

    def stop(self) -> None:
        """Abandons what is being searched and counted."""
        self.imagery.stop()
        self.crops.stop()
