"""What a feed serves to the networks: a batch of samples of one view."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Batch:
    """Samples of one view, on one device.

    values: patch `(N, dates, bands, 32, 32)`, statistics `(N, dates, 2 * bands)`, pixel_set `(N, dates, bands, S)`;
        float32 reflectance.
    mask: patch `(N, 1, 1, 32, 32)`, pixel_set `(N, S)`: True inside the parcel; None for statistics.
    geometry: pixel_set `(N, 4)`: perimeter m, area m2, perimeter / area, pixels / bounding-box pixels; else None.
    """

    values: torch.Tensor
    mask: torch.Tensor | None = None
    geometry: torch.Tensor | None = None

    def reordered(self, order: NDArray[np.int64]) -> Batch:
        """With each sample's dates in the order of its row of `order` `(N, dates)`."""
        places = torch.from_numpy(order).to(self.values.device)
        sample = torch.arange(len(places), device=places.device)[:, None]
        return replace(self, values=self.values[sample, places])

    def inputs(self) -> tuple[torch.Tensor, ...]:
        """The positional arguments of a model of this view."""
        if self.geometry is None:
            return (self.values,)
        mask = self.mask if self.mask is not None else torch.ones_like(self.values[:, 0, 0], dtype=torch.bool)
        return (self.values, mask, self.geometry)


class Feed(Protocol):
    """Serves the samples of one view; `rows` are positions in the parcel index."""

    view: str
    bands: tuple[str, ...]
    days: tuple[int, ...]
    usable: NDArray[np.bool_]  # (parcels,)

    def __len__(self) -> int: ...

    def batch(self, rows: NDArray[np.int64], device: torch.device) -> Batch:
        """Raw reflectance of these parcels, not normalised."""
        ...

    def moments(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation, each `(dates, channels)`, of these parcels' pixels.

        For statistics: over the parcels instead.
        """
        ...
