"""Classify Parcels: images, parcels and a model in; a styled layer and a report out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import partial
from typing import Any, Iterator, Mapping, Optional

from qgis.core import Qgis, QgsProcessing
from qgis.PyQt.QtWidgets import QWidget

from ...engine.messages import message_of
from ...engine.protocol import options
from ...series_store import kept_text
from ...settings import Setting
from ...translation import tr
from ..algorithm_dialog import open_algorithm
from ..algorithm_run import Outcome
from ..form import choose_data, device_combo, form_layout, scrolling_column, vector_filter
from ..message import push, replace
from ..option_group import OptionGroup, rows_of
from ..outputs import remember_folder, replacing_question, save_widget
from ..plain_widgets import confirm
from ..predictions import load_predictions
from ..preparation_page import PreparationPage
from ..results.page import ResultsPage
from ..results.sentences import comparison_problem
from ..series_deletion import Report, delete_series
from .checks import model_problem
from .data_page import DataPage
from .model_page import ModelPage
from .outputs_group import OutputsGroup
from .task import MODEL, PREPARATION, RESULTS, RUN, Problem, Task

EXPORT = "crop_classifier:exportpredictions"
KEPT_ELSEWHERE = "output.kept_elsewhere"  # the warning of a result that has another name than the one chosen


class ClassifyTask(Task):
    """Runs `crop_classifier:classifyparcels`."""

    name = "classify"
    algorithm_id = "crop_classifier:classifyparcels"

    def __init__(self, window: Any, data: DataPage) -> None:
        super().__init__(window)
        self.title = tr("Classify Parcels")
        self._window, self._data = window, data
        self.preparation = PreparationPage("classify")
        self.library = ModelPage(lambda text, level: replace(window.bar, text, level))
        self.model = self.library.panel
        output = save_widget(tr("Save the Classified Parcels"), vector_filter(), tr("[Create temporary layer]"))
        output.setConfirmOverwrite(False)  # `ask` does so for a path that is typed, too
        self.outputs = OutputsGroup(tr("Classified parcels"), output, "gpkg")
        rows = [row for row in rows_of("classify", options.OUTPUTS, advanced=True) if row.name != "overwrite"]
        self.keeping = OptionGroup(tr("Output Options"), rows, "classify")
        self.device = device_combo(Setting.DEVICE.get())
        self.results = ResultsPage(window.iface)
        self.results.export_requested.connect(self._export)
        self.results.inspect_requested.connect(lambda _: window.inspect_requested.emit(self.results.selection.layer()))
        self.pages = {
            PREPARATION: self.preparation,
            MODEL: self.library,
            RUN: self._run_page(),
            RESULTS: self.results,
        }
        self._kept_elsewhere, self._truth = "", ""
        self.preparation.changed.connect(self.changed)
        self.model.changed.connect(self._on_model)
        for signal in (self.outputs.changed, self.keeping.changed, self.device.currentIndexChanged):
            signal.connect(lambda *_: self.changed.emit())
        self._on_model()

    def _run_page(self) -> QWidget:
        form = form_layout()
        form.addRow(tr("Run on"), self.device)
        self.keeping.form.addRow(form)
        return scrolling_column(self.outputs, self.keeping)

    def _on_model(self) -> None:
        self.preparation.follow(self.model.model.provenance.get("preparation") if self.model.model else None)
        self.changed.emit()

    # What the window asks for

    def problems(self) -> Iterator[Problem]:
        yield from self._data.problems()
        if self.model.missing():
            yield Problem(MODEL, self.model.missing())
        misfit = model_problem(self.model.model, self._data.imagery.found, self._window.locale())
        if misfit:
            yield Problem(MODEL, misfit)
        yield from self.outputs.problems()

    def parameters(self) -> dict[str, Any]:
        parameters = {
            **self._data.parameters(),
            **self.preparation.parameters(),
            **self.keeping.parameters(),
            **self.outputs.parameters(),
            "MODEL": self.model.path(),
            "TRUTH": self._data.crops.truth.currentField(),
            "DEVICE": self.device.currentData(),
        }
        parameters["OUTPUT"] = parameters["OUTPUT"] or QgsProcessing.TEMPORARY_OUTPUT
        return {name: value for name, value in parameters.items() if value != ""}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        output = parameters.get("OUTPUT")
        files = {**parameters, "OUTPUT": "" if output == QgsProcessing.TEMPORARY_OUTPUT else output}
        for part in (self.preparation, self.keeping):
            part.set_parameters(parameters)
        self.outputs.set_parameters(files)
        self.model.set_file(str(parameters.get("MODEL") or ""))
        self._data.crops.truth.setField(str(parameters.get("TRUTH") or ""))
        choose_data(self.device, parameters.get("DEVICE", self.device.currentData()))

    def ask(self) -> Optional[Mapping[str, Any]]:
        """Whether a layer or a file may be replaced."""
        question = replacing_question(self.outputs.destination())
        if not question:
            return {}
        return {"OVERWRITE": True} if confirm(self._window, question, self.title, tr("Replace")) else None

    def remember(self) -> None:
        remember_folder(self.outputs.output)
        Setting.DEVICE.set(self.device.currentData())

    def on_started(self) -> None:
        self._kept_elsewhere = ""
        self._truth = self._data.crops.truth.currentField()

    def on_event(self, event: Any) -> None:
        if event.kind == "warning" and event.code == KEPT_ELSEWHERE:
            self._kept_elsewhere = "\n" + message_of(event)[0]

    def on_finished(self, outcome: Outcome) -> None:
        """Loads the layer, and offers the report and the series here and in QGIS's main window."""
        if not outcome.ok:
            return
        values, store = outcome.values, outcome.outputs.get("STORE", "")
        count = (self._window.locale().toString(values[name]) for name in ("classified", "parcels"))
        text = tr("{0} of {1} parcels classified.").format(*count)
        layer = load_predictions(values)
        if layer is None:
            text += " " + tr("QGIS could not load {0}.").format(values["output"])
        text += self._kept_elsewhere
        problem = comparison_problem(values.get("not_judged"), values.get("judged"), self._truth)
        text += f"\n{problem}" if problem else ""
        if store:
            text += "\n" + kept_text(store, outcome.outputs["STORE_MB"])
        odd = bool(self._kept_elsewhere or problem)
        level = Qgis.MessageLevel.Warning if odd else Qgis.MessageLevel.Success
        iface = self._window.iface
        for show, bar, parent, report in (
            (replace, self._window.bar, self._window, self._report_deletion),
            (push, iface.messageBar(), iface.mainWindow(), self._report_deletion_in_qgis),
        ):
            actions = {tr("Open Report"): partial(self._window.open_report, values["report"])}
            if store:
                actions[tr("Delete Series")] = partial(self._delete_series, store, parent, report)
            show(bar, text, level, actions)

        self.results.show_results(layer if layer is not None else values["results"])
        self._window.show_page(RESULTS)

    def _export(self) -> None:
        """Opens the dialog of the algorithm that exports, with the layer that is shown."""
        layer = self.results.selection.layer()
        parameters = {} if layer is None else {"PREDICTIONS": layer.id()}
        open_algorithm(EXPORT, parameters)

    def _delete_series(self, store: str, parent: QWidget, report: Report) -> None:
        if self._window.is_running():  # it may be writing them
            report(tr("Wait until the run has finished."), Qgis.MessageLevel.Warning)
        else:
            delete_series(store, parent, report)

    def _report_deletion(self, text: str, level: Qgis.MessageLevel) -> None:
        self._window.log.add(text)
        push(self._window.bar, text, level)

    def _report_deletion_in_qgis(self, text: str, level: Qgis.MessageLevel) -> None:
        """Without the widgets of this window, which may be gone when the button in QGIS's main window is pressed."""
        push(self._window.iface.messageBar(), text, level)
