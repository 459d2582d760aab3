"""Fits one model on one fold: the epochs of a network, or the growth of the forest."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from backend.errors import Diverged
from backend.models.build import build
from backend.models.random_forest import RandomForest
from backend.protocol import Reporter

from .calibration import cross_entropy
from .checkpoint import Checkpoint, State
from .folds import Split
from .metrics import summary
from .pace import Pace
from .prediction import logits
from .samples import Samples
from .spec import TrainingSpec

FOREST = "random-forest"


@dataclass(frozen=True)
class Task:
    """One fold to fit. `labels` `(parcels,)` number the classes; `network` is fresh, on the samples' device."""

    spec: TrainingSpec
    split: Split
    samples: Samples
    labels: NDArray[np.int64]
    network: nn.Module
    reporter: Reporter
    pace: Pace
    checkpoint: Checkpoint | None

    @property
    def fold(self) -> str:
        return f"Fold {self.split.fold + 1} of {self.spec.folds}"

    def name(self, epoch: int) -> str:
        return f"{self.fold}, epoch {epoch} of {self.spec.epochs}"

    def assess(self, epoch: int, epochs: int, train_loss: float) -> dict[str, Any]:
        """The row of the curves for this epoch, reported as the metric `epoch`."""
        rows = self.split.validation
        found = logits(self.network, self.samples, rows, self.pace, self.name(epoch))
        oa, mean_f = summary(self.labels[rows], found.argmax(axis=1))
        row: dict[str, Any] = {"fold": self.split.fold + 1, "folds": self.spec.folds, "epoch": epoch, "epochs": epochs}
        row |= {"train_loss": train_loss, "validation_loss": cross_entropy(found, self.labels[rows])}
        row |= {"validation_oa": oa, "validation_mean_f": mean_f}
        self.reporter.metric("epoch", **row)
        return row


def fresh(spec: TrainingSpec, fold: int, bands: int, days: Sequence[int], classes: int) -> nn.Module:
    """A network whose first weights follow from the seed and the fold alone."""
    with seeded(spec.seed, fold):
        return build(spec.model, bands, days, classes)


def fit(task: Task) -> tuple[Mapping[str, Any], ...]:
    """Leaves the best epoch's weights in `task.network`; gives the curves. Raises Diverged, NotWritable."""
    if isinstance(task.network, RandomForest):
        return (_fit_forest(task, task.network),)
    return _fit_network(task)


def better(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one epoch's validation beats the other's: by mean F (the paper's ranking), then by the loss."""
    return _rank(one) > _rank(other)


def _rank(row: Mapping[str, Any]) -> tuple[float, float]:
    return row["validation_mean_f"], -row["validation_loss"]


def work(spec: TrainingSpec, split: Split) -> int:
    """How many times `fit` takes up a parcel of this fold, the measure of its progress."""
    train, validation = len(split.train), len(split.validation)
    return 2 * train + validation if spec.model == FOREST else spec.epochs * (train + validation)


def _fit_network(task: Task) -> tuple[Mapping[str, Any], ...]:
    network = task.network
    optimiser = torch.optim.Adam(network.parameters(), lr=task.spec.learning_rate)
    state = (task.checkpoint.read(task.reporter) if task.checkpoint else None) or State({}, {}, {}, (), 0)
    if state.epoch:
        _restore(network, optimiser, state)
        task.pace.advance(state.epoch * (len(task.split.train) + len(task.split.validation)), task.name(state.epoch))
    for epoch in range(state.epoch + 1, task.spec.epochs + 1):
        loss = _run_epoch(task, optimiser, epoch)
        row = task.assess(epoch, task.spec.epochs, loss)
        state = _after(state, row, network, optimiser)
        if task.checkpoint:
            task.checkpoint.write(state)
    network.load_state_dict(dict(state.best))
    return state.curves


def _run_epoch(task: Task, optimiser: torch.optim.Optimizer, epoch: int) -> float:
    """One pass over the training parcels in an order that follows from seed, fold and epoch; gives the mean loss."""
    task.network.train()
    rows, size = task.split.train, task.spec.batch_size
    total = torch.zeros((), device=task.samples.device)
    with seeded(task.spec.seed, task.split.fold, epoch):
        order = rows[torch.randperm(len(rows)).numpy()]
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            truth = torch.from_numpy(task.labels[batch]).to(task.samples.device)
            loss = functional.cross_entropy(task.network(*task.samples.inputs(batch)), truth)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(batch)
            task.pace.advance(len(batch), task.name(epoch))
    if not total.isfinite():
        raise Diverged(epoch, task.spec.learning_rate)
    return float(total) / len(rows)


def _after(state: State, row: Mapping[str, Any], network: nn.Module, optimiser: torch.optim.Optimizer) -> State:
    """The state once this epoch is done: it is the best, or the best so far still is."""
    weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    moments = optimiser.state_dict()["state"].items()
    adam = {f"{index}.{key}": tensor for index, parts in moments for key, tensor in parts.items()}
    curves = (*state.curves, row)
    if state.epoch and not better(row, curves[state.best_epoch - 1]):
        return State(weights, adam, state.best, curves, state.best_epoch)
    return State(weights, adam, weights, curves, row["epoch"])


def _restore(network: nn.Module, optimiser: torch.optim.Optimizer, state: State) -> None:
    network.load_state_dict(dict(state.weights))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in state.adam.items():
        index, _, key = name.partition(".")
        moments.setdefault(int(index), {})[key] = tensor
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})


def _fit_forest(task: Task, forest: RandomForest) -> Mapping[str, Any]:
    """No epochs: one row of curves. A forest is grown in one go, so there is nothing to go on from either."""
    train, start = task.split.train, task.pace.done
    (values,) = task.samples.inputs(train)

    def grown(trees: int) -> None:
        done = start + len(train) * trees // forest.trees
        task.pace.advance(done - task.pace.done, f"{task.fold}, {trees} of {forest.trees} trees")

    forest.fit(values.numpy(force=True), task.labels[train], task.spec.seed, grown)
    found = logits(forest, task.samples, train, task.pace, task.fold)
    return task.assess(1, 1, cross_entropy(found, task.labels[train]))


@contextmanager
def seeded(*words: int) -> Iterator[None]:
    """torch's global generator, seeded from these words inside and as it was outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))
        yield
