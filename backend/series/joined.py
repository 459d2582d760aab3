"""Several seasons as one dataset: their parcels one after another, all on the same days of the season."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray

from backend.series.batch import Batch, Dataset
from backend.series.indices import available
from backend.series.kept import kept
from backend.series.store import Store
from backend.series.views import dataset_for

Rows = NDArray[np.int64]


ThermalDays = Sequence[Sequence[float]] | None  # of the acquisitions of each store; None: their days


def joined(
    view: str, stores: Sequence[Store], indices: bool = False, thermal_days: ThermalDays = None
) -> Dataset:  # fmt: skip
    """The dataset of one store, or of several in their order, interpolated to the days and bands of the first.

    Observations are not interpolated: each parcel keeps the days of its own season. `indices` adds the spectral ones
    that those bands allow.

    Raises MissingBands where another store lacks a band of the first.
    """
    first = stores[0]
    bands = (*first.bands, *available(first.bands)) if indices else first.bands
    return served(view, stores, first.days, bands, thermal_days)


def served(
    view: str, stores: Sequence[Store], days: Sequence[int], bands: Sequence[str], thermal_days: ThermalDays = None
) -> Dataset:
    """The same with these days and bands, such as those of a model; what is small is kept. Raises MissingBands."""
    axes: Sequence[Sequence[float] | None] = thermal_days or [None] * len(stores)
    datasets = [dataset_for(view, store, days, bands, axis) for store, axis in zip(stores, axes, strict=True)]
    return kept(datasets[0] if len(datasets) == 1 else JoinedDataset(datasets))


class JoinedDataset:
    """A Dataset over datasets of one view, with the same bands and days; row numbers continue from one to the next.

    Datasets of observations may have days of their own; `days` are then those of the season with the most.
    """

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        self.datasets = tuple(datasets)
        self.view, self.bands = datasets[0].view, datasets[0].bands
        self.days = max((dataset.days for dataset in datasets), key=len)
        self.usable = np.concatenate([dataset.usable for dataset in datasets])

    def __len__(self) -> int:
        return sum(map(len, self.datasets))

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        """The parcels in the order asked for, whatever season each is of."""
        parts = self._parts(rows)
        batches = [dataset.batch(own, device).padded(len(self.days)) for dataset, _, own in parts]
        back = torch.from_numpy(np.argsort(np.concatenate([asked for _, asked, _ in parts]))).to(device)
        names = [field.name for field in fields(Batch) if field.name != "gaps"]
        tensors = {name: _together([getattr(batch, name) for batch in batches], back) for name in names}
        return Batch(**tensors, gaps=any(batch.gaps for batch in batches))  # type: ignore[arg-type]

    def mean_std(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Those of the seasons pooled, each with the weight of its parcels among `rows`."""
        parts = self._parts(rows)
        means, stds = (np.stack(figures) for figures in zip(*(dataset.mean_std(own) for dataset, _, own in parts)))
        parcels = np.array([len(own) for _, _, own in parts], np.float64).reshape(-1, *(1,) * (means.ndim - 1))
        weights = np.where(np.isnan(means), np.nan, parcels)  # no observation: no weight
        weights /= np.nansum(weights, axis=0)
        mean = _pooled(weights * means)
        return mean, np.sqrt(_pooled(weights * (stds**2 + (means - mean) ** 2)))

    def _parts(self, rows: Rows) -> list[tuple[Dataset, Rows, Rows]]:
        """The datasets that `rows` fall into, with their positions among `rows` and their own row numbers."""
        ends = np.cumsum([len(dataset) for dataset in self.datasets])
        of = np.searchsorted(ends, rows, side="right")
        asked = [np.flatnonzero(of == number) for number in range(len(self.datasets))]
        firsts = ends - [len(dataset) for dataset in self.datasets]
        return [
            (dataset, at, rows[at] - first)
            for dataset, at, first in zip(self.datasets, asked, firsts, strict=True)
            if len(at)
        ]


def _pooled(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over the seasons `(seasons, dates, channels)` that have a value; NaN where none has."""
    return np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))


def _together(pieces: Sequence[torch.Tensor | None], back: torch.Tensor) -> torch.Tensor | None:
    """The seasons' tensors as one, in the order asked for; None where the view has none."""
    there = [piece for piece in pieces if piece is not None]
    return torch.cat(there)[back] if there else None
