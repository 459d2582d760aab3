"""The loss that training lowers: cross entropy or focal loss, with a weight for each class where classes are uneven."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor
from torch.nn import functional

GAMMA = 1.0  # as in the papers of PSE + TAE and L-TAE; 0 would be cross entropy

Objective = Callable[[Tensor, Tensor], Tensor]


def objective(loss: str, weights: NDArray[np.float64] | None, device: torch.device) -> Objective:
    """From logits `(N, classes)` and labels `(N,)` to the mean loss: weighted by the labels' weights, if any."""
    weight = None if weights is None else torch.as_tensor(weights, dtype=torch.float32, device=device)
    if loss == "focal":
        return lambda logits, truth: focal(logits, truth, weight)
    return lambda logits, truth: functional.cross_entropy(logits, truth, weight)


def focal(logits: Tensor, truth: Tensor, weight: Tensor | None = None, gamma: float = GAMMA) -> Tensor:
    """Mean of `-(1 - p)^gamma log p`, p the truth's probability (Lin et al. 2017): well classified ones count less."""
    log_p = functional.log_softmax(logits, dim=1).gather(1, truth[:, None]).squeeze(1)  # (N,)
    losses = -((1 - log_p.exp()) ** gamma) * log_p
    if weight is None:
        return losses.mean()
    return (losses * weight[truth]).sum() / weight[truth].sum()


def class_weights(kind: str, labels: NDArray[np.int64], classes: int) -> NDArray[np.float64] | None:
    """A weight for each class `(classes,)`: None, `balanced` (1 / frequency, as scikit-learn has it) or its root.

    A class without a parcel among `labels` gets 1, which is not used.
    """
    if kind == "none":
        return None
    present = np.unique(labels)
    weights = np.ones(classes)
    weights[present] = compute_class_weight("balanced", classes=present, y=labels)
    return np.sqrt(weights) if kind == "square-root" else weights
