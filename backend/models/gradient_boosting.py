"""Gradient boosting of trees on histograms (Friedman 2001; Ke et al. 2017, NeurIPS), grown by scikit-learn."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from torch import Tensor

from .trees import WALK_ROWS, Arrays, Trees, node_arrays

LEAVES, LEAF_PARCELS = 31, 10  # the most leaves of a tree, and the least parcels in one
RATE = 0.1  # share of what a tree corrects that is taken
GROW_ROUNDS = 20  # rounds between two reports of progress
LEAST = 1e-8  # probability of a class: none is impossible, and calibration finds a temperature
ABSENT, MOST_VALUE = -1e3, 1e6  # score of a class without samples: below LEAST; the most in a file, either way


class GradientBoosting(Trees):
    """In each round a tree for each class corrects its score; of two classes one tree for the second.

    `fit` and `predict_proba` as in scikit-learn; as a module it gives logits, like the networks.
    """

    def __init__(self, bands: int, days: Sequence[int], classes: int, rounds: int = 100) -> None:
        tables = {
            "values": torch.float64,  # (leaves,): what a leaf adds to the score
            "columns": torch.int64,  # (trees,): the class whose score it is
            "baseline": torch.float64,  # (classes,): the scores before the first tree
        }
        super().__init__(len(days) * 2 * bands, tables)
        self.rounds, self.classes_ = rounds, np.arange(classes)

    def fit(
        self,
        values: NDArray[Any],
        labels: NDArray[Any],
        seed: int = 0,
        done: Callable[[float], None] = lambda share: None,
        weights: NDArray[Any] | None = None,
    ) -> GradientBoosting:
        """Grows the trees on `(N, dates, 2 * bands)` and labels 0..classes-1 `(N,)`; `done` takes the share of them.

        `weights` `(N,)` weight the parcels; None: all the same.
        """
        flat = np.asarray(values, dtype=np.float32).reshape(len(values), self.features)
        model = HistGradientBoostingClassifier(
            learning_rate=RATE,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAF_PARCELS,
            early_stopping=False,
            warm_start=True,
            random_state=seed,
        )
        for rounds in (*range(GROW_ROUNDS, self.rounds, GROW_ROUNDS), self.rounds):
            model.set_params(max_iter=rounds).fit(flat, labels, weights)
            done(rounds / self.rounds)
        self.keep(_arrays(model, len(self.classes_)))
        return self

    def predict_proba(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Probabilities `(N, classes)`, those of scikit-learn, which leaves out a class without samples."""
        scores = self.scores(np.asarray(values, dtype=np.float32))
        return torch.as_tensor(scores).softmax(dim=1).numpy()

    def scores(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """The sums `(N, classes)` over the trees, whose softmax are the probabilities."""
        flat = values.reshape(len(values), self.features)
        baseline, leaf_values = (self.get_buffer(name).numpy() for name in ("baseline", "values"))
        columns = self.get_buffer("columns").tolist()
        scores = np.tile(baseline, (len(flat), 1))
        for start in range(0, len(flat), WALK_ROWS):
            piece = slice(start, start + WALK_ROWS)
            for column, leaf in zip(columns, self.leaves(flat[piece])):  # sums keep scikit-learn's order
                scores[piece, column] += leaf_values[leaf]
        return scores

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        scores = torch.as_tensor(self.scores(values.numpy(force=True)))
        return scores.log_softmax(dim=1).clamp_min(float(np.log(LEAST))).float().to(values.device)

    def check_tables(self, arrays: Mapping[str, Any]) -> None:
        values, columns, baseline = (arrays[name].numpy(force=True) for name in self.tables)
        trees, classes = len(arrays["roots"]), len(self.classes_)
        if trees % self.rounds or trees > self.rounds * classes or columns.shape != (trees,):
            raise RuntimeError(f"the arrays are not those of {self.rounds} rounds of at most {classes} trees")
        if values.ndim != 1 or baseline.shape != (classes,) or not 0 <= columns.min() <= columns.max() < classes:
            raise RuntimeError(f"the arrays are not those of {classes} classes")
        if not max(np.abs(values).max(), np.abs(baseline).max()) <= MOST_VALUE:
            raise RuntimeError(f"the arrays hold scores beyond {MOST_VALUE:g}")


def _arrays(model: HistGradientBoostingClassifier, classes: int) -> Arrays:
    """The trees of a fitted model of scikit-learn, round by round."""
    nodes = [tree.nodes for trees in model._predictors for tree in trees]
    names = ("left", "right", "feature_idx", "num_threshold")
    left, right, feature, threshold = ([tree[name] for tree in nodes] for name in names)
    arrays = node_arrays(left, right, feature, threshold, [tree["is_leaf"].astype(bool) for tree in nodes])
    leaves = arrays.pop("is_leaf")
    arrays["threshold"] = np.where(leaves, 0, arrays["threshold"])
    baseline, columns = np.full(classes, ABSENT), _columns(model.classes_, classes)
    baseline[model.classes_] = 0
    baseline[columns] = np.ravel(model._baseline_prediction)
    return {
        **arrays,
        "leaf": np.where(leaves, np.cumsum(leaves) - 1, 0),
        "values": np.concatenate([tree["value"] for tree in nodes])[leaves],
        "columns": np.tile(columns, len(model._predictors)),
        "baseline": baseline,
    }


def _columns(present: NDArray[Any], classes: int) -> NDArray[Any]:
    """The classes that the trees of a round are for: every one that has samples, but of two the second; of a single
    one another, which scikit-learn finds impossible."""
    if len(present) == 1:
        return (present + 1) % classes
    return present[1:] if len(present) == 2 else present
