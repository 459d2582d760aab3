"""Transformer: self-attention between the dates, each marked with its day (Vaswani et al. 2017).

A small encoder as Russwurm and Koerner 2020 ("Self-attention for raw optical satellite time series classification")
use it: layers over the embedded dates, their maximum over time classified. Dropout is only between the layers.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .ltae import day_waves


class Transformer(nn.Module):
    """Positions are the days of the season themselves. 102,995 parameters with 10 bands and 19 classes."""

    def __init__(
        self,
        bands: int,
        days: Sequence[int],
        classes: int,
        width: int = 64,
        heads: int = 4,
        layers: int = 3,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(2 * bands, width)
        self.register_buffer("positions", day_waves(torch.tensor(days), width), persistent=False)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout, batch_first=True)
        layer.self_attn.dropout = 0.0  # dropping pairs of dates would make each date cost more, the more there are
        self.temporal = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.classifier = nn.Linear(width, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        sequence = self.temporal(self.embed(values) + self.get_buffer("positions"))  # (N, T, width)
        return self.classifier(sequence.amax(dim=1))  # (N, classes), logits
