"""ConvLSTM: a recurrence whose states are images (paper, section 2.1.3.2; Shi et al. 2015 without peepholes).

Not the paper's own network, whose 95,353 parameters its text does not determine: table 1 gives "30 : 64" kernels and
a hidden state of 64, but the hidden-to-hidden weights of a four-gate 3 x 3 cell of 64 maps are 147,456 by themselves.
This one keeps the kernels 30 : 64, all four gates and 3 x 3 convolutions: two convolution units embed each date's
patch as 64 maps of 6 x 6, over which a cell of 22 maps runs; the means of its last state are classified. 95,329
parameters with 10 bands and 19 classes, 24 fewer than the paper's. `conv_lstm_64.py` is a design with exactly as many,
whose gates see no neighbours.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .blocks import ConvUnit, images, perceptron


class ConvLSTMCell(nn.Module):
    """Four gates (input, forget, candidate, output), each a convolution of the date's maps and hidden state.

    `size_px` of its kernels is odd; `bias` of all four gates or of none.
    """

    def __init__(self, channels: int, hidden: int, size_px: int = 3, bias: bool = True) -> None:
        super().__init__()
        margin_px = size_px // 2
        self.from_input = nn.Conv2d(channels, 4 * hidden, size_px, padding=margin_px, bias=bias)
        self.from_hidden = nn.Conv2d(hidden, 4 * hidden, size_px, padding=margin_px, bias=False)

    def forward(self, sequence: Tensor) -> Tensor:  # (N, T, channels, H, W)
        drive = self.from_input(sequence.flatten(0, 1)).unflatten(0, sequence.shape[:2])  # all dates at once
        first, *later = drive.unbind(1)  # each (N, 4 * hidden, H, W); indexing by date would cost training a third more
        cell = torch.zeros_like(first.chunk(4, dim=1)[0])  # the states before the first date are zero
        hidden, cell = self.step(first, cell)
        for gates in later:
            hidden, cell = self.step(gates + self.from_hidden(hidden), cell)
        return hidden  # (N, hidden, H, W), after the last date

    @staticmethod
    def step(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """The next hidden and cell state `(N, hidden, H, W)` from the four gates' sums `(N, 4 * hidden, H, W)`."""
        write, keep, candidate, show = gates.chunk(4, dim=1)
        cell = keep.sigmoid() * cell + write.sigmoid() * candidate.tanh()
        return show.sigmoid() * cell.tanh(), cell


class ConvLSTM(nn.Module):
    """Space and time are modelled together, so no share of the parameters is purely temporal."""

    def __init__(
        self, bands: int, days: Sequence[int], classes: int, kernels: Sequence[int] = (30, 64), hidden: int = 22
    ) -> None:
        super().__init__()
        self.units = nn.Sequential(ConvUnit(bands, kernels[0]), ConvUnit(*kernels))
        self.recurrent = ConvLSTMCell(kernels[1], hidden)
        self.classifier = perceptron(hidden, 64, 64, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, bands, 32, 32)
        maps = self.units(images(values)).unflatten(0, values.shape[:2])  # (N, T, kernels[1], 6, 6)
        state = self.recurrent(maps)  # (N, hidden, 6, 6)
        return self.classifier(state.mean(dim=(2, 3)))  # (N, classes), logits
