"""Dated GRU: the paper's GRU over only the clear observations, each with its day; no gaps are filled."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from .blocks import perceptron
from .ltae import day_waves

WAVES = 16  # channels that encode the day


class DatedGRU(nn.Module):
    """`days` are not used: any dates will do, each parcel's own, in any order. 95,499 parameters with 10 bands and
    19 classes."""

    def __init__(self, bands: int, days: Sequence[int], classes: int, hidden: int = 150) -> None:
        super().__init__()
        self.temporal = nn.GRU(2 * bands + WAVES, hidden, batch_first=True)
        self.classifier = perceptron(hidden, 64, classes)

    def forward(self, values: Tensor, observed: Tensor, days: Tensor) -> Tensor:  # (N, T, 2 * bands), (N, T), (N, T)
        order = torch.where(observed, days, torch.inf).argsort(dim=1, stable=True)  # by day, the unobserved last
        tokens = torch.cat([values, day_waves(days, WAVES)], dim=2)
        tokens = tokens.gather(1, order[..., None].expand_as(tokens))
        # On the CPU, as torch requires; a parcel without any date reads one unobserved date.
        count = observed.sum(dim=1).clamp_min(1).cpu()
        _, state = self.temporal(pack_padded_sequence(tokens, count, batch_first=True, enforce_sorted=False))
        return self.classifier(state[0])  # (N, classes), logits
