"""Random forest on each date's means and deviations: the paper's baseline (section 3.2), grown by scikit-learn."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from sklearn.ensemble import RandomForestClassifier

from .trees import Forest


class RandomForest(Forest):
    """Full-grown trees on bootstrap samples, as scikit-learn has them by default."""

    def __init__(self, bands: int, days: Sequence[int], classes: int, trees: int = 400) -> None:
        super().__init__(len(days) * 2 * bands, classes, trees)

    def estimator(self, parcels: int, seed: int) -> RandomForestClassifier:
        return RandomForestClassifier()
