"""Dated L-TAE: attention over only the clear observations, each at its own day; no gaps are filled.

The lightweight attention of Garnot and Landrieu 2020 over any number of dates: an unobserved date has no weight,
and their order is given by the days, not by the positions.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .blocks import normed_layers, perceptron
from .ltae import MasterQueries, day_waves


class DatedLTAE(nn.Module):
    """`days` are not used: any dates will do, each parcel's own. 73,491 parameters with 10 bands and 19 classes.

    Embeddings are normalised date by date, so that no date depends on how many others there are.
    """

    def __init__(
        self,
        bands: int,
        days: Sequence[int],
        classes: int,
        width: int = 192,
        heads: int = 16,
        keys: int = 8,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.embed = nn.Sequential(nn.Linear(2 * bands, 64), nn.ReLU(), nn.Linear(64, width), nn.LayerNorm(width))
        self.temporal = MasterQueries(width, heads, keys)
        self.mlp = normed_layers(width, 128)
        self.dropout = nn.Dropout(dropout)
        self.classifier = perceptron(128, 64, classes)

    def forward(self, values: Tensor, observed: Tensor, days: Tensor) -> Tensor:  # (N, T, 2 * bands), (N, T), (N, T)
        embedded = self.embed(values)  # (N, T, width)
        waves = day_waves(days, embedded.shape[2] // self.heads).repeat(1, 1, self.heads)  # each head has them all
        season = self.temporal(torch.where(observed[..., None], embedded + waves, 0), observed)  # (N, width)
        return self.classifier(self.dropout(self.mlp(season)))  # (N, classes), logits
