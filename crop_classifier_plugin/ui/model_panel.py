"""The model file and its description: architecture, classes with their colours, bands, calendar, scores."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QDate, QLocale, QSize, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QGroupBox,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..engine.protocol import MODELS
from ..model_file import ModelDescription, NotAModelFile, describe, is_large
from ..plain_text import tooltip
from ..translation import tr
from .background import BackgroundTask
from .form import file_widget, form_layout
from .plain_table import percent
from .plain_widgets import plain_label
from .swatch import swatch

CLASS_LINES = 2  # more scroll
ANY_YEAR = 2001  # not a leap year; shows the days of a calendar that belongs to no season


class ModelPanel(QGroupBox):
    """`changed` is emitted when another file is chosen, readable or not."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Model"), parent)
        self.model: Optional[ModelDescription] = None
        self.problem = ""
        self._reading: Optional[BackgroundTask] = None
        self.file = file_widget(
            QgsFileWidget.StorageMode.GetFile,
            tr("Choose a Model"),
            tr("Crop models (*.cropmodel)"),
            tr("A .cropmodel file"),
        )
        self.note = plain_label(wrap=True)
        self.facts = {name: _value_label() for name in ("architecture", "bands", "calendar", "scores")}
        self.classes = _class_list()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(9, 5, 9, 5)
        layout.addWidget(self.file)
        layout.addWidget(self.note)
        self.description = self._description()
        layout.addWidget(self.description)
        self.file.fileChanged.connect(self._on_file)
        self._on_file()

    def _description(self) -> QWidget:
        titles = (tr("Architecture"), tr("Bands"), tr("Dates"), tr("Scores"))
        description = QWidget()
        form = form_layout(description)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        for title, fact in zip(titles, self.facts.values()):
            form.addRow(title, fact)
        form.addRow(tr("Classes"), self.classes)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        return description

    def set_file(self, path: str) -> None:
        self.file.setFilePath(path)

    def path(self) -> str:
        return self.file.filePath().strip()

    def missing(self) -> str:
        """What is still to be given; empty when a model is chosen and can be read."""
        return self.problem or ("" if self.model else tr("Choose a model file, or train a model first."))

    def _on_file(self, *_: object) -> None:
        """Reads the description at once, or in the background where it is large; a read in progress is abandoned."""
        self.stop()
        self.model, self.problem = None, ""
        path = Path(self.path())
        if self.path():
            try:
                if is_large(path):
                    self._read_later(path)
                else:
                    self.model = describe(path)
            except NotAModelFile as error:
                self.problem = str(error)
        self._show_outcome()

    def _read_later(self, path: Path) -> None:
        self.problem = tr("Reading the model…")
        self._reading = BackgroundTask(tr("Reading {0}").format(path.name), lambda *_: describe(path))
        self._reading.done.connect(self._on_read)
        self._reading.start()

    def _on_read(self, model: Optional[ModelDescription], error: Optional[Exception]) -> None:
        self._reading = None
        self.model, self.problem = model, "" if error is None else str(error)
        self._show_outcome()

    def stop(self) -> None:
        """Abandons a read in progress."""
        if self._reading is not None:
            self._reading.done.disconnect(self._on_read)
            self._reading.cancel()
            self._reading = None

    def _show_outcome(self) -> None:
        self.note.setText(self.problem)
        self.note.setVisible(bool(self.problem))
        self.description.setVisible(self.model is not None)
        if self.model is not None:
            self._show(self.model)
        self.changed.emit()

    def _show(self, model: ModelDescription) -> None:
        self.facts["architecture"].setText(architecture_text(model))
        self.facts["bands"].setText(", ".join(model.bands))
        self.facts["calendar"].setText(calendar_text(model, self.locale()))
        self.facts["scores"].setText(scores_text(model, self))
        self.facts["bands"].setToolTip(
            tr("The images must contain these bands; indices such as NDVI are computed from them")
        )
        self.facts["calendar"].setToolTip(tr("The time series are interpolated to these days of the season"))
        self.classes.clear()
        for crop in model.classes:
            item = QListWidgetItem(swatch(crop["colour"]), crop["name"])
            item.setToolTip(tooltip(f"{crop['name']} ({crop['code']})"))
            self.classes.addItem(item)


def architecture_text(model: ModelDescription) -> str:
    """`CNN + GRU`, or `2 × Convolutions in time + Random forest` of several members."""
    counts = Counter(member.architecture for member in model.members)
    titles = {name: MODELS[name].title for name in counts}
    return " + ".join(titles[name] if count == 1 else f"{count} × {titles[name]}" for name, count in counts.items())


def calendar_text(model: ModelDescription, locale: QLocale) -> str:
    """`24 dates, 3 Jan to 15 Oct` and, where the model knows it, the season."""
    if not model.calendar:
        return "–"
    start = QDate(model.season or ANY_YEAR, 1, 1)
    first, last = (locale.toString(start.addDays(day), "d MMM") for day in (min(model.calendar), max(model.calendar)))
    text = tr("{0} dates, {1} to {2}").format(len(model.calendar), first, last)
    return tr("{0}, trained on {1}").format(text, model.season) if model.season else text


def scores_text(model: ModelDescription, widget: QWidget) -> str:
    """The scores of the training's tests, and of how many parcels they are."""
    if not model.scores:
        return tr("Not available")
    accuracy, mean_f = (percent(model.scores.get(name), widget) for name in ("oa", "mean_f"))
    text = tr("Overall accuracy {0}, mean F-score {1}").format(accuracy, mean_f)
    parcels = model.scores.get("parcels")
    if parcels is None:
        return text
    return tr("{0}, tested on {1} parcels by models that had not seen them").format(
        text, widget.locale().toString(parcels)
    )


def _value_label() -> QLabel:
    label = plain_label(wrap=True, selectable=True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _class_list() -> QListWidget:
    """Classes in rows and columns, as in a legend."""
    classes = QListWidget()
    classes.setFlow(QListView.Flow.LeftToRight)
    classes.setWrapping(True)
    classes.setResizeMode(QListView.ResizeMode.Adjust)
    classes.setUniformItemSizes(False)
    classes.setIconSize(QSize(12, 12))
    classes.setSpacing(1)
    classes.setSelectionMode(QListView.SelectionMode.NoSelection)
    line_px = classes.fontMetrics().height() + 4
    classes.setFixedHeight(CLASS_LINES * line_px + 6)
    return classes
