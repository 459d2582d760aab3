"""Trains a model on labelled parcels as the paper does (section 2.2), and tests it on other parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
from backend.models.bundle import ModelBundle
from backend.models.rotation import Rotation
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.vocabulary import CropClass

from .calibration import fit_temperature, probabilities
from .checkpoint import SUFFIX, Checkpoint, digest
from .device import choose, device_name
from .fitting import Task, better, fit, fresh, work
from .folds import RANDOM, Folding, Split, missing_from_train
from .labels import Labelled, learnable
from .metrics import reliability, scores
from .normalisation import Normalisation
from .permutations import permutations
from .prediction import logits
from .progress import Progress
from .rotation import estimate
from .samples import Samples
from .spec import TrainingSpec

__all__ = ["Fitted", "Trained", "Training", "TrainingSpec", "train"]


@dataclass(frozen=True)
class Fitted:
    """One fold's model at its best epoch, on the CPU, with what it says of the fold's test parcels `rows`.

    `probabilities` `(len(rows), classes)` are calibrated by the `temperature` of the validation part.
    """

    network: nn.Module
    normalisation: Normalisation
    temperature: float
    curves: tuple[Mapping[str, Any], ...]
    best: Mapping[str, Any]
    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    learned_rows: NDArray[np.int64]  # of the training and the validation part: all that its choice depends on
    rotation: Rotation | None = None  # of the training part, where last year's crops were given


@dataclass(frozen=True)
class Trained:
    """`kept` is the fold with the best validation; all scores below are over the test parcels of all folds run."""

    spec: TrainingSpec
    device: str  # by name, where `spec` may say auto
    folds: int  # that there are, run or not
    classes: tuple[CropClass, ...]
    left_out: tuple[tuple[CropClass, int], ...]
    kept: Fitted
    curves: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, Any]
    fold_scores: tuple[Mapping[str, Any], ...]
    reliability: list[dict[str, Any]]
    tested_rows: NDArray[np.int64]  # (tested,), sorted
    tested_labels: NDArray[np.int64]  # (tested,), numbers of `classes`
    tested_probabilities: NDArray[np.float32]  # (tested, classes)

    def bundle(
        self,
        dataset: Dataset,
        season: int | None,
        class_table: tuple[Mapping[str, str], ...],
        provenance: Mapping[str, Any],
        report: Mapping[str, Any],
    ) -> ModelBundle:
        """The kept model, ready to save; `dataset` is the one it was trained on."""
        return ModelBundle(
            architecture=self.spec.model,
            hyperparameters=MODELS[self.spec.model].hyperparameters,
            view=dataset.view,
            bands=dataset.bands,
            calendar=dataset.days,
            season=season,
            mean=self.kept.normalisation.mean,
            std=self.kept.normalisation.std,
            classes=self.classes,
            class_table=class_table,
            temperature=self.kept.temperature,
            scores=self.scores,
            provenance=provenance,
            weights=self.kept.network.state_dict(),
            report=report,
            rotation=self.kept.rotation,
        )


def train(
    spec: TrainingSpec,
    dataset: Dataset,
    labels: NDArray[np.int64],
    classes: tuple[CropClass, ...],
    reporter: Reporter,
    checkpoint: Path | None = None,
    folding: Folding = RANDOM,
    previous: NDArray[np.object_] | None = None,
) -> Trained:
    """Trains `spec.folds` of the folds on the usable parcels with a label, and brings them together.

    `labels` `(parcels,)` number `classes`, -1 where there is none. `previous` `(parcels,)`, the class codes of the year
    before (None where not known), makes what follows what a prior, learnt from the training part. The same seed gives
    the same model on the CPU, bit for bit. With `checkpoint`, a folder, each fold is kept there after every epoch and
    an interrupted run goes on from it (not so a model without epochs); the caller clears it. Raises
    TooFewClasses, TooFewGroups, TooFewToValidate, NoSuchDevice, Diverged, NotWritable, BadArgument for more folds than
    the folding gives, and whatever the reporter raises to cancel.
    """
    training = Training.of(spec, dataset, labels, classes, reporter, checkpoint, folding, previous)
    parts = training.splits[: spec.folds]
    progress = Progress(reporter, "training", sum(training.work(split) for split in parts))
    return _trained(training, [training.fit(split, progress) for split in parts])


@dataclass(frozen=True)
class Training:
    """What all folds of a training share; `splits` are all that its folding gives, run or not."""

    spec: TrainingSpec
    dataset: Dataset
    labelled: Labelled
    splits: list[Split]
    device: torch.device
    reporter: Reporter
    checkpoint: Path | None
    previous: NDArray[np.object_] | None = None

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
        if spec.folds > len(splits):
            raise BadArgument("folds", f"a whole number from 1 to {len(splits)} (split {folding.name})", spec.folds)
        _warn_of_missing_classes(splits, labelled, reporter)
        return cls(spec, dataset, labelled, splits, device, reporter, checkpoint, previous)

    def work(self, split: Split) -> int:
        """How many times `fit` takes up a parcel: the total that its progress counts up to."""
        return work(self.spec, split) + len(split.validation) + len(split.test)

    def fit(self, split: Split, progress: Progress) -> Fitted:
        """Fits one fold, calibrates it on the validation part and classifies the test part."""
        normalisation = Normalisation.of(self.dataset, split.train)
        samples = Samples(self.dataset, normalisation, self.device, self._order())
        samples.hold(self.labelled.rows)
        network = fresh(self.spec, split.fold, len(self.dataset.bands), self.dataset.days, len(self.labelled.classes))
        network = network.to(self.device)
        rotation, prior = self._prior(split)
        checkpoint = self._checkpoint(split, normalisation)
        labels = self.labelled.labels
        task = Task(self.spec, split, samples, labels, network, self.reporter, progress, checkpoint)
        curves = fit(task)
        predict = partial(logits, network, samples, progress=progress, message=f"{task.fold}, testing")
        temperature = fit_temperature(predict(split.validation), labels[split.validation], prior[split.validation])
        found = probabilities(predict(split.test), temperature, prior[split.test])
        learned = np.union1d(split.train, split.validation)
        return Fitted(
            network.cpu(), normalisation, temperature, curves, _best(curves), split.test, found, learned, rotation
        )

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

    def _checkpoint(self, split: Split, normalisation: Normalisation) -> Checkpoint | None:
        """The fold's file; its digest changes with settings, labels, classes, dates, bands or reflectances."""
        if self.checkpoint is None:
            return None
        dataset, labelled = self.dataset, self.labelled
        settings = {name: value for name, value in asdict(self.spec).items() if name != "device"}
        settings |= {"view": dataset.view, "bands": dataset.bands, "days": dataset.days}
        settings["classes"] = [crop.code for crop in labelled.classes]
        arrays = (labelled.labels, split.train, normalisation.mean, normalisation.std)
        return Checkpoint(self.checkpoint / f"fold-{split.fold + 1}{SUFFIX}", digest(settings, arrays))


