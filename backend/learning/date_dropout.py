"""Removes dates from training samples at random, as clouds do, so that a model does not depend on single dates."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .samples import Samples


@dataclass(frozen=True)
class DateDropout:
    """Drops each date of each sample with the chance `share`, but never all; draws from torch's global generator.

    A dropped date is filled as a cloudy one is when images are read: linearly in reflectance between the dates kept
    before and after, at the ends from the nearest. Deviations of the statistics view are filled in the same way, which
    is near, but not the deviation of filled pixels. In the observations view, which has no filling, a dropped date
    becomes one that was not observed.
    """

    share: float
    samples: Samples

    def apply(self, inputs: tuple[Tensor, ...], rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """The inputs of these parcels with fewer dates; normalised in, normalised out."""
        if not self.share:
            return inputs
        values, *extra = inputs  # (N, T, channels, ...)
        if self.samples.dataset.view == "observations":
            observed, days = extra
            kept = drawn(observed.cpu(), self.share).to(values.device)
            return (values * kept[..., None], observed & kept, days)
        kept = drawn(torch.ones(values.shape[:2], dtype=torch.bool), self.share).to(values.device)
        return (self._filled(values, kept, rows), *extra)

    def _filled(self, values: Tensor, kept: Tensor, rows: NDArray[np.int64]) -> Tensor:
        samples, device = self.samples, values.device
        sample, date = torch.nonzero(~kept, as_tuple=True)  # (K,) each: the dropped ones
        before, after, weight = (part[sample, date] for part in neighbours(kept, self._days(device)))
        position = self._positions(rows, kept)  # (N, T): where each date is in the batch

        def at(dates: Tensor) -> Tensor:  # (K, channels, ...) in reflectance
            return values[sample, position[sample, dates]] * deviation[dates] + mean[dates]

        shape = (*samples.normalisation.mean.shape, *(1,) * (values.ndim - 3))
        mean, deviation = (
            torch.as_tensor(values_of_kind, dtype=values.dtype, device=device).view(shape)
            for values_of_kind in (samples.normalisation.mean, samples.normalisation.std)
        )
        way = weight.view(-1, *(1,) * (values.ndim - 2)).to(values.dtype)
        between = ((1 - way) * at(before) + way * at(after) - mean[date]) / deviation[date]
        inside = (values != 0).any(dim=2).any(dim=1)[sample]  # (K, ...): a pixel outside is zero on all dates
        filled = values.clone()
        filled[sample, position[sample, date]] = between * inside[:, None]
        return filled

    def _days(self, device: torch.device) -> Tensor:
        return torch.tensor(self.samples.dataset.days, dtype=torch.float64, device=device)

    def _positions(self, rows: NDArray[np.int64], kept: Tensor) -> Tensor:
        if self.samples.order is None:
            return torch.arange(kept.shape[1], device=kept.device).expand(kept.shape)
        return torch.from_numpy(np.argsort(self.samples.order[rows], axis=1)).to(kept.device)


def drawn(observed: Tensor, share: float) -> Tensor:
    """Which of the observed dates `(N, T)` stay: each with the chance `1 - share`, and one at least.

    On the CPU, so that a seed gives the same on any device.
    """
    chance = torch.rand(observed.shape).where(observed, -1.0)
    kept = (chance >= share) & observed
    return kept.scatter(1, chance.argmax(dim=1, keepdim=True), True) & observed


def neighbours(kept: Tensor, days: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For every date `(N, T)` the kept one before and after it (itself where it is kept), and how far it is on the way.

    `kept` has at least one True in each row. Past the ends both are the nearest.
    """
    dates = torch.arange(kept.shape[1], device=kept.device).expand(kept.shape)
    last = kept.shape[1]
    before = torch.where(kept, dates, -1).cummax(dim=1).values
    after = torch.where(kept, dates, last).flip(1).cummin(dim=1).values.flip(1)
    first, final = torch.where(before < 0, after, before), torch.where(after == last, before, after)
    span = days[final] - days[first]
    return first, final, torch.where(span > 0, (days[dates] - days[first]) / span.clamp_min(1e-9), 0.0)
