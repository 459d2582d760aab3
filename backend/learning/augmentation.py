"""Varies training samples at random: the season earlier or later, the whole parcel brighter or darker."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .samples import Samples


@dataclass(frozen=True)
class Augmentation:
    """Draws from torch's global generator, for each sample, a shift in time evenly from `-shift_days` to `shift_days`,
    and a factor of reflectance `exp(scale * z)` with z normally distributed. Neither draws where it is 0.

    Observations are moved exactly: their days are. On a calendar the moved series is interpolated linearly in
    reflectance between the calendar's days; before the first and after the last the nearest holds. What is zero once
    normalised (outside a parcel, not observed) stays so.
    """

    shift_days: float
    scale: float
    samples: Samples

    def apply(self, inputs: tuple[Tensor, ...], rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """The inputs of these parcels, moved and scaled; normalised in, normalised out."""
        values, *extra = inputs  # (N, T, channels, ...)
        if self.shift_days:
            shift = (2 * torch.rand(len(values)) - 1) * self.shift_days  # on the CPU: a seed gives the same everywhere
            shift = shift.to(values.device)
            if self.samples.dataset.view == "observations":
                observed, days = extra
                extra = [observed, days + shift[:, None]]
            else:
                values = self._moved(values, shift, rows)
        if self.scale:
            factor = torch.exp(self.scale * torch.randn(len(values))).to(values.device)
            values = self._scaled(values, factor.view(-1, *(1,) * (values.ndim - 1)))
        return (values, *extra)

    def _moved(self, values: Tensor, shift: Tensor, rows: NDArray[np.int64]) -> Tensor:
        """Series `(N, T, channels, ...)` that come `shift` `(N,)` days later."""
        mean, deviation = self._normalisation(values)
        days = torch.tensor(self.samples.dataset.days, dtype=torch.float64, device=values.device)
        sample, position = torch.arange(len(values), device=values.device)[:, None], self._positions(rows, values)
        before, after, way = between(days, days - shift[:, None])  # each (N, T)
        natural = values[sample, position]  # the dates in their order
        inside = (natural != 0).any(dim=2, keepdim=True).any(dim=1, keepdim=True)
        seen = natural * deviation + mean  # reflectance
        way = way.to(values.dtype).view(*way.shape, *(1,) * (values.ndim - 2))
        moved = ((1 - way) * seen[sample, before] + way * seen[sample, after] - mean) / deviation
        return torch.empty_like(values).index_put_((sample.expand_as(position), position), moved * inside)

    def _scaled(self, values: Tensor, factor: Tensor) -> Tensor:
        mean, deviation = self._normalisation(values)
        return torch.where(values == 0, 0, factor * values + (factor - 1) * mean / deviation)

    def _normalisation(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """In a shape that goes with `values`."""
        normal = self.samples.normalisation
        shape = (*normal.mean.shape, *(1,) * (values.ndim - 3))
        mean, deviation = (
            torch.as_tensor(part, dtype=values.dtype, device=values.device) for part in (normal.mean, normal.std)
        )
        return mean.view(shape), deviation.view(shape)

    def _positions(self, rows: NDArray[np.int64], values: Tensor) -> Tensor:
        """Where each date of the calendar is in the samples `(N, T)`."""
        if self.samples.order is None:
            return torch.arange(values.shape[1], device=values.device).expand(values.shape[:2])
        return torch.from_numpy(np.argsort(self.samples.order[rows], axis=1)).to(values.device)


def between(days: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For every day `wanted` `(N, T)` the dates of `days` `(T,)` before and after it, and how far it is on the way.

    Past the ends both are the nearest.
    """
    after = torch.searchsorted(days, wanted.contiguous()).clamp(1, max(1, len(days) - 1))
    before, after = after - 1, after.clamp(max=len(days) - 1)
    span = (days[after] - days[before]).clamp_min(1e-9)
    return before, after, ((wanted - days[before]) / span).clamp(0, 1)
