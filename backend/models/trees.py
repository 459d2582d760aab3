"""Grown trees as plain arrays: how they are kept, walked and checked, in the forests and in gradient boosting.

Not as scikit-learn's objects: arrays go into a safetensors file without pickle and outlive its versions.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .blocks import OnProcessor

NODES = {
    "roots": torch.int64,  # (trees,): each tree's first node
    "feature": torch.int64,  # (nodes,): the feature a node splits on; 0 at a leaf
    "threshold": torch.float64,  # (nodes,): values <= threshold go left
    "branches": torch.int64,  # (nodes, 2): left and right; a leaf's are itself, so further steps stay there
    "leaf": torch.int64,  # (nodes,): row of the table of leaves at a leaf; 0 elsewhere
    "steps": torch.int64,  # (): depth of the deepest tree
}
WALK_ROWS = 4096  # parcels walked at once: their features stay in the processor's cache
GROW_TREES = 20  # trees between two reports of progress
Arrays = dict[str, NDArray[Any]]


class Trees(OnProcessor):
    """Trees over `features` values; of the tables, by name and type, the first has a row for each distinct leaf.

    Their sizes are known only once they are grown, so `load_state_dict` takes any that fit together.
    """

    roots: Tensor
    steps: Tensor

    def __init__(self, features: int, tables: Mapping[str, torch.dtype]) -> None:
        super().__init__()
        self.features, self.tables = features, dict(tables)
        for name, dtype in self.arrays.items():
            self.register_buffer(name, torch.empty(0, dtype=dtype))

    @property
    def arrays(self) -> dict[str, torch.dtype]:
        return {**NODES, **self.tables}

    def leaves(self, values: NDArray[Any]) -> Iterator[NDArray[np.int64]]:
        """For each tree the row of the table `(N,)` where the parcels `(N, features)` end.

        All parcels go down one tree after the other, whose nodes stay in the processor's cache.
        """
        feature, threshold, branches, leaf = (
            getattr(self, name).numpy(force=True) for name in ("feature", "threshold", "branches", "leaf")
        )
        flat, first = values.ravel(), np.arange(len(values)) * self.features  # where each parcel's features begin
        for root in self.roots.tolist():
            node = np.full(len(values), root)
            for _ in range(int(self.steps)):
                right = flat.take(first + feature.take(node)) > threshold.take(node)
                below = branches.ravel().take(2 * node + right)
                if np.array_equal(below, node):
                    break
                node = below
            yield leaf[node]

    def keep(self, arrays: Arrays) -> None:
        """Takes the arrays of grown trees."""
        self.load_state_dict(
            {name: torch.as_tensor(arrays[name]).to(dtype).contiguous() for name, dtype in self.arrays.items()}
        )

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Takes arrays of any size. Raises RuntimeError where they do not fit together."""
        wanted = self.arrays
        if set(state_dict) != set(wanted) or any(state_dict[name].dtype != dtype for name, dtype in wanted.items()):
            raise RuntimeError(f"expected the arrays {', '.join(wanted)} of trees")
        self._check_nodes(state_dict)
        self.check_tables(state_dict)
        for name in wanted:
            setattr(self, name, torch.as_tensor(state_dict[name]).to(getattr(self, name).device))
        return nn.modules.module._IncompatibleKeys([], [])

    def check_tables(self, arrays: Mapping[str, Any]) -> None:
        """Raises RuntimeError where the number of trees or a table is not as this kind of model needs it."""
        raise NotImplementedError

    def _check_nodes(self, arrays: Mapping[str, Any]) -> None:
        """Every index is inside its array: a damaged file is found here, not in the middle of a prediction."""
        trees, nodes = arrays["roots"].shape, len(arrays["feature"]) if arrays["feature"].ndim else 0
        shapes = {"roots": trees[:1], "feature": (nodes,), "threshold": (nodes,), "branches": (nodes, 2)}
        shapes |= {"leaf": (nodes,), "steps": ()}
        fits = nodes > 0 and len(trees) == 1 and trees[0] > 0
        fits = fits and all(tuple(arrays[name].shape) == tuple(shape) for name, shape in shapes.items())
        table = arrays[next(iter(self.tables))]
        limits = {"roots": nodes, "feature": self.features, "branches": nodes}
        limits["leaf"] = len(table) if table.ndim else 0
        if not fits or not all(0 <= arrays[name].min() <= arrays[name].max() < limit for name, limit in limits.items()):
            raise RuntimeError(f"the arrays are not those of trees with {self.features} features")
        roots, branches = (arrays[name].numpy(force=True) for name in ("roots", "branches"))
        _check_trees(roots, branches, int(arrays["steps"]))


def _check_trees(roots: NDArray[Any], branches: NDArray[Any], steps: int) -> None:
    """Every node but the roots hangs on one other, and a walk of `steps` ends at a leaf. Raises RuntimeError."""
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


