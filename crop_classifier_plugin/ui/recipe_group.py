"""How the network learns, for experts: starts as suits the architecture, and follows it where nothing was changed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QGroupBox, QSpinBox, QWidget

from ..engine.protocol import CLASS_WEIGHTS, DEFAULTS, LOSSES, MODELS, PRECISIONS, SCHEDULES
from ..translation import tr
from .form import choose_data, form_layout


class RecipeGroup(QGroupBox):
    """`epochs` stands elsewhere in the dialog, but is part of a recipe."""

    def __init__(self, epochs: QSpinBox, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("How It Learns"), parent)
        self.epochs = epochs
        self.batch_size = whole(2, 65_536, DEFAULTS.batch_size, tr("Parcels per step of the training"))
        self.learning_rate = _share(1e-6, 1.0, DEFAULTS.learning_rate, 6, tr("The highest, where its course moves it"))
        self.schedule = _words(SCHEDULES, tr("How the learning rate changes from the first epoch to the last"))
        self.weight_decay = _share(0, 1, DEFAULTS.weight_decay, 4, tr("Keeps weights small, so that less is memorised"))
        stop = tr("Stops after so many epochs without a better one; 0 never stops early. The best epoch is kept anyway")
        self.patience = whole(0, 10_000, DEFAULTS.patience, stop)
        self.loss = _words(LOSSES, tr("Focal loss cares less for parcels that are told apart already"))
        self.class_weights = _words(CLASS_WEIGHTS, tr("Lets parcels of rare classes count more"))
        dropout = tr("Share of the dates taken away from each training parcel, as clouds would")
        self.date_dropout = _share(0, 0.95, DEFAULTS.date_dropout, 2, dropout)
        self.precision = _words(PRECISIONS, tr("bfloat16 is faster on new graphics cards, slower on most processors"))
        self._recipe = values_of({})
        self._lay_out()

    def _lay_out(self) -> None:
        form = form_layout(self)
        form.addRow(tr("Batch size"), self.batch_size)
        form.addRow(tr("Learning rate"), self.learning_rate)
        form.addRow(tr("Its course"), self.schedule)
        form.addRow(tr("Weight decay"), self.weight_decay)
        form.addRow(tr("Patience, epochs"), self.patience)
        form.addRow(tr("Loss"), self.loss)
        form.addRow(tr("Class weights"), self.class_weights)
        form.addRow(tr("Dates dropped"), self.date_dropout)
        form.addRow(tr("Precision"), self.precision)

    def follow(self, architecture: str) -> None:
        """Takes over the architecture's recipe where the former one's was left as it was."""
        recipe = values_of(MODELS[architecture].recipe)
        for name, value in recipe.items():
            widget = getattr(self, name)
            if _value(widget) == self._recipe[name]:
                choose_data(widget, value) if isinstance(widget, QComboBox) else widget.setValue(value)
        self._recipe = recipe

    def parameters(self) -> dict[str, Any]:
        return {name.upper(): _value(getattr(self, name)) for name in self._recipe}


def values_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipe says of every field of the group; the paper's where it says nothing."""
    names = ("epochs", "batch_size", "learning_rate", "schedule", "weight_decay", "patience", "loss", "class_weights")
    return {name: recipe.get(name, getattr(DEFAULTS, name)) for name in (*names, "date_dropout", "precision")}


def whole(lowest: int, highest: int, value: int, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(lowest, highest)
    spin.setValue(value)
    spin.setToolTip(tip)
    return spin


def _share(lowest: float, highest: float, value: float, decimals: int, tip: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setDecimals(decimals)
    spin.setRange(lowest, highest)
    spin.setSingleStep(10.0 ** (2 - decimals) / 100 if decimals > 2 else 0.05)
    spin.setValue(value)
    spin.setToolTip(tip)
    return spin


def _words(words: Sequence[str], tip: str) -> QComboBox:
    """The protocol's words, which are also those of the command line and the reports."""
    combo = QComboBox()
    for word in words:
        combo.addItem(word, word)
    combo.setToolTip(tip)
    return combo


def _value(widget: QWidget) -> Any:
    return widget.currentData() if isinstance(widget, QComboBox) else widget.value()
