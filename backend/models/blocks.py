"""The units the networks share: the convolution unit, the stack of them over every date, the classifier."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights


class ConvUnit(nn.Module):
    """3 x 3 convolution without padding, batch normalisation, ReLU, 2 x 2 maximum (paper, section 2.1.1).

    The maximum is taken before the ReLU: the two commute, and the ReLU then sees a quarter of the values.
    """

    def __init__(self, channels: int, kernels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, kernels, kernel_size=3)
        self.norm = nn.BatchNorm2d(kernels)

    def forward(self, maps: Tensor) -> Tensor:  # (N, channels, H, W)
        maps = self.norm(self.conv(maps)) if self.training else functional.conv2d(maps, *self._folded())
        return functional.relu(functional.max_pool2d(maps, 2))  # (N, kernels, (H - 2) // 2, (W - 2) // 2)

    def _folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the one convolution that equals convolution and normalisation once training is over."""
        conv, norm = self.conv, self.norm
        mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
        return fuse_conv_bn_weights(conv.weight, conv.bias, mean, variance, norm.eps, norm.weight, norm.bias)


def images(values: Tensor) -> Tensor:
    """Every date's patch as an image of its own: `(N, T, bands, H, W)` to `(N * T, bands, H, W)`.

    Bands are made the fastest axis in memory, which makes convolution on a CPU twice as fast, training and inference.
    """
    return values.flatten(0, 1).contiguous(memory_format=torch.channels_last)


class SpatialEncoder(nn.Module):
    """Embeds each date's patch on its own, through one convolution unit for each number of kernels."""

    def __init__(self, bands: int, kernels: Sequence[int]) -> None:
        super().__init__()
        channels = (bands, *kernels)
        self.units = nn.Sequential(*(ConvUnit(before, after) for before, after in zip(channels, kernels)))
        self.features = kernels[-1] * 2 * 2  # three units leave 2 x 2 of a 32 x 32 patch: 32 > 15 > 6 > 2

    def forward(self, values: Tensor) -> Tensor:  # (N, T, bands, 32, 32)
        maps = self.units(images(values))  # (N * T, kernels, 2, 2)
        return maps.flatten(1).unflatten(0, values.shape[:2])  # (N, T, features)


def perceptron(*sizes: int) -> nn.Sequential:
    """The classifier: linear layers of these sizes with a ReLU between, none after the last."""
    layers: list[nn.Module] = [nn.Linear(sizes[0], sizes[1])]
    for before, after in zip(sizes[1:], sizes[2:]):
        layers += [nn.ReLU(), nn.Linear(before, after)]
    return nn.Sequential(*layers)


class BatchNorm(nn.BatchNorm1d):
    """Torch's own; a lone sample in training, as a last batch may be, is normalised by the running statistics."""

    def forward(self, values: Tensor) -> Tensor:  # (N, features) or (N, features, T)
        if self.training and values.numel() == self.num_features:
            return functional.batch_norm(
                values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(values)


def normed_layers(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes, each with batch normalisation and ReLU after it."""
    layers: list[nn.Module] = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Linear(before, after), BatchNorm(after), nn.ReLU()]
    return nn.Sequential(*layers)


def normed_perceptron(*sizes: int) -> nn.Sequential:
    """A classifier with batch normalisation and ReLU after each layer but the last."""
    return nn.Sequential(*normed_layers(*sizes[:-1]), nn.Linear(sizes[-2], sizes[-1]))


class OnProcessor(nn.Module):
    """A model in double precision. It stays on the processor whatever device it is moved to: Apple's GPUs have no such
    numbers, and for a matrix or a walk through trees the way to another device takes longer than the work."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> OnProcessor:  # behind to, cuda, float
        return self


def last_state(recurrent: nn.GRU, sequence: Tensor) -> Tensor:
    """The hidden state `(N, hidden)` after the last of the dates of `(N, T, features)`."""
    _, state = recurrent(sequence)  # (1, N, hidden)
    return state[0]
