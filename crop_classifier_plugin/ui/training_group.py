"""How to train: architecture, epochs, folds, and what experts change."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QGroupBox, QSpinBox, QWidget

from ..engine.protocol import DEFAULTS, MODELS
from ..settings import Setting
from ..translation import tr
from .form import choose_data, device_combo, form_layout

FOLDS = (1, 5)  # the paper's five; one is a single split


class TrainingGroup(QGroupBox):
    """The defaults are the protocol's, which the command line reads as well."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Training"), parent)
        self.architecture = QComboBox()
        for name, architecture in MODELS.items():
            self.architecture.addItem(architecture.title, name)
        self.architecture.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choose_data(self.architecture, Setting.ARCHITECTURE.get())
        self.epochs = _spin(
            1, 10_000, int(Setting.EPOCHS.get()), tr("How often the network sees every training parcel")
        )
        folds = tr("1 tests on a fifth of the parcels; 5 tests on every parcel once and takes five times as long")
        self.folds = _spin(*FOLDS, int(Setting.FOLDS.get()), folds)
        form = form_layout(self)
        form.addRow(tr("Architecture"), self.architecture)
        form.addRow(tr("Epochs"), self.epochs)
        form.addRow(tr("Folds"), self.folds)
        self.advanced = self._advanced()

    def _advanced(self) -> QGroupBox:
        group = QGroupBox(tr("Advanced"))
        self.batch_size = _spin(1, 65_536, DEFAULTS.batch_size, tr("Parcels per step of the training"))
        self.learning_rate = QDoubleSpinBox()
        self.learning_rate.setDecimals(6)
        self.learning_rate.setRange(1e-6, 1.0)
        self.learning_rate.setSingleStep(1e-4)
        self.learning_rate.setValue(DEFAULTS.learning_rate)
        self.seed = _spin(0, 2**31 - 1, DEFAULTS.seed, tr("The same seed gives the same split and the same model"))
        self.device = device_combo()
        choose_data(self.device, Setting.DEVICE.get())
        self.min_samples = _spin(2, 10_000, DEFAULTS.min_samples, tr("Classes with fewer parcels are left out"))
        form = form_layout(group)
        form.addRow(tr("Batch size"), self.batch_size)
        form.addRow(tr("Learning rate"), self.learning_rate)
        form.addRow(tr("Seed"), self.seed)
        form.addRow(tr("Run on"), self.device)
        form.addRow(tr("Fewest parcels of a class"), self.min_samples)
        return group

    def parameters(self) -> dict[str, Any]:
        return {
            "MODEL": self.architecture.currentData(),
            "EPOCHS": self.epochs.value(),
            "FOLDS": self.folds.value(),
            "BATCH_SIZE": self.batch_size.value(),
            "LEARNING_RATE": self.learning_rate.value(),
            "SEED": self.seed.value(),
            "DEVICE": self.device.currentData(),
            "MIN_SAMPLES": self.min_samples.value(),
        }

    def remember(self) -> None:
        Setting.ARCHITECTURE.set(self.architecture.currentData())
        Setting.EPOCHS.set(self.epochs.value())
        Setting.FOLDS.set(self.folds.value())
        Setting.DEVICE.set(self.device.currentData())


def _spin(lowest: int, highest: int, value: int, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(lowest, highest)
    spin.setValue(value)
    spin.setToolTip(tip)
    return spin
