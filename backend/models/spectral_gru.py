"""Spectral GRU: features of the spectrum that are learned pixel by pixel, then the paper's GRU (paper, section 5).

Where `gru` reads the mean and deviation of each band over the parcel, this reads the mean and deviation of learned
functions of all bands of a pixel: the "learned spectral features" of the paper's outlook, and nothing else differs.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .blocks import last_state, perceptron
from .pixel_set import PixelFeatures


class SpectralGRU(nn.Module):
    """89,691 parameters with 10 bands and 19 classes, within a tenth of the paper's models."""

    def __init__(
        self, bands: int, days: Sequence[int], classes: int, spectral: Sequence[int] = (32, 32), hidden: int = 132
    ) -> None:
        super().__init__()
        self.spatial = PixelFeatures(bands, spectral)
        self.temporal = nn.GRU(self.spatial.features, hidden, batch_first=True)
        self.classifier = perceptron(hidden, 64, classes)

    def forward(self, values: Tensor, mask: Tensor, geometry: Tensor) -> Tensor:  # (N, T, bands, S), (N, S), (N, 4)
        sequence = self.spatial(values, mask)  # (N, T, features)
        return self.classifier(last_state(self.temporal, sequence))  # (N, classes), logits
