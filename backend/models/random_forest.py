"""Random forest on each date's means and deviations: the paper's baseline (section 3.2), grown by scikit-learn.

Kept as plain arrays, not as scikit-learn's objects: these go into a safetensors file without pickle and outlive its
versions.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from torch import Tensor, nn

ARRAYS = {
    "roots": torch.int64,  # (trees,): each tree's first node
    "feature": torch.int64,  # (nodes,): the feature a node splits on; 0 at a leaf
    "threshold": torch.float64,  # (nodes,): values <= threshold go left
    "branches": torch.int64,  # (nodes, 2): left and right; a leaf's are itself, so further steps stay there
    "leaf": torch.int64,  # (nodes,): row of `shares` at a leaf; 0 elsewhere
    "shares": torch.float64,  # (distinct leaves, classes): class shares; full-grown leaves are mostly pure, so few rows
    "steps": torch.int64,  # (): depth of the deepest tree
}
WALK_ROWS = 4096  # parcels walked at once: their features stay in the processor's cache
GROW_TREES = 20  # trees between two reports of progress


class RandomForest(nn.Module):
    """`fit`, `predict_proba` and `classes_` as in scikit-learn; as a module it gives logits, like the networks."""

    roots: Tensor
    steps: Tensor

    def __init__(self, bands: int, days: Sequence[int], classes: int, trees: int = 400) -> None:
        super().__init__()
        self.features = len(days) * 2 * bands
        self.trees = trees
        self.classes_ = np.arange(classes)
        for name, dtype in ARRAYS.items():
            self.register_buffer(name, torch.empty(0, dtype=dtype))

    def fit(
        self,
        values: NDArray[Any],
        labels: NDArray[Any],
        seed: int = 0,
        grown: Callable[[int], None] = lambda trees: None,
        weights: NDArray[Any] | None = None,
    ) -> RandomForest:
        """Grows the trees on `(N, dates, 2 * bands)` and labels 0..classes-1 `(N,)`; `grown` takes the number of trees.

        `weights` `(N,)` weight the parcels; None: all the same.
        """
        forest = RandomForestClassifier(warm_start=True, random_state=seed, n_jobs=torch.get_num_threads())
        flat = np.asarray(values, dtype=np.float32).reshape(len(values), self.features)
        for trees in (*range(GROW_TREES, self.trees, GROW_TREES), self.trees):
            forest.set_params(n_estimators=trees).fit(flat, labels, weights)
            grown(trees)
        self.load_state_dict(_arrays(forest, len(self.classes_)))
        return self

    def predict_proba(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Class shares `(N, classes)`, the mean over the trees: bit for bit what scikit-learn gives."""
        flat = np.asarray(values, dtype=np.float32).reshape(-1, self.features)
        chunks = [self._walk(flat[start : start + WALK_ROWS]) for start in range(0, len(flat), WALK_ROWS)]
        return np.concatenate([np.zeros((0, len(self.classes_))), *chunks])

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        shares = torch.as_tensor(self.predict_proba(values.numpy(force=True)))
        return shares.clamp_min(0.5 / self.trees).log().float().to(values.device)  # half a vote: no class is impossible

    def _walk(self, values: NDArray[np.float32]) -> NDArray[np.float64]:  # (N, features)
        """All parcels down one tree after the other: its nodes stay in the cache; sums keep scikit-learn's order."""
        feature, threshold, branches, leaf, shares = (
            getattr(self, name).numpy(force=True) for name in ("feature", "threshold", "branches", "leaf", "shares")
        )
        total = np.zeros((len(values), shares.shape[1]))
        first = np.arange(len(values)) * self.features  # where each parcel's features begin
        for root in self.roots.tolist():
            node = np.full(len(values), root)
            for _ in range(int(self.steps)):
                right = values.ravel().take(first + feature.take(node)) > threshold.take(node)
                below = branches.ravel().take(2 * node + right)
                if np.array_equal(below, node):
                    break
                node = below
            total += shares[leaf[node]]
        return total / len(self.roots)  # (N, classes)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Takes arrays of any size, known only once a forest is grown. Raises RuntimeError where they do not fit."""
        self._check(state_dict)
        for name in ARRAYS:
            setattr(self, name, torch.as_tensor(state_dict[name]).to(getattr(self, name).device))
        return nn.modules.module._IncompatibleKeys([], [])

    def _check(self, arrays: Mapping[str, Any]) -> None:
        """Every index is inside its array: a damaged file is found here, not in the middle of a prediction."""
        if set(arrays) != set(ARRAYS) or any(arrays[name].dtype != dtype for name, dtype in ARRAYS.items()):
            raise RuntimeError(f"expected the arrays {', '.join(ARRAYS)} of a forest")
        nodes = len(arrays["feature"])
        shapes = {"roots": (self.trees,), "threshold": (nodes,), "branches": (nodes, 2), "leaf": (nodes,), "steps": ()}
        shapes["shares"] = (len(arrays["shares"]), len(self.classes_))
        limits = {"roots": nodes, "feature": self.features, "branches": nodes, "leaf": len(arrays["shares"])}
        fits = all(tuple(arrays[name].shape) == shape for name, shape in shapes.items()) and nodes > 0
        if not fits or not all(0 <= arrays[name].min() <= arrays[name].max() < limit for name, limit in limits.items()):
            raise RuntimeError(f"the arrays are not those of {self.trees} trees with {self.features} features")
        roots, branches, shares = (arrays[name].numpy(force=True) for name in ("roots", "branches", "shares"))
        _check_trees(roots, branches, shares, int(arrays["steps"]))


