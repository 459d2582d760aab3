"""Try it with a sample region: makes one, loads its parcels and fills in the window, ready to train."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Iterator, Mapping

from qgis.core import Qgis, QgsProject, QgsVectorLayer

from ...class_tables import CLASS_TABLES
from ...engine.install import default_location
from ...translation import tr
from ..algorithm_run import Outcome
from ..message import replace
from .task import DATA, Problem, Task

# few crops, each on enough parcels to be learnt and tested
REGION = {"PARCEL_NUMBER": 420, "DATES": 24, "SEED": 1, "CROPS": 10, "LEAST_PARCELS": 25}
CLASS_TABLE, ARCHITECTURE = "paper", "dated-ltae"


class SampleTask(Task):
    """Runs `crop_classifier:simulateregion`; it has no pages of its own."""

    name = "sample"
    algorithm_id = "crop_classifier:simulateregion"

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.title = tr("Sample Region")
        self._window = window
        self.pages = {}
        self.folder = default_location().parent / "sample"

    def problems(self) -> Iterator[Problem]:
        yield from ()

    def parameters(self) -> dict[str, Any]:
        return {**REGION, "OUTPUT": str(self.folder)}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Nothing can be chosen."""

    def left_to_the_task(self) -> Mapping[str, Any]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        return {}

    def on_finished(self, outcome: Outcome) -> None:
        """Loads the parcels and enters what a training on them needs."""
        if not outcome.ok:
            return
        made, window = outcome.values, self._window
        layer = QgsVectorLayer(made["parcels"], tr("Sample parcels"), "ogr")
        QgsProject.instance().addMapLayer(layer)
        window.data.set_parameters({"IMAGERY": made["imagery"], "MASKS": made["masks"], "PARCELS": layer.id()})
        window.train.set_parameters(
            {
                "CLASS_FIELD": made["class_field"],
                "CLASS_TABLE": CLASS_TABLES.index(CLASS_TABLE),
                "MODEL": ARCHITECTURE,
            }
        )
        window.crops.truth.setField(made["class_field"])
        window.choose(window.train)
        window.show_page(DATA)
        if window.iface.mapCanvas() is not None:
            window.iface.mapCanvas().setExtent(layer.extent())
        text = tr(
            "This is a made-up region: its fields, crops and images are simulated. Press Run to train a model on it, "
            "then Classify With This Model."
        )
        replace(window.bar, text, Qgis.MessageLevel.Info)
