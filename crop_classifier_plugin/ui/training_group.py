"""How to train: architecture, epochs, folds, and what experts change."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtWidgets import QComboBox, QGroupBox, QWidget

from ..engine.protocol import DEFAULTS, MODELS
from ..settings import Setting
from ..translation import tr
from .form import choose_data, device_combo, form_layout
from .recipe_group import RecipeGroup, whole
from .split_group import SplitGroup

FOLDS = (1, 5)  # the paper's five; one is a single split


class TrainingGroup(QGroupBox):
    """The defaults are the protocol's, which the command line reads as well."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Training"), parent)
        self.architecture = QComboBox()
        for name, architecture in MODELS.items():
            self.architecture.addItem(architecture.title, name)
        self.architecture.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choose_data(self.architecture, Setting.ARCHITECTURE.get() or DEFAULTS.model)
        epochs = int(Setting.EPOCHS.get()) or DEFAULTS.epochs
        self.epochs = whole(1, 10_000, epochs, tr("How often the network sees every training parcel"))
        folds = tr("1 tests on a fifth of the parcels; 5 tests on every parcel once and takes five times as long")
        self.folds = whole(*FOLDS, int(Setting.FOLDS.get()) or DEFAULTS.folds, folds)
        form = form_layout(self)
        form.addRow(tr("Architecture"), self.architecture)
        form.addRow(tr("Epochs"), self.epochs)
        form.addRow(tr("Folds"), self.folds)
        self.recipe = RecipeGroup(self.epochs)
        self.split = SplitGroup()
        self.advanced = self._advanced()
        self.architecture.currentIndexChanged.connect(self._follow)
        self._follow()

    def _follow(self, *_: object) -> None:
        self.recipe.follow(self.architecture.currentData())

    def _advanced(self) -> QGroupBox:
        group = QGroupBox(tr("Advanced"))
        self.seed = whole(0, 2**31 - 1, DEFAULTS.seed, tr("The same seed gives the same split and the same model"))
        self.device = device_combo(Setting.DEVICE.get())
        self.min_samples = whole(5, 10_000, DEFAULTS.min_samples, tr("Classes with fewer parcels are left out"))
        form = form_layout(group)
        form.addRow(tr("Seed"), self.seed)
        form.addRow(tr("Run on"), self.device)
        form.addRow(tr("Fewest parcels of a class"), self.min_samples)
        return group

    def for_experts(self) -> tuple[QGroupBox, ...]:
        """The groups that most users leave alone."""
        return self.split, self.recipe, self.advanced

    def parameters(self) -> dict[str, Any]:
        return {
            "MODEL": self.architecture.currentData(),
            "FOLDS": self.folds.value(),
            "SEED": self.seed.value(),
            "DEVICE": self.device.currentData(),
            "MIN_SAMPLES": self.min_samples.value(),
            **self.recipe.parameters(),
            **self.split.parameters(),
        }

    def remember(self) -> None:
        Setting.ARCHITECTURE.set(self.architecture.currentData())
        Setting.EPOCHS.set(self.epochs.value())
        Setting.FOLDS.set(self.folds.value())
        Setting.DEVICE.set(self.device.currentData())
