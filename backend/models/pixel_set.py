"""Pixel-set encoder: learned features of each pixel, their mean and deviation over the parcel (Garnot et al. 2020).

"Satellite Image Time Series Classification with Pixel-Set Encoders and Temporal Self-Attention", CVPR 2020, section
3.2. The order of the pixels does not matter, and slots without a pixel are used neither in the pooling nor in the
statistics of the batch normalisation.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .blocks import BatchNorm, normed_layers

GEOMETRY = 4  # features of a parcel's outline
DRAWN = 32  # pixels of a parcel in a training pass


class PixelFeatures(nn.Module):
    """One small perceptron for every pixel of every date, then mean and deviation over each parcel's pixels.

    Training draws `DRAWN` of a parcel's pixels at each pass, from torch's global generator: the papers draw them
    too, it costs half the time, and a resumed run draws the same. Once trained, all pixels of the set are used.
    """

    def __init__(self, bands: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.pixel = normed_layers(bands, *sizes)
        self.features = 2 * sizes[-1]

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:  # (N, T, bands, S), (N, S)
        if self.training and mask.shape[1] > DRAWN:
            values, mask = _draw(values, mask)
        parcel, slot = mask.nonzero(as_tuple=True)
        pixels = values[parcel, :, :, slot]  # (P, T, bands): the real pixels of all parcels
        features = self.pixel(pixels.flatten(0, 1)).float().view(*pixels.shape[:2], -1)  # (P, T, features)
        return torch.cat(_mean_and_deviation(features, parcel, len(values)), dim=2)  # (N, T, 2 * features)


class PixelSetEncoder(nn.Module):
    """Embeds each date's pixel set, with the parcel's geometry added before the last layer."""

    def __init__(self, bands: int, pixel: Sequence[int] = (32, 64), embedded: int = 128) -> None:
        super().__init__()
        self.pixels = PixelFeatures(bands, pixel)
        self.geometry = Geometry()
        self.embed = nn.Linear(self.pixels.features + GEOMETRY, embedded)
        self.norm = BatchNorm(embedded)

    def forward(self, values: Tensor, mask: Tensor, geometry: Tensor) -> Tensor:
        pooled = self.pixels(values, mask)  # (N, T, 2 * features)
        outline = self.geometry(geometry)[:, None].expand(-1, pooled.shape[1], -1)  # (N, T, 4)
        embedded = self.embed(torch.cat([pooled, outline], dim=2))
        return self.norm(embedded.flatten(0, 1)).view_as(embedded)  # (N, T, embedded)


class Geometry(nn.Module):
    """The parcel's geometry, standardised over the training parcels, as the paper does.

    They come in metres and square metres and span orders of magnitude, so their logarithm is what is standardised:
    one vast parcel then does not make all others look alike. A running mean and deviation, without parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm = BatchNorm(GEOMETRY, affine=False)

    def forward(self, geometry: Tensor) -> Tensor:  # (N, 4), none negative
        return self.norm(geometry.log1p())


def _draw(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """`DRAWN` slots of each parcel, at random among its real pixels; empty slots only where these are fewer."""
    chance = torch.rand(mask.shape, device=mask.device).masked_fill(~mask, 2.0)
    slots = chance.argsort(dim=1)[:, :DRAWN]  # (N, DRAWN)
    where = slots[:, None, None].expand(-1, *values.shape[1:3], -1)
    return values.gather(3, where), mask.gather(1, slots)


def _mean_and_deviation(features: Tensor, parcel: Tensor, parcels: int) -> tuple[Tensor, Tensor]:
    """Over the pixels of each parcel, `(P, T, features)` to twice `(N, T, features)`; the deviation of one pixel is 0.

    The deviation has n - 1 below, as in the paper's code. The root's small addend keeps its gradient finite at 0.
    """
    count = torch.bincount(parcel, minlength=parcels).to(features.dtype)[:, None, None]
    nothing = features.new_zeros(parcels, *features.shape[1:])
    mean = nothing.index_add(0, parcel, features) / count.clamp_min(1)
    away = features - mean.index_select(0, parcel)  # mean[parcel] has a gradient in no fixed order
    squares = nothing.index_add(0, parcel, away.square())
    return mean, (squares / (count - 1).clamp_min(1) + 1e-12).sqrt()
