"""The views of a store: patch, statistics, pixel set and observations, each a feed that serves batches."""

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

from backend.errors import MissingBands, ObservationsNotKept
from backend.series.batch import Batch, Feed
from backend.series.calendar import interpolation, resample
from backend.series.filling import gap_days
from backend.series.options import SeriesOptions
from backend.series.rasterise import expand
from backend.series.store import Store
from backend.vocabulary import CLASSIFIABLE, PATCH_SIZE_PX, REFLECTANCE_SCALE, UNOBSERVED

Rows = NDArray[np.int64]
SET_SIZE_PX = 64  # pixels of a parcel in a pixel set, as in pytorch-psetae
_CHUNK_PX = 1 << 16  # pixels gathered at once for moments


@dataclass(frozen=True)
class Gathered:
    """The observed pixels of some parcels: `pixels` `(P, dates, bands)` int16, `parcel` `(P,)` rising positions in the
    rows asked for, `place` `(P,)` in the store's arrays."""

    pixels: NDArray[np.int16]
    parcel: Rows
    place: Rows

    def sums(self, values: NDArray[Any], parcels: int) -> NDArray[np.float64]:
        """Over the pixels of each of the parcels, of `values` `(P, channels)`: `(parcels, channels)`."""
        start = np.searchsorted(self.parcel, np.arange(parcels + 1))
        members = csr_array((np.ones(len(values)), np.arange(len(values)), start), shape=(parcels, len(values)))
        return np.asarray(members @ values)


