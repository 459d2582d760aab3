"""GRU: each date's mean and deviation per band, read in order (paper, section 2.1.2)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .blocks import last_state, perceptron


class GRU(nn.Module):
    """All of its parameters but the classifier's model time: 94,587 with 10 bands and 19 classes (paper, table 1)."""

    def __init__(self, bands: int, days: Sequence[int], classes: int, hidden: int = 156) -> None:
        super().__init__()
        self.temporal = nn.GRU(2 * bands, hidden, batch_first=True)
        self.classifier = perceptron(hidden, 64, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        return self.classifier(last_state(self.temporal, values))  # (N, classes), logits
