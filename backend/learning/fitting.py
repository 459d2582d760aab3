"""Fits one model on one fold: the epochs of a network, or the one step of a model that has none."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backend.errors import Diverged
from backend.models import MODELS
from backend.models.build import build
from backend.protocol import Reporter

from .augmentation import Augmentation
from .calibration import cross_entropy
from .checkpoint import Checkpoint, State
from .date_dropout import DateDropout
from .folds import Split
from .metrics import summary
from .objective import class_weights, objective
from .prediction import logits
from .progress import Progress
from .samples import Samples
from .schedule import lr_factor
from .spec import TrainingSpec

FOREST = "random-forest"


@runtime_checkable
class FittedInOneStep(Protocol):
    """What a model without epochs has in place of a gradient (`Architecture.in_epochs` is false)."""

    def fit(
        self,
        values: NDArray[Any],
        labels: NDArray[Any],
        seed: int,
        done: Callable[[float], None],
        weights: NDArray[Any] | None,
    ) -> object:
        """Learns from normalised samples `(N, ...)` of its view and their labels `(N,)`, which `weights` `(N,)` weight.

        `done` takes the share of the work that is done, rising to 1, and may raise Cancelled.
        """
        ...


@dataclass(frozen=True)
class Task:
    """One fold to fit. `labels` `(parcels,)` number the classes; `network` is fresh, on the samples' device.

    `title` is what messages call the fold. After each epoch the parcels `judged` give the curves; where there is no
    validation part they are the tested ones, and nothing depends on them, or none.
    """

    spec: TrainingSpec
    split: Split
    samples: Samples
    labels: NDArray[np.int64]
    network: nn.Module
    reporter: Reporter
    progress: Progress
    checkpoint: Checkpoint | None
    title: str
    judged: NDArray[np.int64]
    classes: int

    @property
    def chooses_epoch(self) -> bool:
        """Whether a validation part decides on the epoch that is kept; without, it is the last one."""
        return bool(len(self.split.validation))

    @property
    def parcels(self) -> int:
        """The number of parcels in an epoch."""
        return len(self.split.train) + len(self.judged)

    def class_weights(self) -> NDArray[np.float64] | None:
        """From the class shares of the training part."""
        return class_weights(self.spec.class_weights, self.labels[self.split.train], self.classes)

    def name(self, epoch: int) -> str:
        return f"{self.title}, epoch {epoch} of {self.spec.epochs}"

    def assess(self, epoch: int, epochs: int, train_loss: float) -> dict[str, Any]:
        """The row of the curves for this epoch, reported as the metric `epoch` where parcels judge it.

        Raises Diverged.
        """
        rows = self.judged
        row: dict[str, Any] = {"fold": self.split.fold + 1, "folds": self.spec.folds, "epoch": epoch, "epochs": epochs}
        row |= {"train_loss": train_loss}
        if not len(rows):
            return row
        found = logits(self.network, self.samples, rows, self.progress, self.name(epoch))
        loss = cross_entropy(found, self.labels[rows])
        if not math.isfinite(loss):  # the last batch made the weights NaN; such a curve cannot be saved
            raise Diverged(epoch, self.spec.learning_rate)
        oa, mean_f = summary(self.labels[rows], found.argmax(axis=1))
        row |= {"validation_loss": loss, "validation_oa": oa, "validation_mean_f": mean_f}
        self.reporter.metric("epoch", **row, kept="best" if self.chooses_epoch else "last")
        return row


def fresh(
    spec: TrainingSpec, fold: int, bands: int, days: Sequence[int], classes: int,
    hyperparameters: Mapping[str, Any] | None = None,
) -> nn.Module:  # fmt: skip
    """A network whose initial weights depend only on the seed and the fold; `hyperparameters` as `build` takes them."""
    with seeded(spec.seed, fold):
        return build(spec.model, bands, days, classes, hyperparameters)


def fit(task: Task) -> tuple[Mapping[str, Any], ...]:
    """Leaves the best epoch's weights in `task.network`; returns the curves. Raises Diverged, NotWritable."""
    if isinstance(task.network, FittedInOneStep):
        return (_fit_in_one_step(task, task.network),)
    return _fit_network(task)


