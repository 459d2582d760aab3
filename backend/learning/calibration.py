"""Temperature scaling (Guo et al. 2017): one parameter that makes the mean confidence equal to the accuracy."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

LOWEST, HIGHEST = 0.2, 10.0  # a validation part without errors would give temperature 0: full confidence everywhere
HALVINGS = 60


def fit_temperature(
    logits: NDArray[np.floating], labels: NDArray[np.int64], log_prior: NDArray[np.floating] | None = None
) -> float:
    """The temperature in [0.2, 10] with the least cross entropy of `logits / temperature + log_prior`.

    `logits` and `log_prior` are `(N, classes)`, `labels` `(N,)`. Cross entropy is convex in 1 / temperature, and its
    slope there is what the logits are on average under the softmax less what they are for the truth; halving the
    interval finds the zero of that slope.
    """
    scores = torch.as_tensor(logits).double()
    prior = _tensor(log_prior)
    of_truth = scores.gather(1, torch.as_tensor(labels)[:, None]).mean()
    low, high = 1 / HIGHEST, 1 / LOWEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = ((scores * middle + prior).softmax(dim=1) * scores).sum(dim=1).mean() - of_truth
        low, high = (middle, high) if slope < 0 else (low, middle)
    return 2 / (low + high)


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean over the samples, in nats."""
    return float(functional.cross_entropy(torch.as_tensor(logits).double(), torch.as_tensor(labels)))


def probabilities(
    logits: NDArray[np.floating], temperature: float, log_prior: NDArray[np.floating] | None = None
) -> NDArray[np.float32]:
    """Calibrated probabilities `(N, classes)`; with a prior they are weighted by it and normalised again."""
    return (torch.as_tensor(logits).double() / temperature + _tensor(log_prior)).softmax(dim=1).float().numpy()


def mixed(
    logits: Sequence[NDArray[np.floating]], shares: Sequence[float], temperatures: Sequence[float]
) -> NDArray[np.floating]:
    """The logarithm of the average of the softmax of each `(N, classes)` divided by its temperature, weighted by
    `shares`, which add up to 1; a single one as it is.
    """
    if len(logits) == 1:
        return logits[0]
    scaled = [torch.as_tensor(one).double() / temperature for one, temperature in zip(logits, temperatures)]
    logs = [one.log_softmax(dim=1) + math.log(share) for one, share in zip(scaled, shares)]
    return torch.stack(logs).logsumexp(dim=0).numpy()


def _tensor(log_prior: NDArray[np.floating] | None) -> torch.Tensor:
    return torch.zeros(()) if log_prior is None else torch.as_tensor(log_prior).double()
