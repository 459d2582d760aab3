"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) on each date and on statistics over the season."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from .trees import Forest

LEAF_PARCELS = 4  # the least in a leaf; with full-grown trees, as in a random forest, weights of classes have no effect
MOST_BYTES = 1 << 30  # of all arrays: a file may have 2 GiB (`model_zip.py`), and scikit-learn holds the trees besides
_NODE_BYTES, _SHARE_BYTES = 40, 8


class ExtraTrees(Forest):
    """Mean, deviation, minimum and maximum over the season stand beside the values of the dates.

    Of many parcels the leaves are made larger, so that no forest grows beyond MOST_BYTES.
    """

    def __init__(self, bands: int, days: Sequence[int], classes: int, trees: int = 500) -> None:
        super().__init__((len(days) + 4) * 2 * bands, classes, trees)

    def estimator(self, parcels: int, seed: int) -> ExtraTreesClassifier:
        return ExtraTreesClassifier(min_samples_leaf=leaf_parcels(parcels, len(self.classes_), self.trees))

    def described(self, values: NDArray[np.float32]) -> NDArray[np.float32]:  # (N, T, 2 * bands)
        season = [values.mean(axis=1), values.std(axis=1), values.min(axis=1), values.max(axis=1)]
        return np.concatenate([values.reshape(len(values), -1), *season], axis=1)  # (N, (T + 4) * 2 * bands)


def leaf_parcels(parcels: int, classes: int, trees: int) -> int:
    """The least number of parcels in a leaf with which so many trees stay below MOST_BYTES, at least LEAF_PARCELS.

    A tree has at most `parcels / least` leaves, and twice as many nodes; each leaf may need a row of shares.
    """
    leaf_bytes = 2 * _NODE_BYTES + _SHARE_BYTES * classes
    return max(LEAF_PARCELS, ceil(trees * parcels * leaf_bytes / MOST_BYTES))
