"""Train on My Region: images and declared crops in; a model, its scores and a report out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import partial
from typing import Any, Iterator, Mapping

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ... import model_library
from ...translation import tr
from ..algorithm_run import Outcome
from ..class_table import RareClasses
from ..form import scrolling_column
from ..message import replace
from ..outputs import remember_folder, save_widget
from ..preparation_page import PreparationPage
from ..scores_panel import ScoresPanel
from ..training_group import TrainingGroup
from ..training_panel import TrainingPanel
from .data_page import DataPage
from .outputs_group import OutputsGroup
from .task import DATA, MODEL, PREPARATION, RESULTS, RUN, Problem, Task


class TrainTask(Task):
    """Runs `crop_classifier:trainmodel`."""

    name = "train"
    algorithm_id = "crop_classifier:trainmodel"

    def __init__(self, window: Any, data: DataPage) -> None:
        super().__init__(window)
        self.title = tr("Train on My Region")
        self._window, self._data = window, data
        self.preparation = PreparationPage()
        self.training = TrainingGroup()
        output = save_widget(tr("Save the Model"), tr("Crop models (*.cropmodel)"), tr("[Save with the other models]"))
        self.outputs = OutputsGroup(tr("Model"), output, "cropmodel")
        self.curves = TrainingPanel()
        self.scores = ScoresPanel()
        self.classify_button = QPushButton(tr("Classify With This Model"))
        self.classify_button.clicked.connect(self.classify)
        self.classify_button.setEnabled(False)
        self.model_file = ""
        columns = (scrolling_column(self.training), scrolling_column(*self.training.for_experts()))
        self.pages = {
            PREPARATION: self.preparation,
            MODEL: _side_by_side(*columns),
            RUN: _stacked(self.outputs, self.curves),
            RESULTS: self._results_page(),
        }
        for part in (self.preparation, self.training, *self.training.for_experts(), self.outputs):
            part.changed.connect(self.changed)
        data.crops.changed.connect(self._offer_fields)
        self.training.changed.connect(self._show_rare)
        self._offer_fields()
        self._show_rare()

    def _results_page(self) -> QWidget:
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.classify_button)
        page = _stacked(self.scores)
        page.layout().addLayout(row)
        return page

    def _offer_fields(self) -> None:
        self.training.split.set_layer(self._data.parcels.layer())

    def _show_rare(self) -> None:
        rare = RareClasses(self.training.value("min_samples"), self.training.value("rare_classes"))
        self._data.crops.set_rare(rare)

    # What the window asks for

    def problems(self) -> Iterator[Problem]:
        yield from self._data.problems()
        yield from (Problem(DATA, text) for text in self._data.crops.problems())
        if self.training.split.missing():
            yield Problem(MODEL, self.training.split.missing())
        yield from self.outputs.problems()

    def parameters(self) -> dict[str, Any]:
        parameters = {
            **self._data.parameters(),
            **self.preparation.parameters(),
            **self._data.crops.parameters(),
            **self.training.parameters(),
            **self.outputs.parameters(),
        }
        return {name: value for name, value in parameters.items() if value != ""}

    def left_to_the_task(self) -> Mapping[str, Any]:
        """Where no file is given, the model goes into the library, under the name of the parcel layer."""
        layer = self._data.parcels.layer()
        if self.outputs.destination() or layer is None:
            return {}
        path = model_library.free_path(layer.name())
        path.parent.mkdir(parents=True, exist_ok=True)
        return {"OUTPUT": str(path)}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        for part in (self.preparation, self._data.crops, self.training, self.outputs):
            part.set_parameters(parameters)

    def remember(self) -> None:
        self._data.crops.remember()
        self.training.remember()
        remember_folder(self.outputs.output)

    def on_started(self) -> None:
        self.curves.clear()
        self.scores.clear()
        self.classify_button.setEnabled(False)

    def on_event(self, event: Any) -> None:
        if event.kind == "metric" and event.name == "epoch":
            self.curves.add_epoch(event.values)

    def on_finished(self, outcome: Outcome) -> None:
        if outcome.cancelled and self.curves.has_epochs():
            text = tr(
                "Cancelled. The progress is saved: the same training continues from there when it is started again."
            )
            replace(self._window.bar, text)
        if not outcome.ok:
            return
        values = outcome.values
        self.model_file = values["model"]
        self.scores.show_scores(values["scores"])
        self.classify_button.setEnabled(True)
        self._window.show_page(RESULTS)
        text = tr("The model is saved in {0}.").format(self.model_file) + _left_out(values["left_out"])
        actions = {tr("Open Report"): partial(self._window.open_report, values["report"])}
        self._window.tell(text, Qgis.MessageLevel.Success, actions)

    def classify(self) -> None:
        """Goes on to Classify Parcels with the model just trained."""
        self._window.classify.model.set_file(self.model_file)
        self._window.choose(self._window.classify)
        self._window.show_page(MODEL)


def _left_out(classes: list[Any]) -> str:
    words = tr("Classes left out because they have too few parcels: {0} (listed in the log).").format(len(classes))
    return f" {words}" if classes else ""


def _side_by_side(left: QWidget, right: QWidget) -> QWidget:
    page = QWidget()
    layout = QHBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(left, 1)
    layout.addWidget(right, 1)
    return page


def _stacked(*widgets: QWidget) -> QWidget:
    """Widgets under each other; the last one takes the room that is left."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget, int(widget is widgets[-1]))
    return page
