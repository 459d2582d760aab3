"""Classify Parcels: images, parcels and a model in; a styled layer and a report out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import partial
from typing import Any, Mapping, Optional

from qgis.core import Qgis, QgsMapLayer, QgsProcessing
from qgis.gui import QgsFieldComboBox
from qgis.PyQt.QtWidgets import QGroupBox, QHBoxLayout, QWidget

from ..engine.messages import message_of
from ..engine.protocol import options
from ..series_store import kept_text
from ..settings import Setting
from ..translation import tr
from .algorithm_run import Outcome
from .form import compact_group, device_combo, form_layout, scrolling, scrolling_column, vector_filter
from .imagery_group import ImageryGroup
from .message import push, replace
from .model_panel import ModelPanel
from .option_group import OptionGroup, rows_of
from .outputs import (
    destination,
    missing_folder,
    remember_folder,
    replacing_question,
    report_widget,
    save_widget,
)
from .parcels_row import ParcelsRow
from .plain_widgets import confirm, plain_label, with_plain_tips
from .predictions import load_predictions
from .preparation_page import PreparationPage
from .run_dialog import RunDialog
from .series_deletion import Report, delete_series

KEPT_ELSEWHERE = "output.kept_elsewhere"  # the warning of a result that has another name than the one chosen


class ClassifyDialog(RunDialog):
    """Runs `crop_classifier:classifyparcels`."""

    algorithm_id = "crop_classifier:classifyparcels"

    def __init__(self, iface: Any, parent: Optional[QWidget] = None) -> None:
        super().__init__(iface, tr("Classify Parcels"), parent)
        self.imagery = ImageryGroup()
        self.preparation = PreparationPage("classify")
        self.parcels = ParcelsRow()
        self.truth = with_plain_tips(QgsFieldComboBox())
        self.model = ModelPanel()
        self.output = save_widget(tr("Save the Classified Parcels"), vector_filter(), tr("[Create temporary layer]"))
        self.output.setConfirmOverwrite(False)  # `ask` does so for a path that is typed, too
        self.report = report_widget()
        rows = [row for row in rows_of("classify", options.OUTPUTS, advanced=True) if row.name != "overwrite"]
        self.keeping = OptionGroup(tr("Output Options"), rows, "classify")
        self._kept_elsewhere = ""
        self.device = device_combo(Setting.DEVICE.get())
        self.footer.insertWidget(0, plain_label(tr("Run on")))
        self.footer.insertWidget(1, self.device)
        self.add_inputs(self._parameters_page(), tr("Parameters"))
        self.add_inputs(self.preparation, tr("Preparation"))
        self.tabs.addTab(self.log, tr("Log"))
        self.parcels.changed.connect(self._on_layer)
        self.preparation.changed.connect(self._on_preparation)
        self.model.changed.connect(self._on_model)
        for signal in (self.imagery.changed, self.model.changed, self.output.fileChanged, self.report.fileChanged):
            signal.connect(self.refresh)
        self._on_layer(self.parcels.layer())
        self._on_model()

    # The form

    def _parameters_page(self) -> QWidget:
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.addWidget(scrolling(self.imagery), 1)
        layout.addWidget(scrolling_column(self._parcels_group(), self.model, self._output_group(), self.keeping), 1)
        return page

    def _parcels_group(self) -> QGroupBox:
        self.truth.setAllowEmptyFieldName(True)
        self.truth.setToolTip(
            tr("Optional: the declared or observed crop of each parcel. The report compares the predictions with it.")
        )
        form = form_layout()
        form.addRow(self.parcels)
        form.addRow(plain_label(tr("Field of declared crops to compare with")))  # its own row: it is long
        form.addRow(self.truth)
        return compact_group(tr("Parcels"), form)

    def _output_group(self) -> QGroupBox:
        form = form_layout()
        form.addRow(tr("Classified parcels"), self.output)
        form.addRow(tr("Report"), self.report)
        return compact_group(tr("Output"), form)

    def _on_layer(self, layer: Optional[QgsMapLayer]) -> None:
        if self.truth.layer() is not layer:
            self.truth.setLayer(layer)
        self.refresh()

    def _on_preparation(self) -> None:
        self.imagery.set_extra(self.preparation.search())

    def _on_model(self) -> None:
        self.preparation.follow(self.model.model.provenance.get("preparation") if self.model.model else None)

    # What the shared dialog asks for

    def missing(self) -> str:
        parcels = "" if self.parcels.layer() is not None else tr("Choose a parcel layer.")
        folders = (missing_folder(self.output), missing_folder(self.report))
        return next(filter(None, (self.imagery.missing(), parcels, self.model.missing(), *folders)), "")

    def parameters(self) -> dict[str, Any]:
        parameters = {
            **self.imagery.parameters(),
            **self.preparation.parameters(),
            **self.keeping.parameters(),
            "PARCELS": self.parcels.value(),
            "MODEL": self.model.path(),
            "EXCLUDE": self.imagery.excluded(),
            "TRUTH": self.truth.currentField(),
            "DEVICE": self.device.currentData(),
            "OUTPUT": self._destination() or QgsProcessing.TEMPORARY_OUTPUT,
            "REPORT": destination(self.report, "html"),
        }
        return {name: value for name, value in parameters.items() if value != ""}

    def _destination(self) -> str:
        return destination(self.output, "gpkg")

    def ask(self) -> Optional[Mapping[str, Any]]:
        """Whether a layer or a file may be replaced."""
        question = replacing_question(self._destination())
        if not question:
            return {}
        return {"OVERWRITE": True} if confirm(self, question, self.windowTitle(), tr("Replace")) else None

    def on_started(self) -> None:
        super().on_started()
        self._kept_elsewhere = ""

    def show_event(self, event: Any) -> None:
        if event.kind == "warning" and event.code == KEPT_ELSEWHERE:
            self._kept_elsewhere = "\n" + message_of(event)[0]

    def remember(self) -> None:
        self.imagery.remember()
        self.model.remember()
        remember_folder(self.output)
        Setting.DEVICE.set(self.device.currentData())

    def show_result(self, outcome: Outcome) -> None:
        """Loads the layer, and offers the report and the series here and in QGIS's main window."""
        values = outcome.values
        count = (self.locale().toString(values[name]) for name in ("classified", "parcels"))
        text = tr("{0} of {1} parcels classified.").format(*count)
        if not load_predictions(values):
            text += " " + tr("QGIS could not load {0}.").format(values["output"])
        text += self._kept_elsewhere
        store = outcome.outputs.get("STORE", "")
        if store:
            text += "\n" + kept_text(store, outcome.outputs["STORE_MB"])
        for show, bar, window, report in (
            (replace, self.bar, self, self._report_deletion),
            (push, self.iface.messageBar(), self.iface.mainWindow(), self._report_deletion_in_qgis),
        ):
            actions = {tr("Open Report"): lambda: self.open_report(values["report"])}
            if store:
                actions[tr("Delete Series")] = partial(self._delete_series, store, window, report)
            level = Qgis.MessageLevel.Warning if self._kept_elsewhere else Qgis.MessageLevel.Success
            show(bar, text, level, actions)

    def _delete_series(self, store: str, window: QWidget, report: Report) -> None:
        if self.is_running():  # it may be writing them
            report(tr("Wait until the run has finished."), Qgis.MessageLevel.Warning)
        else:
            delete_series(store, window, report)

    def _report_deletion(self, text: str, level: Qgis.MessageLevel) -> None:
        self.log.add(text)
        push(self.bar, text, level)

    def _report_deletion_in_qgis(self, text: str, level: Qgis.MessageLevel) -> None:
        """Without the widgets of this dialog, which may be gone when the button in QGIS's main window is pressed."""
        push(self.iface.messageBar(), text, level)