def better(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one epoch's validation beats the other's: by mean F (the paper's ranking), then by the loss."""
    return _rank(one) > _rank(other)


def _rank(row: Mapping[str, Any]) -> tuple[float, float]:
    return row["validation_mean_f"], -row["validation_loss"]


def work(spec: TrainingSpec, train: int, judged: int) -> int:
    """How many times `fit` processes a parcel of so many, which measures its progress."""
    return spec.epochs * (train + judged) if MODELS[spec.model].in_epochs else 2 * train + judged


def _fit_network(task: Task) -> tuple[Mapping[str, Any], ...]:
    network, spec = task.network, task.spec
    optimiser = torch.optim.AdamW(network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay)
    state = (task.checkpoint.read(network, task.reporter) if task.checkpoint else None) or State({}, {}, {}, (), 0)
    if state.epoch:
        _restore(network, optimiser, state)
        task.progress.advance(state.epoch * task.parcels, task.name(state.epoch))
    while state.epoch < spec.epochs and not _stalled(task, state):
        loss = _run_epoch(task, optimiser, state.epoch + 1)
        row = task.assess(state.epoch + 1, spec.epochs, loss)
        state = _after(state, row, network, optimiser, task.chooses_epoch)
        if task.checkpoint:
            task.checkpoint.write(state)
    task.progress.advance((spec.epochs - state.epoch) * task.parcels, task.name(state.epoch))
    network.load_state_dict(dict(state.best))
    if not all(bool(weights.isfinite().all()) for weights in network.state_dict().values()):
        raise Diverged(state.epoch, spec.learning_rate)
    return state.curves


def _stalled(task: Task, state: State) -> bool:
    """Whether the last `patience` epochs brought no improvement."""
    patience = task.spec.patience
    return task.chooses_epoch and bool(patience) and state.epoch - state.best_epoch >= patience


def _run_epoch(task: Task, optimiser: torch.optim.Optimizer, epoch: int) -> float:
    """One pass over the training parcels in an order given by seed, fold and epoch; returns the mean loss."""
    task.network.train()
    rows, spec, device = task.split.train, task.spec, task.samples.device
    loss_of = objective(spec.loss, task.class_weights(), device)
    augmentation = Augmentation(spec.time_shift_days, spec.scale_noise, task.samples)
    dropout = DateDropout(spec.date_dropout, task.samples)
    total = torch.zeros((), device=device)
    with seeded(spec.seed, task.split.fold, epoch):
        order = rows[torch.randperm(len(rows)).numpy()]
        batches = np.split(order, range(spec.batch_size, len(rows), spec.batch_size))
        for number, batch in enumerate(batches, start=(epoch - 1) * len(batches)):
            _set_rate(optimiser, spec.learning_rate * lr_factor(spec.schedule, number, spec.epochs * len(batches)))
            truth = torch.from_numpy(task.labels[batch]).to(device)
            inputs = dropout.apply(augmentation.apply(task.samples.inputs(batch), batch), batch)
            with torch.autocast(device.type, torch.bfloat16, enabled=spec.precision == "bfloat16"):
                found = task.network(*inputs)
            loss = loss_of(found.float(), truth)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(batch)
            task.progress.advance(len(batch), task.name(epoch))
    if not total.isfinite():
        raise Diverged(epoch, spec.learning_rate)
    return float(total) / len(rows)


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


def _after(
    state: State, row: Mapping[str, Any], network: nn.Module, optimiser: torch.optim.Optimizer, chosen: bool
) -> State:
    """The state after this epoch, which is the best one or follows the best one so far; the last is where none is
    `chosen`.
    """
    weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    adam_state = optimiser.state_dict()["state"].items()
    adam = {f"{index}.{key}": tensor for index, parts in adam_state for key, tensor in parts.items()}
    curves = (*state.curves, row)
    if chosen and state.epoch and not better(row, curves[state.best_epoch - 1]):
        return State(weights, adam, state.best, curves, state.best_epoch)
    return State(weights, adam, weights, curves, row["epoch"])


def _restore(network: nn.Module, optimiser: torch.optim.Optimizer, state: State) -> None:
    network.load_state_dict(dict(state.weights))
    adam_state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in state.adam.items():
        index, _, key = name.partition(".")
        adam_state.setdefault(int(index), {})[key] = tensor
    optimiser.load_state_dict({"state": adam_state, "param_groups": optimiser.state_dict()["param_groups"]})


def _fit_in_one_step(task: Task, model: FittedInOneStep) -> Mapping[str, Any]:
    """No epochs: one row of curves. There is nothing to resume either."""
    train, start = task.split.train, task.progress.done
    (values,) = task.samples.inputs(train)

    def done(share: float) -> None:
        task.progress.advance(start + int(len(train) * share) - task.progress.done, f"{task.title}, {share:.0%} fitted")

    weights = task.class_weights()
    of_parcels = None if weights is None else weights[task.labels[train]]
    model.fit(values.numpy(force=True), task.labels[train], task.spec.seed, done, of_parcels)
    found = logits(task.network, task.samples, train, task.progress, task.title)
    return task.assess(1, 1, cross_entropy(found, task.labels[train]))


@contextmanager
def seeded(*entropy: int) -> Iterator[None]:
    """torch's global generator, seeded with these numbers inside and restored afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.SeedSequence(entropy).generate_state(1)[0]))
        yield
