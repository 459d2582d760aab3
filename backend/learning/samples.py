"""Normalised samples of a feed, on the device: all held at once where they are few bytes, else built batch by batch."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.series.batch import Feed

from .normalisation import Normalisation

HELD_BYTES = 2**30  # the paper's 199,464 parcels as statistics are 0.4 GB; patches of about 1,000 parcels fit
HELD_VIEWS = ("statistics", "patch")  # one shape for every parcel; a pixel set may be drawn anew each time
CHUNK = 256  # parcels built at once


class Samples:
    """Serves the inputs of a network for any rows of a feed."""

    def __init__(
        self, feed: Feed, normalisation: Normalisation, device: torch.device, order: NDArray[np.int64] | None = None
    ) -> None:
        """`order` `(parcels, dates)`: each parcel's dates, once normalised, are served in this order."""
        self.feed, self.normalisation, self.device, self.order = feed, normalisation, device, order
        self._held: Tensor | None = None
        self._place = np.zeros(0, dtype=np.int64)

    def inputs(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """A network's positional arguments for these parcels, in this order."""
        if self._held is not None:
            return (self._held[torch.from_numpy(self._place[rows]).to(self.device)],)
        return self._built(rows)

    def hold(self, rows: NDArray[np.int64]) -> None:
        """Builds these parcels once for all, if they fit; afterwards only they may be asked for."""
        if self.feed.view not in HELD_VIEWS or not len(rows):
            return
        (first,) = self._built(rows[:1])
        if first.nbytes * len(rows) > HELD_BYTES:
            return
        held = first.new_empty((len(rows), *first.shape[1:]))
        for start in range(0, len(rows), CHUNK):
            (held[start : start + CHUNK],) = self._built(rows[start : start + CHUNK])
        self._place = np.full(len(self.feed), len(rows), dtype=np.int64)  # any other row is out of range, so an error
        self._place[rows] = np.arange(len(rows))
        self._held = held

    def _built(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        batch = self.normalisation.apply(self.feed.batch(rows, self.device))
        return (batch if self.order is None else batch.reordered(self.order[rows])).inputs()
