"""The mean series of parcels: of their pixels first and in time afterwards, which is fast for any number of pixels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.series.calendar import interpolation
from backend.series.gathering import StoreDataset
from backend.series.indices import INDICES, measured
from backend.series.source import observed
from backend.series.store import Store
from backend.vocabulary import REFLECTANCE_SCALE

Rows = NDArray[np.int64]
Watch = Callable[[Rows, NDArray[np.float32]], None]


def mean_series(
    store: Store, days: Sequence[int], bands: Sequence[str], rows: Rows, watch: Watch | None = None
) -> Iterator[NDArray[np.float32]]:
    """`(N, days, bands)` of the parcels `rows`, some at a time: the means of their observed pixels, interpolated to
    `days`; NaN where there are none. Spectral indices are those of the means.

    `watch` gets each part's rows and its means `(N, store.days, measured(bands))` on the way. Raises MissingBands.
    """
    needed = measured(bands)
    pixels = StoreDataset(store, bands=needed)
    to_days = None if tuple(days) == store.days else interpolation(store.days, days)
    for part in pixels.parts(rows):
        means = _means(pixels, part)
        if watch is not None:
            watch(part, means)
        if to_days is not None:
            means = _resampled(means, to_days)
        yield with_indices(means, needed, bands)


def _means(dataset: StoreDataset, rows: Rows) -> NDArray[np.float32]:
    """Reflectances `(N, dates, bands)` on the store's own dates; each parcel has a pixel that was observed."""
    some = dataset.gather(rows)
    ends = np.searchsorted(some.parcel, np.arange(len(rows) + 1))
    if not some.gaps:
        return _sums(some.pixels, ends) / (np.diff(ends) * np.float32(REFLECTANCE_SCALE))[:, None, None]
    present = observed(some.pixels)
    sums, seen = _sums(some.pixels * present, ends), _sums(present, ends)
    return np.where(seen > 0, sums / np.maximum(seen, 1) / np.float32(REFLECTANCE_SCALE), np.float32(np.nan))


def _sums(values: NDArray[Any], ends: Rows) -> NDArray[np.float32]:
    """Of each parcel's pixels; in single precision and parcel by parcel, which is four times as fast as `reduceat`."""
    numbers = values.astype(np.float32)
    return np.stack([numbers[first:last].sum(axis=0) for first, last in pairwise(ends)])


def _resampled(means: NDArray[np.float32], to_days: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(N, to, bands)`; a day made from an unobserved one is NaN."""
    absent = np.isnan(means)
    carried = np.matmul(to_days, np.where(absent, 0, means))
    if absent.any():
        carried[np.matmul((to_days > 0).astype(np.float32), absent.astype(np.float32)) > 0] = np.nan
    return np.asarray(carried, np.float32)


def with_indices(means: NDArray[np.float32], needed: Sequence[str], bands: Sequence[str]) -> NDArray[np.float32]:
    """Means `(N, days, needed)` as `(N, days, bands)`, indices among them; `needed` is `measured(bands)`."""
    place = {band: means[:, :, number] for number, band in enumerate(needed)}
    for name in bands:
        if name in INDICES:
            index = INDICES[name]
            own = [place[band] for band in index.bands]
            absent = np.isnan(own).any(axis=0)
            place[name] = np.where(absent, np.float32(np.nan), np.clip(index.formula(*own), -1, 1))
    return np.stack([place[name] for name in bands], axis=2)