class StoreFeed:
    """What the views share: which parcels are usable, and their pixels on the asked-for days."""

    view = ""

    def __init__(self, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None) -> None:
        """`days`: a model's calendar onto which every pixel is interpolated; None keeps the store's own dates.
        `bands`: those of a model, in its order; None keeps the store's. Raises MissingBands.
        """
        self.store = store
        self.bands = tuple(bands) if bands is not None else store.bands
        missing = [band for band in self.bands if band not in store.bands]
        if missing:
            raise MissingBands(store.path, missing, store.bands)
        self._picked = None if self.bands == store.bands else [store.bands.index(band) for band in self.bands]
        self.days = tuple(days) if days is not None else store.days
        self._matrix = None if self.days == store.days else interpolation(store.days, self.days)
        self._most_days = SeriesOptions.of(store.manifest).max_gap_days

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        return self.store.index["quality"].isin(CLASSIFIABLE).to_numpy()

    def __len__(self) -> int:
        return len(self.store.index)

    @cached_property
    def _first(self) -> Rows:
        return self.store.index["first_pixel"].to_numpy()

    @cached_property
    def _count(self) -> Rows:
        return self.store.index["n_pixels"].to_numpy()

    def gather(self, rows: Rows) -> Gathered:
        parcel, pixel = expand(self._first[rows], self._count[rows])
        whole = len(pixel) and pixel[-1] - pixel[0] == len(pixel) - 1 and bool((np.diff(rows) == 1).all())
        where = slice(pixel[0], pixel[-1] + 1) if whole else pixel  # neighbours are read in one piece
        pixels = self.store.reflectance[where]
        seen = pixels[:, 0, 0] != UNOBSERVED
        if self._has_gaps:
            seen = (pixels[:, :, 0] != UNOBSERVED).any(axis=1)
        if not seen.all():
            pixels, pixel, parcel = pixels[seen], pixel[seen], parcel[seen]
        if self._picked is not None:
            pixels = pixels[:, :, self._picked]
        return Gathered(pixels if self._matrix is None else self._on_own_days(pixels), parcel, pixel)

    def _on_own_days(self, pixels: NDArray[np.int16]) -> NDArray[np.int16]:
        carried = resample(pixels, self._matrix)  # type: ignore[arg-type]
        if self._most_days is not None:  # the store's own days may lie further apart than its limit
            every = np.ones((1, len(self.store.days)), bool)
            gaps = gap_days(every, np.asarray(self.store.days), np.asarray(self.days))[0]
            carried[:, gaps > self._most_days] = UNOBSERVED
        return carried

    @property
    def _has_gaps(self) -> bool:
        """Whether the store may hold UNOBSERVED at some dates of a pixel; if not, time is saved."""
        return self._most_days is not None

    def _reflectance(self, counts: torch.Tensor) -> torch.Tensor:
        """Counts of the store as reflectance; NaN where UNOBSERVED."""
        values = counts.float()
        if self._has_gaps:
            values.masked_fill_(counts == UNOBSERVED, torch.nan)
        return values.mul_(1 / REFLECTANCE_SCALE)

    def _observed(self, pixels: NDArray[np.int16]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Counts as floats, zero where UNOBSERVED, and `(P, dates)`: where they are not."""
        values = pixels.astype(np.float64)
        if not self._has_gaps:
            return values, np.broadcast_to(True, values.shape[:2])
        observed = pixels[:, :, 0] != UNOBSERVED
        values *= observed[:, :, None]
        return values, observed

    def moments(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation `(dates, bands)` of reflectance over the observed pixels of `rows`; NaN at a
        date at which none is.
        """
        shape = (len(self.days), len(self.bands))
        count, total, squares = np.zeros((len(self.days), 1)), np.zeros(shape), np.zeros(shape)
        for some in self._parts(rows):
            values, observed = self._observed(self.gather(some).pixels)
            count += observed.sum(axis=0)[:, None]
            total += values.sum(axis=0)
            squares += np.einsum("ptb,ptb->tb", values, values)
        count[count == 0] = np.nan
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
        return mean / REFLECTANCE_SCALE, deviation / REFLECTANCE_SCALE

    def _parts(self, rows: Rows) -> Iterator[Rows]:
        """`rows` in pieces of about _CHUNK_PX pixels."""
        part = np.cumsum(self._count[rows]) // _CHUNK_PX
        yield from np.split(rows, np.flatnonzero(np.diff(part)) + 1)


class PatchFeed(StoreFeed):
    """`(N, dates, bands, 32, 32)`: the bounding-box patch, zero outside the parcel, resized to 32 x 32.

    The resize takes the nearest pixel, as the paper's published patches do ("NNI"), so no pixel mixes with the zeros.
    """

    view = "patch"

    def __init__(self, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None) -> None:
        """As StoreFeed; raises NoPositions where the store holds sets of pixels that nobody has placed."""
        store.require_positions()
        super().__init__(store, days, bands)

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        some = self.gather(rows)
        source = torch.from_numpy(self._sources(some, rows)).to(device)  # (N, 32 * 32), -1 outside the parcel
        pixels = torch.from_numpy(np.array(some.pixels)).to(device).flatten(1)  # (P, dates * bands)
        padded = torch.cat([pixels.T, pixels.new_zeros(pixels.shape[1], 1)], dim=1)  # the last column: outside
        size, shape = PATCH_SIZE_PX, (len(self.days), len(self.bands), len(rows))
        values = self._reflectance(padded[:, source.flatten()])  # (dates * bands, N * 32 * 32)
        values = values.view(*shape, size, size).movedim(2, 0)  # (N, dates, bands, 32, 32)
        return Batch(values, mask=(source >= 0).view(-1, 1, 1, size, size), gaps=self._has_gaps)

    def _sources(self, some: Gathered, rows: Rows) -> Rows:
        """For every patch pixel the gathered pixel it shows `(N, 32 * 32)`."""
        height, width = (self.store.index[name].to_numpy()[rows] for name in ("height_px", "width_px"))
        base = np.cumsum(height * width) - height * width
        lookup = np.full(int((height * width).sum()) + 1, -1, np.int64)
        row, column = self.store.position[some.place].T.astype(np.int64)
        lookup[base[some.parcel] + row * width[some.parcel] + column] = np.arange(len(some.parcel))
        centres = np.arange(PATCH_SIZE_PX) + 0.5
        rows_px = (centres * height[:, None] / PATCH_SIZE_PX).astype(np.int64)  # (N, 32)
        columns_px = (centres * width[:, None] / PATCH_SIZE_PX).astype(np.int64)
        place = base[:, None, None] + rows_px[:, :, None] * width[:, None, None] + columns_px[:, None, :]
        return lookup[place].reshape(len(rows), -1)


class StatisticsFeed(StoreFeed):
    """`(N, dates, 2 * bands)`: each band's mean over the parcel, then each one's (population) standard deviation."""

    view = "statistics"

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        figures = [self._statistics(part) for part in self._parts(rows)]
        return Batch(torch.from_numpy(np.concatenate(figures)).to(device), gaps=self._has_gaps)

    def moments(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        figures = self.batch(rows, torch.device("cpu")).values.double().numpy()
        seen = ~np.isnan(figures[:, :, :1])
        count = np.where(seen.any(axis=0), seen.sum(axis=0), np.nan)
        mean = np.nansum(figures, axis=0) / count
        return mean, np.sqrt(np.nansum((figures - mean) ** 2, axis=0) / count)

    def _statistics(self, rows: Rows) -> NDArray[np.float32]:
        some = self.gather(rows)
        values, observed = self._observed(some.pixels)
        values = values.reshape(len(values), -1)
        count = self._counts(some, observed, len(rows)).repeat(len(self.bands), axis=1)
        mean = some.sums(values, len(rows)) / count
        squares = some.sums(np.square(values, out=values), len(rows)) / count
        return _mean_and_deviation(mean, squares, (len(rows), len(self.days), len(self.bands)))

    def _counts(self, some: Gathered, observed: NDArray[np.bool_], parcels: int) -> NDArray[np.float64]:
        """Observed pixels `(parcels, dates)`, at least 1; NaN at a date that a gap longer than the limit takes."""
        if not self._has_gaps:
            count = np.maximum(np.bincount(some.parcel, minlength=parcels), 1.0)[:, None]
            return count.repeat(len(self.days), axis=1)
        count = some.sums(observed, parcels)
        count[count == 0] = np.nan
        return count


class PixelSetFeed(StoreFeed):
    """`(N, dates, bands, S)`: at most `S` pixels of a parcel, evenly spread over its set; masked where it has fewer.

    Which pixels these are is fixed: so they are held for training, and a parcel is classified alike each time. The
    random draw of the papers is the network's, in training alone (`models.pixel_set`).
    """

    view = "pixel_set"

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        some = self.gather(rows)
        count = np.bincount(some.parcel, minlength=len(rows))
        slot = np.arange(SET_SIZE_PX)
        spread = ((slot + 0.5) * np.maximum(count, SET_SIZE_PX)[:, None] / SET_SIZE_PX).astype(np.int64)  # (N, S)
        mask = torch.from_numpy(spread < count[:, None]).to(device)
        start = np.cumsum(count) - count
        source = np.where(spread < count[:, None], start[:, None] + spread, len(some.pixels))
        padded = np.concatenate([some.pixels, np.zeros((1, *some.pixels.shape[1:]), np.int16)])
        values = self._reflectance(torch.from_numpy(padded[source]).to(device).movedim(1, 3))
        return Batch(values, mask, torch.from_numpy(self._geometry(rows)).to(device), gaps=self._has_gaps)

    def _geometry(self, rows: Rows) -> NDArray[np.float32]:
        """`(N, 4)`: perimeter m, area m2, perimeter / area, pixels / bounding-box pixels."""
        index = self.store.index.iloc[rows]
        area, perimeter = np.maximum(index["area_m2"].to_numpy(), 1e-9), index["perimeter_m"].to_numpy()
        box = np.maximum(index["height_px"].to_numpy() * index["width_px"].to_numpy(), 1)
        return np.stack([perimeter, area, perimeter / area, index["n_pixels"].to_numpy() / box], axis=1).astype(
            np.float32
        )


class ObservationsFeed(StoreFeed):
    """`(N, acquisitions, 2 * bands)`: mean and deviation over a parcel's pixels that were clear at that date alone.

    Nothing is interpolated: a date at which no pixel was clear is marked unseen. A model of this view takes whatever
    dates there are, so its calendar is not asked for, and one `(1, channels)` normalisation serves all dates.
    """

    view = "observations"

    def __init__(self, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None) -> None:
        """`days` are not used. Raises MissingBands, ObservationsNotKept (a store on a calendar, or smoothed)."""
        super().__init__(store, None, bands)
        if store.days != tuple(store.manifest["acquisition_days"]):
            raise ObservationsNotKept(store.path, f"carried onto the calendar {store.manifest['time_axis']}")
        made = SeriesOptions.of(store.manifest)
        if not made.keeps_observations:
            raise ObservationsNotKept(store.path, f"smoothed ({made.filling})")

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        values, seen = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*map(self._seen, self._parts(rows))))
        days = torch.tensor(self.days, dtype=torch.float32).expand(len(rows), -1)
        return Batch(values.to(device), mask=seen.to(device), days=days.to(device))

    def moments(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Each `(1, channels)`: over all seen dates of all parcels."""
        batch = self.batch(rows, torch.device("cpu"))
        assert batch.mask is not None
        figures = batch.values[batch.mask].double().numpy()  # (seen, channels)
        return figures.mean(axis=0, keepdims=True), figures.std(axis=0, keepdims=True)

    def _seen(self, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        some = self.gather(rows)
        clear = np.asarray(self.store.clear[some.place], dtype=np.float64)  # (P, acquisitions)
        count = some.sums(clear, len(rows))  # (N, acquisitions)
        values = (some.pixels * clear[..., None]).reshape(len(clear), -1)
        divisor = np.maximum(count, 1).repeat(len(self.bands), axis=1)
        mean = some.sums(values, len(rows)) / divisor
        squares = some.sums(np.square(values, out=values), len(rows)) / divisor
        return _mean_and_deviation(mean, squares, (*count.shape, len(self.bands))), count > 0


def _mean_and_deviation(
    mean: NDArray[np.float64], squares: NDArray[np.float64], shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """From the means of counts and of their squares to reflectance: both as `shape` `(N, dates, bands)`, in one."""
    deviation = np.sqrt(np.maximum(squares - mean**2, 0))
    both = np.concatenate([mean.reshape(shape), deviation.reshape(shape)], axis=2)
    return (both / REFLECTANCE_SCALE).astype(np.float32)


FEEDS: dict[str, type[StoreFeed]] = {
    feed.view: feed for feed in (PatchFeed, StatisticsFeed, PixelSetFeed, ObservationsFeed)
}


def feed_for(view: str, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None) -> Feed:
    """The feed of a model's view, on the model's calendar and bands. Raises MissingBands, ObservationsNotKept."""
    return FEEDS[view](store, days, bands)  # type: ignore[return-value]
