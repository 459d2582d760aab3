"""A dataset whose summaries of parcels are kept in memory: folds and members ask for the same ones again and again."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from backend.series.batch import Batch, Dataset, moments

Rows = NDArray[np.int64]
KEPT_BYTES = 2**29
CHUNK = 256  # parcels that are built at once


def kept(dataset: Dataset) -> Dataset:
    """The dataset with its memory; the same one where its samples hold pixels, or all would take over KEPT_BYTES."""
    needed = 4 * len(dataset) * len(dataset.days) * 2 * len(dataset.bands)
    return KeptDataset(dataset) if dataset.view in ("statistics", "observations") and needed <= KEPT_BYTES else dataset


class KeptDataset:
    """A Dataset of statistics or observations over one of the same view, each parcel of which is built once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.view, self.bands, self.days, self.usable = dataset.view, dataset.bands, dataset.days, dataset.usable
        self._there = np.zeros(len(dataset), dtype=np.bool_)
        self._parts: dict[str, torch.Tensor] = {}  # by field of Batch, each `(parcels, ...)`

    def __len__(self) -> int:
        return len(self.dataset)

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        missing = np.unique(rows[~self._there[rows]])
        for start in range(0, len(missing), CHUNK):
            self._build(missing[start : start + CHUNK])
        place = torch.from_numpy(np.ascontiguousarray(rows))
        parts = {name: whole[place] for name, whole in self._parts.items()}
        gaps = bool(parts["values"].isnan().any())
        return Batch(**{name: part.to(device) for name, part in parts.items()}, gaps=gaps)  # type: ignore[arg-type]

    def mean_std(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return moments(self.batch(rows, torch.device("cpu")))

    def _build(self, rows: Rows) -> None:
        built = self.dataset.batch(rows, torch.device("cpu"))
        for name in ("values", "mask", "days"):
            part = getattr(built, name)
            if part is not None:
                whole = self._parts.setdefault(name, part.new_zeros((len(self), *part.shape[1:])))
                whole[torch.from_numpy(rows)] = part
        self._there[rows] = True
