"""What a training run shows while it runs: the curves of loss and score, the current epoch and the best one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.PyQt.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ..translation import tr
from .curve_widget import CurveWidget
from .elided_label import ElidedLabel


class TrainingPanel(QWidget):
    """Takes the values of `epoch` metrics one by one; folds follow each other."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._train, self._validation = tr("Training"), tr("Left out")
        self._mean_f, self._accuracy = tr("Mean F-score"), tr("Overall accuracy")
        self.loss = CurveWidget(tr("Loss"), (self._train, self._validation))
        self.score = CurveWidget(tr("Scores of Parcels Left Out"), (self._mean_f, self._accuracy), ceiling=1.0)
        self.status = ElidedLabel()  # not one that wraps: its page would ask for the height that all parts prefer
        curves = QHBoxLayout()
        curves.addWidget(self.loss)
        curves.addWidget(self.score)
        layout = QVBoxLayout(self)
        layout.addWidget(self.status)
        layout.addLayout(curves, 1)
        self.clear()

    def clear(self) -> None:
        self._fold: Any = None
        self._best: Optional[tuple[float, int]] = None  # mean F and epoch
        self.loss.clear()
        self.score.clear()
        self.status.setText(tr("The curves appear here after the first epoch."))

    def has_epochs(self) -> bool:
        return self._fold is not None

    def add_epoch(self, values: Mapping[str, Any]) -> None:
        """`values` of a metric named `epoch`: fold, folds, epoch, epochs, losses in nats, scores 0..1."""
        if values["fold"] != self._fold:
            self._begin_fold(values)
        epoch = values["epoch"]
        self.loss.add(self._train, epoch, values["train_loss"])
        self.loss.add(self._validation, epoch, values["validation_loss"])
        self.score.add(self._mean_f, epoch, values["validation_mean_f"])
        self.score.add(self._accuracy, epoch, values["validation_oa"])
        self._note_best(values)
        self._show_status(values)

    def _begin_fold(self, values: Mapping[str, Any]) -> None:
        for chart in (self.loss, self.score):
            if self._fold is not None:
                chart.start_fold()
            chart.set_epochs(values["epochs"])
        self._fold, self._best = values["fold"], None

    def _note_best(self, values: Mapping[str, Any]) -> None:
        """The engine keeps the epoch with the best validation mean F, the first of equals, or the last epoch."""
        score = values["validation_mean_f"]
        if values.get("kept") == "last" or score is None or (self._best is not None and score <= self._best[0]):
            return
        self._best = (score, values["epoch"])
        for chart in (self.loss, self.score):
            chart.mark_best(values["epoch"])

    def _show_status(self, values: Mapping[str, Any]) -> None:
        parts = [tr("Epoch {0} of {1}").format(values["epoch"], values["epochs"])]
        if values["folds"] > 1:
            parts.insert(0, tr("Fold {0} of {1}").format(values["fold"], values["folds"]))
        if values.get("kept") == "last":
            parts.append(tr("scores of the tested parcels; the last epoch is kept"))
        elif self._best is not None:
            score = self.locale().toString(self._best[0], "f", 3)
            parts.append(tr("best epoch {0}, mean F-score {1} (dashed line)").format(self._best[1], score))
        self.status.setText("  ·  ".join(parts))
