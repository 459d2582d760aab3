"""Train on My Region: images and declared crops in; a model, its scores and a report out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QDialogButtonBox, QHBoxLayout, QWidget

from ..translation import tr
from .algorithm_run import Outcome
from .class_table import RareClasses
from .classify_dialog import ClassifyDialog
from .crops_group import CropsGroup
from .form import compact_group, form_layout, scrolling, scrolling_column
from .imagery_group import ImageryGroup
from .message import replace
from .outputs import destination, missing_folder, remember_folder, report_widget, save_widget
from .preparation_page import PreparationPage
from .run_dialog import RunDialog
from .scores_panel import ScoresPanel
from .training_group import TrainingGroup
from .training_panel import TrainingPanel


class TrainDialog(RunDialog):
    """Runs `crop_classifier:trainmodel`."""

    algorithm_id = "crop_classifier:trainmodel"

    def __init__(self, iface: Any, parent: Optional[QWidget] = None) -> None:
        super().__init__(iface, tr("Train on My Region"), parent)
        self.imagery = ImageryGroup()
        self.preparation = PreparationPage()
        self.crops = CropsGroup()
        self.training = TrainingGroup()
        self.output = save_widget(tr("Save the Model"), tr("Crop models (*.cropmodel)"), tr("A .cropmodel file"))
        self.report = report_widget()
        self.curves = TrainingPanel()
        self.scores = ScoresPanel()
        self.add_inputs(_side_by_side(scrolling(self.imagery), scrolling(self.crops)), tr("Data"))
        self.add_inputs(self.preparation, tr("Preparation"))
        self.add_inputs(self._model_page(), tr("Model"))
        self.tabs.addTab(self.curves, tr("Training"))
        self.tabs.addTab(self.scores, tr("Scores"))
        self.tabs.addTab(self.log, tr("Log"))
        self.model_file = ""
        self.classify_dialog: Optional[ClassifyDialog] = None
        self.classify_button = self.buttons.addButton(
            tr("Classify With This Model…"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.classify_button.clicked.connect(self.classify)
        self.classify_button.setEnabled(False)
        for signal in (self.imagery.changed, self.crops.changed, self.output.fileChanged, self.report.fileChanged):
            signal.connect(self.refresh)
        self.crops.changed.connect(self._offer_fields)
        self.preparation.changed.connect(lambda: self.imagery.set_extra(self.preparation.search()))
        self.training.split.changed.connect(self.refresh)
        self.training.changed.connect(self._show_rare)
        self._offer_fields()
        self._show_rare()
        self.refresh()

    def _offer_fields(self) -> None:
        self.training.split.set_layer(self.crops.parcels.layer())

    def _show_rare(self) -> None:
        self.crops.set_rare(RareClasses(self.training.value("min_samples"), self.training.value("rare_classes")))

    def _model_page(self) -> QWidget:
        form = form_layout()
        form.addRow(tr("Model"), self.output)
        form.addRow(tr("Report"), self.report)
        output = compact_group(tr("Output"), form)
        return _side_by_side(scrolling_column(self.training, output), scrolling_column(*self.training.for_experts()))

    # What the shared dialog asks for

    def missing(self) -> str:
        output = "" if self.output.filePath().strip() else tr("Choose where the model is saved.")
        folders = (missing_folder(self.output), missing_folder(self.report))
        return next(
            filter(
                None, (self.imagery.missing(), self.crops.missing(), self.training.split.missing(), output, *folders)
            ),
            "",
        )

    def parameters(self) -> dict[str, Any]:
        parameters = {
            **self.imagery.parameters(),
            **self.preparation.parameters(),
            **self.crops.parameters(),
            **self.training.parameters(),
            "EXCLUDE": self.imagery.excluded(),
            "OUTPUT": destination(self.output, "cropmodel"),
            "REPORT": destination(self.report, "html"),
        }
        return {name: value for name, value in parameters.items() if value != ""}

    def remember(self) -> None:
        for part in (self.imagery, self.crops, self.training):
            part.remember()
        remember_folder(self.output)

    def on_started(self) -> None:
        self.curves.clear()
        self.scores.clear()
        self.classify_button.setEnabled(False)
        self.tabs.setCurrentWidget(self.curves)

    def show_event(self, event: Any) -> None:
        if event.kind == "metric" and event.name == "epoch":
            self.curves.add_epoch(event.values)

    def show_cancelled(self) -> None:
        if self.curves.has_epochs():
            replace(
                self.bar,
                tr(
                    "Cancelled. The progress is saved: the same training continues from there when it is started again."
                ),
            )

    def show_result(self, outcome: Outcome) -> None:
        values = outcome.values
        self.model_file = values["model"]
        self.scores.show_scores(values["scores"])
        self.tabs.setCurrentWidget(self.scores)
        self.classify_button.setEnabled(True)
        text = tr("The model is saved in {0}.").format(self.model_file) + self._left_out(values["left_out"])
        report = values["report"]
        replace(self.bar, text, Qgis.MessageLevel.Success, {tr("Open Report"): lambda: self.open_report(report)})

    def _left_out(self, classes: list[Any]) -> str:
        words = tr("Classes left out because they have too few parcels: {0} (listed in the log).").format(len(classes))
        return f" {words}" if classes else ""

    def classify(self) -> None:
        """Opens Classify Parcels with the model just trained."""
        if self.classify_dialog is None:
            self.classify_dialog = ClassifyDialog(self.iface, self.parent())
            self.destroyed.connect(self.classify_dialog.deleteLater)  # no window stays when the plugin is unloaded
        self.classify_dialog.model.set_file(self.model_file)
        self.classify_dialog.show()
        self.accept()


def _side_by_side(left: QWidget, right: QWidget) -> QWidget:
    page = QWidget()
    layout = QHBoxLayout(page)
    layout.addWidget(left, 1)
    layout.addWidget(right, 1)
    return page