def _check_trees(roots: NDArray[Any], branches: NDArray[Any], shares: NDArray[Any], steps: int) -> None:
    """Every node but the roots hangs on one other, and a walk of `steps` ends at a leaf. Raises RuntimeError."""
    if not ((shares >= 0).all() and np.allclose(shares.sum(axis=1), 1)):
        raise RuntimeError("the shares of the arrays do not add up to 1")
    number = np.arange(len(branches))[:, None]
    inner = (branches != number).any(axis=1)
    parents = np.bincount(branches[inner].ravel(), minlength=len(branches))
    parents += np.bincount(roots, minlength=len(branches))
    if not (branches[inner] > number[inner]).all() or not (parents == 1).all():
        raise RuntimeError("the branches of the arrays are not those of trees")
    nodes = roots
    for _ in range(len(branches)):
        nodes = nodes[inner[nodes]]
        if not len(nodes):
            return
        if steps <= 0:
            raise RuntimeError("the trees of the arrays are deeper than their depth")
        nodes, steps = branches[nodes].ravel(), steps - 1


def _arrays(forest: RandomForestClassifier, classes: int) -> dict[str, Tensor]:
    """The trees of a grown forest, one after the other in one set of arrays (see ARRAYS)."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    counts = np.array([tree.node_count for tree in trees])
    roots = np.cumsum(counts) - counts
    is_leaf = np.concatenate([tree.children_left for tree in trees]) < 0
    branches = np.concatenate([np.stack([t.children_left, t.children_right], 1) + r for t, r in zip(trees, roots)])
    branches[is_leaf] = np.flatnonzero(is_leaf)[:, None]
    distinct, row = np.unique(
        np.concatenate([tree.value[:, 0] for tree in trees])[is_leaf], axis=0, return_inverse=True
    )
    shares = np.zeros((len(distinct), classes))
    shares[:, forest.classes_] = distinct
    leaf = np.zeros(len(is_leaf), dtype=np.int64)
    leaf[is_leaf] = row.ravel()
    arrays = {
        "roots": roots,
        "feature": np.where(is_leaf, 0, np.concatenate([tree.feature for tree in trees])),
        "threshold": np.concatenate([tree.threshold for tree in trees]),
        "branches": branches,
        "leaf": leaf,
        "shares": shares,
        "steps": np.int64(max(tree.max_depth for tree in trees)),
    }
    return {name: torch.as_tensor(array).to(ARRAYS[name]).contiguous() for name, array in arrays.items()}
