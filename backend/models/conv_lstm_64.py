"""A ConvLSTM with the hidden state of 64 maps and the 95,353 parameters that table 1 of the paper gives.

One of the designs that have exactly so many with 10 bands and 19 classes; the paper's text (section 2.1.3.2) does not
say which is its own. Two convolution units embed each date's patch as 64 maps (20,262), the four gates are 1 x 1
convolutions of the maps and the hidden state without bias (4 x 8,192), and the last state, of 64 maps of 3 x 3 after a
maximum, is classified by 576-64-64-19 (42,323). `conv-lstm` has 3 x 3 gates and a smaller state.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from .blocks import ConvUnit, images, perceptron
from .conv_lstm import ConvLSTMCell

PLACES = 3 * 3  # that are left of a 32 x 32 patch: 32 > 15 > 6 in the units, then 3


class ConvLSTM64(nn.Module):
    """Each place of a patch has an LSTM of its own, with the same weights; only the classifier compares places."""

    def __init__(
        self, bands: int, days: Sequence[int], classes: int, kernels: Sequence[int] = (30, 64), hidden: int = 64
    ) -> None:
        super().__init__()
        self.units = nn.Sequential(ConvUnit(bands, kernels[0]), ConvUnit(*kernels))
        self.recurrent = ConvLSTMCell(kernels[1], hidden, size_px=1, bias=False)
        self.classifier = perceptron(hidden * PLACES, 64, 64, classes)

    def forward(self, values: Tensor) -> Tensor:  # (N, T, bands, 32, 32)
        maps = self.units(images(values)).unflatten(0, values.shape[:2])  # (N, T, kernels[1], 6, 6)
        state = functional.max_pool2d(self.recurrent(maps), 2)  # (N, hidden, 3, 3)
        return self.classifier(state.flatten(1))  # (N, classes), logits
