"""PSE + L-TAE: pixel sets embedded date by date, read by lightweight attention (Garnot and Landrieu 2020)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .blocks import normed_perceptron
from .ltae import LTAE
from .pixel_set import PixelSetEncoder


class PSELTAE(nn.Module):
    """143,124 parameters with 10 bands, 24 dates, 20 classes and the authors' settings ("150k"); 39,956 of the small.

    The settings are those of the authors' code: perceptrons 10-32-64 and 132-128, classifier 128-64-32-classes.
    """

    def __init__(
        self,
        bands: int,
        days: Sequence[int],
        classes: int,
        heads: int,
        keys: int,
        width: int | None = None,
        out: int | None = None,
    ) -> None:
        super().__init__()
        self.spatial = PixelSetEncoder(bands)
        self.temporal = LTAE(self.spatial.norm.num_features, days, heads, keys, width, out)
        self.classifier = normed_perceptron(self.temporal.features, 64, 32, classes)

    def forward(self, values: Tensor, mask: Tensor, geometry: Tensor) -> Tensor:  # (N, T, bands, S), (N, S), (N, 4)
        return self.classifier(self.temporal(self.spatial(values, mask, geometry)))  # (N, classes), logits
