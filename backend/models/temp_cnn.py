"""TempCNN: convolutions along time (Pelletier, Webb and Petitjean 2019, Remote Sensing 11(5) 523)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .blocks import BatchNorm


class TempCNN(nn.Module):
    """Three convolutions of 5 dates, a dense layer of 256, dropout of a half after each, as published.

    The convolutions step from date to date as if these were evenly spaced. 446,803 parameters with 10 bands (their
    means and deviations), 24 dates and 19 classes, most of them in the dense layer.
    """

    def __init__(
        self, bands: int, days: Sequence[int], classes: int, kernels: int = 64, dense: int = 256, dropout: float = 0.5
    ) -> None:
        super().__init__()
        channels = (2 * bands, kernels, kernels, kernels)
        self.temporal = nn.Sequential(*(_unit(*pair, dropout) for pair in zip(channels, channels[1:])))
        self.dense = nn.Sequential(
            nn.Linear(kernels * len(days), dense), BatchNorm(dense), nn.ReLU(), nn.Dropout(dropout)
        )
        self.classifier = nn.Linear(dense, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        maps = self.temporal(values.transpose(1, 2))  # (N, kernels, T)
        return self.classifier(self.dense(maps.flatten(1)))  # (N, classes), logits


def _unit(channels: int, kernels: int, dropout: float) -> nn.Sequential:
    conv = nn.Conv1d(channels, kernels, kernel_size=5, padding=2)
    return nn.Sequential(conv, BatchNorm(kernels), nn.ReLU(), nn.Dropout(dropout))
