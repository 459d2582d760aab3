"""A batch of samples of one view, as networks take it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import pad


@dataclass(frozen=True)
class Batch:
    """Samples of one view, on one device.

    values: patch `(N, dates, bands, 32, 32)`, statistics and observations `(N, dates, 2 * bands)`, pixel_set
        `(N, dates, bands, S)`; float32 reflectance.
    mask: patch `(N, 1, 1, 32, 32)`, pixel_set `(N, S)`: True inside the parcel; observations `(N, dates)`: True where
        the date was observed; None for statistics.
    geometry: pixel_set `(N, 4)`: perimeter m, area m2, perimeter / area, pixels / bounding-box pixels; else None.
    days: observations `(N, dates)` float32: days since 1 January of the season; else None.
    gaps: whether values may be NaN: at dates in gaps that the store did not fill.
    """

    values: torch.Tensor
    mask: torch.Tensor | None = None
    geometry: torch.Tensor | None = None
    days: torch.Tensor | None = None
    gaps: bool = False

    def spread_mask(self) -> torch.Tensor | None:
        """The mask in a shape that goes with `values`."""
        if self.mask is None or self.mask.ndim == self.values.ndim:
            return self.mask
        return self.mask[:, None, None] if self.days is None else self.mask[:, :, None]

    def reordered(self, order: NDArray[np.int64]) -> Batch:
        """With each sample's dates in the order of its row of `order` `(N, dates)`; the days stay where they are."""
        positions = torch.from_numpy(order).to(self.values.device)
        sample = torch.arange(len(positions), device=positions.device)[:, None]
        mask = self.mask[sample, positions] if self.mask is not None and self.days is not None else self.mask
        return replace(self, values=self.values[sample, positions], mask=mask)

    def padded(self, dates: int) -> Batch:
        """Observations padded with unobserved dates up to so many; other views unchanged."""
        more = dates - self.values.shape[1]
        if self.days is None or self.mask is None or not more:
            return self
        values, mask, days = pad(self.values, (0, 0, 0, more)), pad(self.mask, (0, more)), pad(self.days, (0, more))
        return replace(self, values=values, mask=mask, days=days)

    def inputs(self) -> tuple[torch.Tensor, ...]:
        """The positional arguments of a model of this view: geometry and days come with the mask."""
        for more in (self.geometry, self.days):
            if more is not None:
                return (self.values, self.required_mask, more)
        return (self.values,)

    @property
    def required_mask(self) -> torch.Tensor:
        """The mask. Raises ValueError for a view that has none."""
        if self.mask is None:
            raise ValueError("this view has no mask")
        return self.mask


def moments(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation: of statistics `(dates, channels)` over the parcels, of observations `(1, channels)`
    over all observed dates of all parcels. NaN are left out; where nothing else is there, the result is NaN.
    """
    values = batch.values.double().numpy()
    if batch.days is not None:
        values = values[batch.required_mask.numpy()][:, None]  # (observed dates, 1, channels)
    present = ~np.isnan(values)
    count = np.where(present.any(axis=0), present.sum(axis=0), np.nan)
    mean = np.nansum(values, axis=0) / count
    return mean, np.sqrt(np.nansum((values - mean) ** 2, axis=0) / count)


class Dataset(Protocol):
    """Serves the samples of one view; `rows` are positions in the parcel index."""

    view: str
    bands: tuple[str, ...]
    days: tuple[int, ...]
    usable: NDArray[np.bool_]  # (parcels,)

    def __len__(self) -> int: ...

    def batch(self, rows: NDArray[np.int64], device: torch.device) -> Batch:
        """Raw reflectance of these parcels, not normalised."""
        ...

    def mean_std(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation, each `(dates, channels)`, of these parcels' pixels.

        For statistics: over the parcels instead. For observations: `(1, channels)`, over parcels and dates.
        """
        ...