def node_arrays(
    left: Sequence[NDArray[Any]],
    right: Sequence[NDArray[Any]],
    feature: Sequence[NDArray[Any]],
    threshold: Sequence[NDArray[Any]],
    is_leaf: Sequence[NDArray[np.bool_]],
) -> Arrays:
    """NODES of trees one after the other, without `leaf`, and `is_leaf` `(nodes,)`; each argument has an array for
    every tree, branches are numbers within the tree."""
    counts = np.array([len(tree) for tree in left])
    roots = np.cumsum(counts) - counts
    leaves = np.concatenate(is_leaf)
    branches = np.concatenate([np.stack([*pair], 1).astype(np.int64) + r for *pair, r in zip(left, right, roots)])
    branches[leaves] = np.flatnonzero(leaves)[:, None]
    return {
        "roots": roots,
        "feature": np.where(leaves, 0, np.concatenate(feature)),
        "threshold": np.concatenate(threshold),
        "branches": branches,
        "steps": np.int64(_depth(roots, branches)),
        "is_leaf": leaves,
    }


def _depth(roots: NDArray[Any], branches: NDArray[Any]) -> int:
    """Steps from the roots to the farthest leaf."""
    depth, nodes = 0, roots
    while True:
        below = branches[nodes]
        nodes = below[below[:, 0] != nodes].ravel()
        if not len(nodes):
            return depth
        depth += 1


class Forest(Trees):
    """Trees whose class shares are averaged. `fit`, `predict_proba` and `classes_` as in scikit-learn; as a module it
    gives logits, like the networks.
    """

    def __init__(self, features: int, classes: int, trees: int) -> None:
        # (distinct leaves, classes): full-grown leaves are mostly pure, so these are few rows
        super().__init__(features, {"shares": torch.float64})
        self.trees = trees
        self.classes_ = np.arange(classes)

    def estimator(self, parcels: int, seed: int) -> Any:
        """scikit-learn's ensemble, for so many parcels to learn from."""
        raise NotImplementedError

    def described(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The features `(N, features)` of samples `(N, dates, channels)`."""
        return values.reshape(len(values), self.features)

    def fit(
        self,
        values: NDArray[Any],
        labels: NDArray[Any],
        seed: int = 0,
        done: Callable[[float], None] = lambda share: None,
        weights: NDArray[Any] | None = None,
    ) -> Forest:
        """Grows the trees on `(N, dates, 2 * bands)` and labels 0..classes-1 `(N,)`; `done` takes the share of them.

        `weights` `(N,)` weight the parcels; None: all the same.
        """
        forest = self.estimator(len(values), seed)
        forest.set_params(warm_start=True, random_state=seed, n_jobs=torch.get_num_threads())
        features = self.described(np.asarray(values, dtype=np.float32))
        for trees in (*range(GROW_TREES, self.trees, GROW_TREES), self.trees):
            forest.set_params(n_estimators=trees).fit(features, labels, weights)
            done(trees / self.trees)
        self.keep(_forest_arrays(forest, len(self.classes_)))
        return self

    def predict_proba(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Class shares `(N, classes)`, the mean over the trees: bit for bit what scikit-learn gives."""
        values = np.asarray(values, dtype=np.float32)
        chunks = [self._shares(values[start : start + WALK_ROWS]) for start in range(0, len(values), WALK_ROWS)]
        return np.concatenate([np.zeros((0, len(self.classes_))), *chunks])

    def _shares(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        shares = self.get_buffer("shares").numpy(force=True)
        total = np.zeros((len(values), shares.shape[1]))
        for leaf in self.leaves(self.described(values)):  # sums keep scikit-learn's order
            total += shares[leaf]
        return total / len(self.roots)  # (N, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        shares = torch.as_tensor(self.predict_proba(values.numpy(force=True)))
        return shares.clamp_min(0.5 / self.trees).log().float().to(values.device)  # half a vote: no class is impossible

    def check_tables(self, arrays: Mapping[str, Any]) -> None:
        shares = arrays["shares"].numpy(force=True)
        if len(arrays["roots"]) != self.trees or shares.shape[1:] != (len(self.classes_),):
            raise RuntimeError(f"the arrays are not those of {self.trees} trees and {len(self.classes_)} classes")
        if not ((shares >= 0).all() and np.allclose(shares.sum(axis=1), 1)):
            raise RuntimeError("the shares of the arrays do not add up to 1")


def _forest_arrays(forest: Any, classes: int) -> Arrays:
    """The trees of a grown forest of scikit-learn."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    parts = ([getattr(tree, name) for tree in trees] for name in ("children_left", "children_right", "feature"))
    left, right, feature = parts
    is_leaf = [branch < 0 for branch in left]
    arrays = node_arrays(left, right, feature, [tree.threshold for tree in trees], is_leaf)
    leaves = arrays.pop("is_leaf")
    distinct, row = np.unique(
        np.concatenate([t.value[:, 0][own] for t, own in zip(trees, is_leaf)]), axis=0, return_inverse=True
    )
    shares = np.zeros((len(distinct), classes))
    shares[:, forest.classes_] = distinct
    leaf = np.zeros(len(leaves), dtype=np.int64)
    leaf[leaves] = row.ravel()
    return {**arrays, "leaf": leaf, "shares": shares}
