"""Normalised samples of a dataset on the device: kept in memory where they are small, otherwise built by batch."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.series.batch import Dataset

from .normalisation import Normalisation

HELD_BYTES = 2**30  # the paper's 199,464 parcels as statistics are 0.4 GB; 17,000 pixel sets or 1,000 patches fit
CHUNK = 256  # parcels built at once


class Samples:
    """Serves the inputs of a network for any rows of a dataset."""

    def __init__(
        self,
        dataset: Dataset,
        normalisation: Normalisation,
        device: torch.device,
        order: NDArray[np.int64] | None = None,
    ) -> None:
        """`order` `(parcels, dates)`: each parcel's dates, once normalised, are served in this order."""
        self.dataset, self.normalisation, self.device, self.order = dataset, normalisation, device, order
        self._held: tuple[Tensor, ...] = ()
        self._place = np.zeros(0, dtype=np.int64)

    def inputs(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """A network's positional arguments for these parcels, in this order."""
        if not self._held:
            return self._built(rows)
        place = torch.from_numpy(self._place[rows]).to(self.device)
        return tuple(tensor[place] for tensor in self._held)

    def hold(self, rows: NDArray[np.int64]) -> None:
        """Builds these parcels once, if they fit; afterwards only they can be requested."""
        if not len(rows):
            return
        one = self._built(rows[:1])
        if sum(tensor.nbytes for tensor in one) * len(rows) > HELD_BYTES:
            return
        held = tuple(tensor.new_empty((len(rows), *tensor.shape[1:])) for tensor in one)
        for start in range(0, len(rows), CHUNK):
            for whole, part in zip(held, self._built(rows[start : start + CHUNK])):
                whole[start : start + CHUNK] = part
        self._place = np.full(
            len(self.dataset), len(rows), dtype=np.int64
        )  # any other row is out of range, so an error
        self._place[rows] = np.arange(len(rows))
        self._held = held

    def _built(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        batch = self.normalisation.apply(self.dataset.batch(rows, self.device))
        return (batch if self.order is None else batch.reordered(self.order[rows])).inputs()
