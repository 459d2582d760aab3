"""CNN: each date's patch embedded on its own, the maximum over the dates classified (paper, section 2.1.1)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .blocks import SpatialEncoder, perceptron


class CNN(nn.Module):
    """Independent of the order of the dates. 92,899 parameters with 10 bands and 19 classes (paper, table 1)."""

    def __init__(self, bands: int, days: Sequence[int], classes: int, kernels: Sequence[int] = (16, 32, 96)) -> None:
        super().__init__()
        self.spatial = SpatialEncoder(bands, kernels)
        self.classifier = perceptron(self.spatial.features, 128, 64, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, bands, 32, 32)
        embedding = self.spatial(values).amax(dim=1)  # (N, features)
        return self.classifier(embedding)  # (N, classes), logits
