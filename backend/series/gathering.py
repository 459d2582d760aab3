"""The observed pixels of parcels, gathered from a store on the days and in the bands of a model."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array

from backend.errors import MissingBands
from backend.series.calendar import interpolation, resample
from backend.series.filling import gap_days
from backend.series.indices import measured, with_indices
from backend.series.rasterise import expand
from backend.series.source import observed
from backend.series.store import Store
from backend.vocabulary import CLASSIFIABLE, REFLECTANCE_SCALE, UNOBSERVED

Rows = NDArray[np.int64]
_CHUNK_PX = 1 << 16  # pixels gathered at a time for mean and deviation


@dataclass(frozen=True)
class Gathered:
    """The observed pixels of some parcels: `pixels` `(P, dates, bands)` int16, `parcel` `(P,)` rising positions in the
    rows asked for, `place` `(P,)` in the store's arrays; `gaps`: whether some of their numbers may be UNOBSERVED."""

    pixels: NDArray[np.int16]
    parcel: Rows
    place: Rows
    gaps: bool

    def observed(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The numbers as floats, zero where UNOBSERVED, and where they are not, both `(P, dates, bands)`."""
        values = self.pixels.astype(np.float64)
        if not self.gaps:
            return values, np.broadcast_to(True, values.shape)
        present = observed(self.pixels)
        values *= present
        return values, present

    def reflectance(self, counts: torch.Tensor) -> torch.Tensor:
        """Counts of the store as reflectance; NaN where UNOBSERVED."""
        values = counts.float()
        if self.gaps:
            values.masked_fill_(counts == UNOBSERVED, torch.nan)
        return values.mul_(1 / REFLECTANCE_SCALE)

    def sums(self, values: NDArray[Any], parcels: int) -> NDArray[np.float64]:
        """Over the pixels of each of the parcels, of `values` `(P, channels)`: `(parcels, channels)`."""
        start = np.searchsorted(self.parcel, np.arange(parcels + 1))
        members = csr_array((np.ones(len(values)), np.arange(len(values)), start), shape=(parcels, len(values)))
        return np.asarray(members @ values)


class StoreDataset:
    """The common part of the views: which parcels are usable, and their pixels on the requested days."""

    view = ""

    def __init__(self, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None) -> None:
        """`days`: a model's calendar onto which every pixel is interpolated; None keeps the store's own dates.
        `bands`: those of a model, in its order, spectral indices among them; None keeps the store's. Raises
        MissingBands.
        """
        self.store = store
        self.bands = tuple(bands) if bands is not None else store.bands
        needed = measured(self.bands)
        missing = [band for band in needed if band not in store.bands]
        if missing:
            raise MissingBands(store.path, missing, store.bands, model=True)
        self._picked = None if needed == store.bands else [store.bands.index(band) for band in needed]
        self._derives = needed != self.bands
        self.days = tuple(days) if days is not None else store.days
        self._matrix = None if self.days == store.days else interpolation(store.days, self.days)
        self._most_days = store.manifest.sentinel_2.series.max_gap_days

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        return np.asarray(self.store.index["quality"].isin(CLASSIFIABLE).to_numpy())

    def __len__(self) -> int:
        return len(self.store.index)

    @cached_property
    def _first(self) -> Rows:
        return np.asarray(self.store.index["first_pixel"].to_numpy())

    @cached_property
    def _count(self) -> Rows:
        return np.asarray(self.store.index["n_pixels"].to_numpy())

    def gather(self, rows: Rows) -> Gathered:
        parcel, pixel = expand(self._first[rows], self._count[rows])
        whole = len(pixel) and pixel[-1] - pixel[0] == len(pixel) - 1 and bool((np.diff(rows) == 1).all())
        where = slice(pixel[0], pixel[-1] + 1) if whole else pixel  # neighbours are read in one piece
        pixels = np.asarray(self.store.reflectance[where])
        if self._picked is not None:
            pixels = pixels[:, :, self._picked]
        never = _never_observed(pixels)
        if never.any():
            pixels, pixel, parcel = pixels[~never], pixel[~never], parcel[~never]
        gaps = self._most_days is not None or bool(pixels.size and pixels.min() == UNOBSERVED)
        if self._matrix is not None:
            pixels = self._on_own_days(pixels)
        return Gathered(with_indices(pixels, self.bands) if self._derives else pixels, parcel, pixel, gaps)

    def _on_own_days(self, pixels: NDArray[np.int16]) -> NDArray[np.int16]:
        carried = resample(pixels, self._matrix)  # type: ignore[arg-type]
        if self._most_days is not None:  # the store's own days may be further apart than its limit
            every = np.ones((1, len(self.store.days)), bool)
            gaps = gap_days(every, np.asarray(self.store.days), np.asarray(self.days))[0]
            carried[:, gaps > self._most_days] = UNOBSERVED
        return carried

    def mean_std(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation `(dates, bands)` of reflectance over the observed pixels of `rows`; NaN at a
        date at which a band has none.
        """
        shape = (len(self.days), len(self.bands))
        count, total, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for part in self.parts(rows):
            some = self.gather(part)
            values, present = some.observed()
            count += present.sum(axis=0) if some.gaps else len(present)
            total += values.sum(axis=0)
            squares += np.einsum("ptb,ptb->tb", values, values)
        count[count == 0] = np.nan
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
        return mean / REFLECTANCE_SCALE, deviation / REFLECTANCE_SCALE

    def parts(self, rows: Rows) -> Iterator[Rows]:
        """`rows` in pieces of about _CHUNK_PX pixels."""
        part = np.cumsum(self._count[rows]) // _CHUNK_PX
        yield from np.split(rows, np.flatnonzero(np.diff(part)) + 1)


def _never_observed(pixels: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which pixels have no value in any band at any date; most are settled by their first number."""
    never = np.asarray(pixels[:, 0, 0] == UNOBSERVED)
    if never.any():
        never[never] = ~observed(pixels[never]).any(axis=(1, 2))
    return never
