"""Linear discriminant analysis (Fisher 1936) on principal components; fitted by scikit-learn.

Each class's covariance is shrunk as Ledoit and Wolf (2004) derive it, so that few samples are enough.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch import Tensor
from torch.nn import functional

from .blocks import OnProcessor

LEAST = 1e-8  # probability of a class: none is impossible, and calibration finds a temperature
ABSENT = -1e3  # intercept of a class without samples: below LEAST


class LDA(OnProcessor):
    """Projection and discriminants are linear, so one matrix holds both. `fit`, then logits as the networks give."""

    coefficients: Tensor
    intercept: Tensor

    def __init__(self, bands: int, days: Sequence[int], classes: int, components: int = 64) -> None:
        super().__init__()
        self.components = components
        features = len(days) * 2 * bands
        self.register_buffer("coefficients", torch.zeros(classes, features, dtype=torch.float64))
        self.register_buffer("intercept", torch.zeros(classes, dtype=torch.float64))

    def fit(
        self,
        values: NDArray[Any],
        labels: NDArray[Any],
        seed: int = 0,
        done: Callable[[float], None] = lambda share: None,
        weights: NDArray[Any] | None = None,
    ) -> LDA:
        """Learns from samples `(N, dates, 2 * bands)` and labels `(N,)`.

        `weights` `(N,)`: their sums by class are the classes' prior probabilities, and so their parts in the covariance
        that all share.
        """
        flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)  # (N, dates * 2 * bands)
        present, number = np.unique(labels, return_inverse=True)
        slopes, levels = np.zeros((len(present), flat.shape[1])), np.zeros(len(present))
        if len(present) > 1:
            axes = PCA(min(self.components, *flat.shape), random_state=seed).fit(flat)
            done(0.5)
            slopes, levels = _discriminants(axes, axes.transform(flat), number, np.bincount(number, weights))
        coefficients, intercept = np.zeros(self.coefficients.shape), np.full(self.intercept.shape, ABSENT)
        coefficients[present], intercept[present] = slopes, levels
        self.coefficients, self.intercept = torch.as_tensor(coefficients), torch.as_tensor(intercept)
        done(1.0)
        return self

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        scores = functional.linear(values.flatten(1).cpu().double(), self.coefficients, self.intercept)
        return scores.log_softmax(dim=1).clamp_min(float(np.log(LEAST))).float().to(values.device)  # (N, classes)


def _discriminants(
    axes: PCA, scores: NDArray[np.float64], number: NDArray[Any], shares: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of at least two classes the coefficients `(classes, features)` and intercepts, of the features themselves."""
    discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=shares / shares.sum())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Only one sample available")  # such a class has a mean, but no covariance
        discriminant.fit(scores, number)
    slopes = discriminant.coef_ @ axes.components_
    levels = discriminant.intercept_ - slopes @ axes.mean_
    if len(shares) == 2:  # scikit-learn has one row: the second class against the first
        return np.vstack([0 * slopes, slopes]), np.append(0, levels)
    return slopes, levels
