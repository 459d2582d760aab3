"""How to train: architecture, epochs, folds, and what experts change."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.PyQt.QtWidgets import QGroupBox, QWidget

from ..engine.protocol import MODELS, options
from ..settings import Setting
from ..translation import tr
from .option_group import OptionGroup, rows_of
from .split_group import SplitGroup

REMEMBERED = {"model": Setting.ARCHITECTURE, "epochs": Setting.EPOCHS, "folds": Setting.FOLDS}


class TrainingGroup(OptionGroup):
    """The basic options; the others are in the groups `for_experts`."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        rows = rows_of("train", options.TRAINING, options.SPLITTING, advanced=False)
        super().__init__(tr("Training"), rows, "train", parent)
        learning = rows_of("train", options.TRAINING, advanced=True, follows=True)
        remaining = rows_of("train", options.TRAINING, advanced=True, follows=False)
        computing = rows_of("train", options.COMPUTING, advanced=False)
        self.recipe = OptionGroup(tr("Training Parameters"), learning, "train")
        self.split = SplitGroup()
        self.advanced = OptionGroup(tr("Advanced"), [*computing, *remaining], "train")
        self.architecture, self.epochs, self.folds = (self.widgets[name] for name in ("model", "epochs", "folds"))
        for name, setting in REMEMBERED.items():
            self.set_value(name, setting.get() or options.default(name, "train"))
        self.advanced.set_value("device", Setting.DEVICE.get() or options.default("device"))
        self.architecture.currentIndexChanged.connect(self._follow)
        self.advanced.widgets["protocol"].currentIndexChanged.connect(self._follow)
        self._follow()

    def _follow(self, *_: object) -> None:
        name = self.value("model")
        recipe = {} if name == options.AUTO else MODELS[name].recipe_of(self.advanced.value("protocol"))
        for group in (self, self.recipe, self.advanced):
            group.follow(recipe)
            group.use(lambda row: options.is_used_with(row, name))

    def for_experts(self) -> tuple[QGroupBox, ...]:
        """The groups that most users leave as they are."""
        return self.split, self.recipe, self.advanced

    def parameters(self) -> dict[str, Any]:
        groups = (self.recipe, self.split, self.advanced)
        return {**super().parameters(), **{k: v for group in groups for k, v in group.parameters().items()}}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """The architecture first, as the other fields follow it."""
        self.advanced.set_parameters(parameters)
        super().set_parameters({name: parameters[name] for name in ("MODEL",) if name in parameters})
        for group in (self.recipe, self.split):
            group.set_parameters(parameters)
        super().set_parameters(parameters)

    def remember(self) -> None:
        """An unchanged value is not remembered, so that it follows the next architecture."""
        for name, setting in REMEMBERED.items():
            setting.set(self.value(name)) if self.is_changed(name) else setting.forget()
        Setting.DEVICE.set(self.advanced.value("device"))
