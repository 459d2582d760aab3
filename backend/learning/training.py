"""What the folds of a training share, and how one network is fitted on one of them (paper, section 2.2)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from backend.errors import BadArgument
from backend.model_file import MOST_CLASSES
from backend.models import MODELS
from backend.models.rotation import Rotation
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.vocabulary import CropClass

from .calibration import fit_temperature, probabilities
from .checkpoint import SUFFIX, Checkpoint, digest
from .curves import RANKED
from .device import choose
from .fitting import Task, better, fit, fresh, work
from .folds import INNER, INNER_PARTS, NOBODY, RANDOM, Folding, Split, missing_from_train
from .labels import Labelled, learnable
from .normalisation import Normalisation
from .permutations import permutations
from .prediction import logits
from .progress import Progress
from .rotation import estimate
from .samples import Samples
from .spec import MOST_FOR_ALL_FOLDS, MOST_SEED, TrainingSpec
from .start import Start

__all__ = ["Fitted", "Training", "TrainingSpec"]


@dataclass(frozen=True)
class Fitted:
    """One network, on the CPU, and what it gives for the tested parcels `rows`: `logits` and `log_prior`
    `(len(rows), classes)`.

    The network is that of its best epoch and calibrated by `temperature` where the split has a validation part; else
    it is the last epoch's, and the temperature is 1.
    """

    spec: TrainingSpec
    dataset: Dataset
    network: nn.Module
    normalisation: Normalisation
    temperature: float
    curves: tuple[Mapping[str, Any], ...]
    best: Mapping[str, Any]
    rows: NDArray[np.int64]
    logits: NDArray[np.float32]
    log_prior: NDArray[np.float32]
    learned_rows: NDArray[np.int64]  # all that its weights and their choice depend on
    rotation: Rotation | None = None  # of the training part, where last year's crops were given
    start: Start | None = None  # what the network continued

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        return self.start.member.hyperparameters if self.start else MODELS[self.spec.model].hyperparameters

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Of the tested parcels `(len(rows), classes)`, with the temperature and the prior."""
        return probabilities(self.logits, self.temperature, self.log_prior)


