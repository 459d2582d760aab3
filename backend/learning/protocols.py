"""From folds to a model: the best model of the folds, as in the paper, or one of all parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.options import REFIT
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.vocabulary import CropClass

from .calibration import fit_temperature, mixed, probabilities
from .fitting import better
from .folds import RANDOM, Folding
from .progress import Progress
from .spec import TrainingSpec
from .trained import Delivered, Tested, Trained
from .training import Fitted, Training

__all__ = ["Trained", "TrainingSpec", "train"]


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
    """Trains `spec.folds` of the folds on the usable parcels with a label, and by the protocol `refit` a model of all.

    `labels` `(parcels,)` number `classes`, -1 where there is none. `previous` `(parcels,)`, the class codes of the year
    before (None where not known), makes what follows what a prior, learnt from the training part. The same seed gives
    the same model on the CPU, bit for bit. With `checkpoint`, a folder, each fold is kept there after every epoch and
    an interrupted run goes on from it (not so a model without epochs); the caller clears it. Raises
    TooFewClasses, TooFewGroups, TooFewToValidate, NoSuchDevice, Diverged, NotWritable, BadArgument for more folds than
    the folding gives, and whatever the reporter raises to cancel.
    """
    training = Training.of(spec, dataset, labels, classes, reporter, checkpoint, folding, previous)
    return refitted(training) if spec.protocol == REFIT else best_of_folds(training)


def best_of_folds(training: Training) -> Trained:
    """The paper's protocol: each fold keeps its best epoch; the model is that of the fold with the best validation."""
    parts = training.splits[: training.spec.folds]
    progress = Progress(training.reporter, "training", sum(map(training.work, parts)))
    fitted = [training.fit(split, progress) for split in parts]
    kept = fitted[0]
    for other in fitted[1:]:
        kept = other if better(other.best, kept.best) else kept
    tested = [Tested(one.rows, one.probabilities) for one in fitted]
    return Trained.of(training, Delivered((kept,), (1.0,), kept.temperature), tested, _curves(fitted))


def refitted(training: Training) -> Trained:
    """The folds give the scores, the temperature and, where it is free, the number of epochs; then all train."""
    spec, whole = training.spec, training.everything()
    parts, members = training.splits[: spec.folds], range(spec.members)
    work = sum(training.work(split, member) for split in (*parts, whole) for member in members)
    progress = Progress(training.reporter, "training", work)
    folds = [[training.fit(split, progress, member) for member in members] for split in parts]
    epochs = spec.epochs
    if spec.chooses_epoch:
        epochs = round(float(np.median([one.best["epoch"] for fold in folds for one in fold])))
        progress.advance(spec.members * (spec.epochs - epochs) * len(whole.train))
    last = replace(training, spec=replace(spec, epochs=epochs))
    networks = tuple(last.fit(whole, progress, member) for member in members)
    temperature, tested = calibrated(training, [Mixture.of(fold) for fold in folds])
    first = [fold[0] for fold in folds]
    return Trained.of(training, Delivered(networks, (1.0,) * spec.members, temperature), tested, _curves(first))


@dataclass(frozen=True)
class Mixture:
    """Members' average for the tested parcels of a fold, as logits `(len(rows), classes)` that are not calibrated."""

    rows: NDArray[np.int64]
    logits: NDArray[np.floating]
    log_prior: NDArray[np.floating]

    @classmethod
    def of(cls, members: Sequence[Fitted], temperatures: Sequence[float] = ()) -> Mixture:
        """Each counts the same; none of the `temperatures`: 1 for each."""
        count = len(members)
        logits = mixed([one.logits for one in members], [1 / count] * count, temperatures or [1.0] * count)
        return cls(members[0].rows, logits, members[0].log_prior)


def calibrated(training: Training, folds: Sequence[Mixture]) -> tuple[float, list[Tested]]:
    """The temperature of all tested parcels, for the model; and each fold's, with the temperature of the others.

    A single fold is taken in two halves, so that no parcel is judged with a temperature that knows its class.
    """
    labels = training.labelled.labels
    groups = [part for fold in folds for part in (_halves(fold) if len(folds) == 1 else (fold,))]
    tested = [_tested(group, [g for g in groups if g is not group] or groups, labels) for group in groups]
    if len(folds) == 1:
        tested = [Tested.together(tested)]
    return _temperature(groups, labels), tested


def _halves(fold: Mixture) -> list[Mixture]:
    """Of a fold with one parcel only one is not empty."""
    places = [np.arange(start, len(fold.rows), 2) for start in (0, 1)]
    return [Mixture(fold.rows[p], fold.logits[p], fold.log_prior[p]) for p in places if len(p)]


def _temperature(parts: Sequence[Mixture], labels: NDArray[np.int64]) -> float:
    found, prior = (np.concatenate([getattr(part, name) for part in parts]) for name in ("logits", "log_prior"))
    return fit_temperature(found, labels[np.concatenate([part.rows for part in parts])], prior)


def _tested(part: Mixture, others: Sequence[Mixture], labels: NDArray[np.int64]) -> Tested:
    return Tested(part.rows, probabilities(part.logits, _temperature(others, labels), part.log_prior))


def _curves(fitted: Sequence[Fitted]) -> tuple[Mapping[str, Any], ...]:
    return tuple(row for one in fitted for row in one.curves)
