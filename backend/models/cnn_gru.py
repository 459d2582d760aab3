"""CNN + GRU: each date's patch embedded on its own, the embeddings read in order by a GRU (paper, section 2.1.3.1)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .blocks import SpatialEncoder, last_state, perceptron


class CNNGRU(nn.Module):
    """The share of the parameters that model time follows from `kernels` and `hidden` (paper, table 1)."""

    def __init__(self, bands: int, days: Sequence[int], classes: int, kernels: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.spatial = SpatialEncoder(bands, kernels)
        self.temporal = nn.GRU(self.spatial.features, hidden, batch_first=True)
        self.classifier = perceptron(hidden, 64, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, bands, 32, 32)
        embeddings = self.spatial(values)  # (N, T, features)
        return self.classifier(last_state(self.temporal, embeddings))  # (N, classes), logits