@dataclass(frozen=True)
class Training:
    """What all folds of a training share; `splits` are all that its folding gives, run or not.

    With a `start` each network continues a trained one, with its normalisation, instead of beginning afresh.
    """

    spec: TrainingSpec
    dataset: Dataset
    labelled: Labelled
    splits: list[Split]
    device: torch.device
    reporter: Reporter
    checkpoint: Path | None
    previous: NDArray[np.object_] | None = None
    start: Start | None = None

    @classmethod
    def of(
        cls,
        spec: TrainingSpec,
        dataset: Dataset,
        labels: NDArray[np.int64],
        classes: tuple[CropClass, ...],
        reporter: Reporter,
        checkpoint: Path | None = None,
        folding: Folding = RANDOM,
        previous: NDArray[np.object_] | None = None,
    ) -> Training:
        """Arguments and errors are those of `train`."""
        device = choose(spec.device, reporter)
        labelled = learnable(labels, dataset.usable, classes, spec.min_samples, reporter)
        if len(labelled.classes) > MOST_CLASSES:  # before the training, not when the model is saved
            raise BadArgument("class_field", f"a field of at most {MOST_CLASSES} classes", len(labelled.classes))
        splits = folding.splits(labelled.rows, labelled.labels[labelled.rows], spec.seed)
        if not spec.chooses_epoch:
            splits = [split.without_validation() for split in splits]
        if spec.folds is None:
            spec = replace(spec, folds=len(splits) if len(labelled.rows) <= MOST_FOR_ALL_FOLDS else 1)
        elif spec.folds > len(splits):
            raise BadArgument("folds", f"a whole number from 1 to {len(splits)} (split {folding.name})", spec.folds)
        _warn_of_missing_classes(splits, labelled, reporter)
        return cls(spec, dataset, labelled, splits, device, reporter, checkpoint, previous)

    def everything(self) -> Split:
        """All labelled parcels train; none validates or is tested."""
        return Split(len(self.splits), self.labelled.rows, NOBODY, NOBODY)

    def work(self, split: Split, member: int = 0) -> int:
        """How many times `fit` takes up a parcel: the total that its progress counts up to."""
        epochs = work(self.spec, len(split.train), len(judged(split, member)))
        return epochs + len(split.validation) + len(split.test)

    def fit(self, split: Split, progress: Progress, member: int = 0) -> Fitted:
        """Fits one fold, calibrates it on the validation part, if any, and takes the test part through it.

        Members differ by their seed; the curves are of the first.
        """
        spec = replace(self.spec, seed=(self.spec.seed + member) % (MOST_SEED + 1))
        normalisation = self.start.normalisation if self.start else Normalisation.of(self.dataset, split.train)
        samples = Samples(self.dataset, normalisation, self.device, self._order())
        samples.hold(self.labelled.rows)
        network = self._network(spec, split).to(self.device)
        rotation, prior = self._prior(split)
        checkpoint, labels = self._checkpoint(spec, split, normalisation, member), self.labelled.labels
        task = Task(
            spec, split, samples, labels, network, self.reporter, progress, checkpoint, self._title(split, member),
            judged(split, member), len(self.labelled.classes),
        )  # fmt: skip
        curves = fit(task)
        predict = partial(logits, network, samples, progress=progress, message=f"{task.title}, testing")
        temperature = 1.0
        if task.chooses_epoch:
            temperature = fit_temperature(predict(split.validation), labels[split.validation], prior[split.validation])
        found = predict(split.test) if len(split.test) else np.zeros((0, len(self.labelled.classes)), np.float32)
        best = _best(curves) if task.chooses_epoch else curves[-1]
        return Fitted(
            spec, self.dataset, network.cpu(), normalisation, temperature, curves, best, split.test, found,
            prior[split.test], split.learned, rotation, self.start,
        )  # fmt: skip

    def _network(self, spec: TrainingSpec, split: Split) -> nn.Module:
        given = len(self.dataset.bands), self.dataset.days, len(self.labelled.classes)
        if self.start is None:
            return fresh(spec, split.fold, *given)
        network = fresh(spec, split.fold, *given, self.start.member.hyperparameters)
        self.start.enter(network)
        return network

    def _title(self, split: Split, member: int) -> str:
        fold = f"Fold {split.fold + 1} of {self.spec.folds}" if len(split.test) else "All parcels"
        if split.fold >= INNER:
            fold = f"Inner fold {split.fold % INNER + 1} of {INNER_PARTS}"
        return f"{fold}, member {member + 1} of {self.spec.members}" if self.spec.members > 1 else fold

    def _prior(self, split: Split) -> tuple[Rotation | None, NDArray[np.float32]]:
        """The rotation of the training part, and what it says of every parcel `(parcels, classes)`; 0 without one.

        It enters the calibration and the test. The best epoch is chosen from the images only: with a strong prior, a
        network that has not learnt yet scores well, and would be kept.
        """
        classes = len(self.labelled.classes)
        if self.previous is None:
            return None, np.zeros((len(self.dataset), classes), dtype=np.float32)
        rotation = estimate(self.previous[split.train], self.labelled.labels[split.train], classes)
        return rotation, rotation.log_prior(self.previous)

    def _order(self) -> NDArray[np.int64] | None:
        return permutations(self.spec.order, len(self.dataset), len(self.dataset.days), self.spec.seed)

    def _checkpoint(
        self, spec: TrainingSpec, split: Split, normalisation: Normalisation, member: int
    ) -> Checkpoint | None:
        """The fold's file; its digest changes with settings, labels, classes, dates, bands or reflectances."""
        if self.checkpoint is None:
            return None
        dataset, labelled = self.dataset, self.labelled
        settings = {name: value for name, value in asdict(spec).items() if name != "device"}
        settings |= {"view": dataset.view, "bands": dataset.bands, "days": dataset.days}
        settings["classes"] = [crop.code for crop in labelled.classes]
        settings |= {"start": self.start.digest} if self.start else {}
        arrays = (labelled.labels, split.train, normalisation.mean, normalisation.std)
        name = f"fold-{split.fold + 1}{f'-{member + 1}' if member else ''}{SUFFIX}"
        needed = RANKED if len(split.validation) else ()
        return Checkpoint(self.checkpoint / name, digest(settings, arrays), needed)


def judged(split: Split, member: int) -> NDArray[np.int64]:
    """The parcels that give the curves: those of the validation part, else the tested ones, once for all members."""
    if len(split.validation):
        return split.validation
    return NOBODY if member else split.test


def _warn_of_missing_classes(splits: list[Split], labelled: Labelled, reporter: Reporter) -> None:
    found = missing_from_train(splits, labelled.labels)
    if found:
        named = [
            f"{labelled.classes[label].name} (fold {', '.join(str(fold + 1) for fold in folds)})"
            for label, folds in found.items()
        ]
        reporter.warning("folds.untaught_class", classes=named)


def _best(curves: tuple[Mapping[str, Any], ...]) -> Mapping[str, Any]:
    best = curves[0]
    for row in curves[1:]:
        best = row if better(row, best) else best
    return best