def _warn_of_missing_classes(splits: list[Split], labelled: Labelled, reporter: Reporter) -> None:
    found = missing_from_train(splits, labelled.labels)
    if found:
        named = [
            f"{labelled.classes[label].name} (fold {', '.join(str(fold + 1) for fold in folds)})"
            for label, folds in found.items()
        ]
        reporter.warning("folds.untaught_class", classes=named)


def _trained(training: Training, fitted: list[Fitted]) -> Trained:
    labelled, kept = training.labelled, fitted[0]
    for other in fitted[1:]:
        kept = other if better(other.best, kept.best) else kept
    rows = np.concatenate([one.rows for one in fitted])
    found = np.concatenate([one.probabilities for one in fitted])[np.argsort(rows)]
    rows = np.sort(rows)
    truth, predicted = labelled.labels[rows], found.argmax(axis=1)
    return Trained(
        spec=training.spec,
        device=device_name(training.device),
        folds=len(training.splits),
        classes=labelled.classes,
        left_out=labelled.left_out,
        kept=kept,
        curves=tuple(row for one in fitted for row in one.curves),
        scores=scores(truth, predicted, labelled.classes),
        fold_scores=tuple(_scores(one, labelled) for one in fitted),
        reliability=reliability(found.max(axis=1), truth == predicted),
        tested_rows=rows,
        tested_labels=truth,
        tested_probabilities=found,
    )


def _scores(fitted: Fitted, labelled: Labelled) -> dict[str, Any]:
    return scores(labelled.labels[fitted.rows], fitted.probabilities.argmax(axis=1), labelled.classes)


def _best(curves: tuple[Mapping[str, Any], ...]) -> Mapping[str, Any]:
    best = curves[0]
    for row in curves[1:]:
        best = row if better(row, best) else best
    return best
