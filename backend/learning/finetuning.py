"""A trained model carried on with the labels of another region or year, and what it is compared with.

On the same folds three models are tested: the frozen one, as it came; one of the same architectures that is trained
anew on these labels only; and the fine-tuned one. Each network of the model continues from its weights, keeps its
normalisation and learns with a low rate that falls to 0, for a fixed number of epochs: few labels are all needed for
training, and none is left to choose an epoch by. With more labels the rate is higher. A member without epochs (a
forest, discriminants) has nothing to continue from: it is trained anew. The whole is calibrated by the folds, as every
model is.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadArgument
from backend.model_file import MOST_CLASSES
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.vocabulary import COMPARED, CropClass

from .finetuning_spec import FinetuningSpec
from .folds import Folding, Split
from .labels import UNLABELLED, Labelled
from .metrics import scores
from .prediction import predict
from .progress import Progress
from .protocols import Mixture, calibrated
from .start import Start
from .trained import Delivered, Trained
from .training import Fitted, Training

MAIN = ("parcels", "oa", "oa_interval", "mean_f", "mean_f_interval")


def finetune(
    spec: FinetuningSpec,
    model: ModelBundle,
    datasets: Sequence[Dataset],
    labels: NDArray[np.int64],
    classes: tuple[CropClass, ...],
    reporter: Reporter,
    checkpoint: Path | None,
    folding: Folding,
    previous: NDArray[np.object_] | None = None,
) -> Trained:
    """Arguments and errors are those of `protocols.train`; `datasets`: one for each member of the model.

    The classes of the result are the model's, in its order, then those of the labels that it lacks.
    """
    run = Run.of(spec, model, datasets, labels, classes, reporter, checkpoint, folding, previous)
    anew = run.trained_anew()
    progress = Progress(reporter, "training", run.work())
    folds = [run.fit(split, progress) for split in run.splits]
    networks = tuple(run.fit(run.base.everything(), progress))
    temperatures = tuple(member.temperature for member in model.members)
    temperature, tested = calibrated(run.base, [Mixture.of(fold, temperatures) for fold in folds])
    curves = tuple(row for fold in folds for row in fold[0].curves)
    trained = Trained.of(run.base, Delivered(networks, temperatures, temperature), tested, curves)
    found = {
        "frozen": run.frozen(trained.tested_rows),
        "anew": anew[np.searchsorted(run.tested, trained.tested_rows)],
        "tuned": trained.tested_probabilities.argmax(axis=1),
    }
    return replace(trained, spec=spec, compared=tuple(_row(way, guess, trained) for way, guess in found.items()))


@dataclass(frozen=True)
class Run:
    """A fine-tuning under way. `base` has the classes of the result, `labelled` only those with labels."""

    spec: FinetuningSpec
    model: ModelBundle
    datasets: Sequence[Dataset]
    base: Training
    labelled: Labelled
    folding: Folding

    @classmethod
    def of(
        cls, spec: FinetuningSpec, model: ModelBundle, datasets: Sequence[Dataset], labels: NDArray[np.int64],
        classes: tuple[CropClass, ...], reporter: Reporter, checkpoint: Path | None, folding: Folding,
        previous: NDArray[np.object_] | None,
    ) -> Run:  # fmt: skip
        first = spec.tuned(model.members[0].architecture, len(model.members), labels=0)
        base = Training.of(first, datasets[0], labels, classes, reporter, checkpoint, folding, previous)
        labelled = base.labelled
        return cls(spec, model, datasets, replace(base, labelled=extended(labelled, model.classes)), labelled, folding)

    @property
    def splits(self) -> list[Split]:
        return self.base.splits[: self.base.spec.folds]

    @property
    def tested(self) -> NDArray[np.int64]:
        """The rows that are tested, sorted."""
        return np.sort(np.concatenate([split.test for split in self.splits]))

    @property
    def labels_per_class(self) -> float:
        """On average, of the classes that have any."""
        return len(self.labelled.rows) / len(self.labelled.classes)

    def tuned(self, member: int) -> Training:
        """How this member learns: from its weights where it has epochs."""
        own = self.model.members[member]
        spec = self.spec.tuned(own.architecture, len(self.datasets), self.labels_per_class)
        spec = replace(spec, folds=self.base.spec.folds)
        start = Start(own) if MODELS[own.architecture].in_epochs else None
        place = self.base.checkpoint and self.base.checkpoint / f"tuned-{member + 1}"
        return replace(self.base, spec=spec, dataset=self.datasets[member], checkpoint=place, start=start)

    def anew(self, member: int) -> Training:
        """How a fresh member of the same architecture learns the classes that have labels."""
        spec = self.spec.anew(self.model.members[member].architecture, len(self.datasets))
        splits, labelled = self.base.splits, self.labelled
        if spec.chooses_epoch:
            splits = self.folding.splits(labelled.rows, labelled.labels[labelled.rows], spec.seed)
        return replace(
            self.base,
            spec=replace(spec, folds=self.base.spec.folds),
            dataset=self.datasets[member],
            labelled=labelled,
            splits=splits,
            reporter=WithoutCurves(self.base.reporter),
            checkpoint=self.base.checkpoint and self.base.checkpoint / f"anew-{member + 1}",
        )

    def work(self) -> int:
        parts = (*self.splits, self.base.everything())
        return sum(self.tuned(member).work(split, member) for member in self._members for split in parts)

    def fit(self, split: Split, progress: Progress) -> list[Fitted]:
        return [self.tuned(member).fit(split, progress, member) for member in self._members]

    def trained_anew(self) -> NDArray[np.int64]:
        """What models that are trained anew say of the `tested` parcels: numbers of the result's classes."""
        fresh = [self.anew(member) for member in self._members]
        parts = [training.splits[: self.base.spec.folds] for training in fresh]
        total = sum(fresh[member].work(split, member) for member in self._members for split in parts[member])
        progress = Progress(fresh[0].reporter, "comparing", total)
        rows, found = [], []
        for fold in zip(*parts, strict=True):
            mixture = Mixture.of(
                [fresh[member].fit(split, progress, member) for member, split in enumerate(fold)],
                [member.temperature for member in self.model.members],
            )
            rows.append(mixture.rows)
            found.append((mixture.logits + mixture.log_prior).argmax(axis=1))
        codes = [crop.code for crop in self.base.labelled.classes]
        numbers = np.array([codes.index(crop.code) for crop in self.labelled.classes])
        return numbers[np.concatenate(found)[np.argsort(np.concatenate(rows))]]

    def frozen(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the model says as it came, which never names a class that it lacks."""
        previous = None if self.base.previous is None else self.base.previous[rows]
        quiet = WithoutCurves(self.base.reporter)
        return predict(self.model, self.datasets, rows, self.base.device, quiet, previous=previous).argmax(axis=1)

    @property
    def _members(self) -> range:
        return range(len(self.datasets))


@dataclass(frozen=True)
class WithoutCurves:
    """A reporter for models that are only compared with: their curves would be taken for those of the result."""

    whole: Reporter

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        self.whole.progress(fraction, "comparing", message)

    def log(self, message: str) -> None:
        self.whole.log(message)

    def metric(self, name: str, **values: Any) -> None:
        """Nothing."""

    def warning(self, code: str, /, **fields: Any) -> None:
        self.whole.warning(code, **fields)


def extended(labelled: Labelled, known: tuple[CropClass, ...]) -> Labelled:
    """The same labels as numbers of the classes `known`, then of the new ones. Raises BadArgument for too many."""
    codes = {crop.code for crop in known}
    classes = (*known, *(crop for crop in labelled.classes if crop.code not in codes))
    if len(classes) > MOST_CLASSES:
        raise BadArgument(
            "class_field", f"a field with which the model has at most {MOST_CLASSES} classes", len(classes)
        )
    place = {crop.code: number for number, crop in enumerate(classes)}
    numbers = np.array([*(place[crop.code] for crop in labelled.classes), UNLABELLED])  # the last is that of label -1
    return Labelled(numbers[labelled.labels], classes, labelled.left_out)


def _row(way: str, found: NDArray[np.int64], trained: Trained) -> Mapping[str, Any]:
    """The main scores of one of COMPARED."""
    own = scores(trained.tested_labels, found, trained.classes)
    return {"way": way, "title": COMPARED[way], **{name: own[name] for name in MAIN}}
