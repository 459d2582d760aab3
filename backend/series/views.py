"""The views of a store: patch, statistics, pixel set and observations, each a dataset that serves batches."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from backend.errors import NotAStore, ObservationsNotKept
from backend.series.batch import Batch, Dataset, moments
from backend.series.gathering import Gathered, Rows, StoreDataset
from backend.series.source import observed
from backend.series.store import Store
from backend.vocabulary import PATCH_SIZE_PX, REFLECTANCE_SCALE

SET_SIZE_PX = 64  # pixels of a parcel in a pixel set, as in pytorch-psetae


class PatchDataset(StoreDataset):
    """`(N, dates, bands, 32, 32)`: the bounding-box patch, zero outside the parcel, resized to 32 x 32.

    The resize takes the nearest pixel, as the paper's published patches do ("NNI"), so no pixel mixes with the zeros.
    """

    view = "patch"

    def __init__(self, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None) -> None:
        """As StoreDataset; raises NoPositions where the store's pixels have no positions."""
        store.require_positions()
        super().__init__(store, days, bands)

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        some = self.gather(rows)
        source = torch.from_numpy(self._sources(some, rows)).to(device)  # (N, 32 * 32), -1 outside the parcel
        pixels = torch.from_numpy(np.array(some.pixels)).to(device).flatten(1)  # (P, dates * bands)
        padded = torch.cat([pixels.T, pixels.new_zeros(pixels.shape[1], 1)], dim=1)  # the last column: outside
        size, shape = PATCH_SIZE_PX, (len(self.days), len(self.bands), len(rows))
        values = some.reflectance(padded[:, source.flatten()])  # (dates * bands, N * 32 * 32)
        values = values.view(*shape, size, size).movedim(2, 0)  # (N, dates, bands, 32, 32)
        return Batch(values, mask=(source >= 0).view(-1, 1, 1, size, size), gaps=some.gaps)

    def _sources(self, some: Gathered, rows: Rows) -> Rows:
        """For every patch pixel the gathered pixel it takes `(N, 32 * 32)`."""
        height, width = (self.store.index[name].to_numpy()[rows] for name in ("height_px", "width_px"))
        base = np.cumsum(height * width) - height * width
        lookup = np.full(int((height * width).sum()) + 1, -1, np.int64)
        row, column = self.store.position[some.place].T.astype(np.int64)
        if (row >= height[some.parcel]).any() or (column >= width[some.parcel]).any():
            raise NotAStore(self.store.path, "position.npy has pixels outside their parcels' boxes")
        lookup[base[some.parcel] + row * width[some.parcel] + column] = np.arange(len(some.parcel))
        centres = np.arange(PATCH_SIZE_PX) + 0.5
        rows_px = (centres * height[:, None] / PATCH_SIZE_PX).astype(np.int64)  # (N, 32)
        columns_px = (centres * width[:, None] / PATCH_SIZE_PX).astype(np.int64)
        place = base[:, None, None] + rows_px[:, :, None] * width[:, None, None] + columns_px[:, None, :]
        return np.asarray(lookup[place].reshape(len(rows), -1))


class StatisticsDataset(StoreDataset):
    """`(N, dates, 2 * bands)`: each band's mean over the parcel, then each one's (population) standard deviation."""

    view = "statistics"

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        values, gaps = zip(*map(self._statistics, self.parts(rows)))
        return Batch(torch.from_numpy(np.concatenate(values)).to(device), gaps=any(gaps))

    def mean_std(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return moments(self.batch(rows, torch.device("cpu")))

    def _statistics(self, rows: Rows) -> tuple[NDArray[np.float32], bool]:
        """The values, and whether some may be NaN."""
        some = self.gather(rows)
        values, present = some.observed()
        values = values.reshape(len(values), -1)
        count = self._counts(some, present, len(rows))
        mean = some.sums(values, len(rows)) / count
        squares = some.sums(np.square(values, out=values), len(rows)) / count
        return _mean_and_deviation(mean, squares, (len(rows), len(self.days), len(self.bands))), some.gaps

    def _counts(self, some: Gathered, present: NDArray[np.bool_], parcels: int) -> NDArray[np.float64]:
        """Observed pixels, at least 1; NaN at a date at which a band has none.

        `(parcels, dates * bands)`, or `(parcels, 1)` where all dates and bands have the same.
        """
        if not some.gaps:
            return np.maximum(np.bincount(some.parcel, minlength=parcels), 1.0)[:, None]
        count = some.sums(present.reshape(len(present), -1), parcels)
        count[count == 0] = np.nan
        return count


class PixelSetDataset(StoreDataset):
    """`(N, dates, bands, S)`: at most `S` pixels of a parcel, evenly spread over its set; masked where it has fewer.

    The choice of pixels is fixed: so they are kept for training, and a parcel is classified the same way each time. The
    random draw of the papers is part of the network, in training only (`models.pixel_set`).
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
        values = some.reflectance(torch.from_numpy(padded[source]).to(device).movedim(1, 3))
        return Batch(values, mask, torch.from_numpy(self._geometry(rows)).to(device), gaps=some.gaps)

    def _geometry(self, rows: Rows) -> NDArray[np.float32]:
        """`(N, 4)`: perimeter m, area m2, perimeter / area, pixels / bounding-box pixels."""
        index = self.store.index.iloc[rows]
        area, perimeter = np.maximum(index["area_m2"].to_numpy(), 1e-9), index["perimeter_m"].to_numpy()
        box = np.maximum(index["height_px"].to_numpy() * index["width_px"].to_numpy(), 1)
        return np.stack([perimeter, area, perimeter / area, index["n_pixels"].to_numpy() / box], axis=1).astype(
            np.float32
        )


class ObservationsDataset(StoreDataset):
    """`(N, acquisitions, 2 * bands)`: mean and deviation over the pixels that were clear at that date only.

    Nothing is interpolated: a date at which no pixel was clear is marked as unobserved. A model of this view takes
    any dates, so its calendar is not used, and one `(1, channels)` normalisation serves all dates.
    """

    view = "observations"

    def __init__(
        self, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None,
        thermal_days: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        """`days` are not used. `thermal_days`: where the acquisitions are on the axis of time that the samples have;
        None: at their days.

        Raises MissingBands, ObservationsNotKept (a store on a calendar, or smoothed).
        """
        super().__init__(store, None, bands)
        self.axis = self.days if thermal_days is None else tuple(thermal_days)
        source = store.manifest.sentinel_2
        if store.days != source.acquisition_days:
            raise ObservationsNotKept(store.path, f"interpolated to the calendar {source.time_axis}")
        if not source.series.keeps_observations:
            raise ObservationsNotKept(store.path, f"smoothed ({source.series.filling})")

    def batch(self, rows: Rows, device: torch.device) -> Batch:
        values, present = (
            torch.from_numpy(np.concatenate(parts)) for parts in zip(*map(self._observations, self.parts(rows)))
        )
        days = torch.tensor(self.axis, dtype=torch.float32).expand(len(rows), -1)
        gaps = bool(values.isnan().any())
        return Batch(values.to(device), mask=present.to(device), days=days.to(device), gaps=gaps)

    def mean_std(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return moments(self.batch(rows, torch.device("cpu")))

    def _observations(self, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Values `(N, acquisitions, 2 * bands)`, NaN for a band that was not observed where others were; the mask."""
        some = self.gather(rows)
        clear = np.asarray(self.store.clear[some.place], dtype=np.float64)  # (P, acquisitions)
        count = some.sums(clear, len(rows))  # (N, acquisitions)
        values = (some.pixels * clear[..., None]).reshape(len(clear), -1)
        divisor = np.maximum(count, 1).repeat(len(self.bands), axis=1)
        if some.gaps and not (present := observed(some.pixels) | (clear[..., None] == 0)).all():
            values[~present.reshape(values.shape)] = 0
            own = some.sums((present * clear[..., None]).reshape(values.shape), len(rows))
            divisor = np.where(own > 0, own, np.where(count.repeat(len(self.bands), axis=1) > 0, np.nan, 1))
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


DATASETS: dict[str, type[StoreDataset]] = {
    dataset.view: dataset for dataset in (PatchDataset, StatisticsDataset, PixelSetDataset, ObservationsDataset)
}


def dataset_for(
    view: str, store: Store, days: Sequence[int] | None = None, bands: Sequence[str] | None = None,
    thermal_days: Sequence[float] | None = None,
) -> Dataset:  # fmt: skip
    """The dataset of a model's view, on the model's calendar and bands; `thermal_days` only for observations.

    Raises MissingBands, ObservationsNotKept.
    """
    if thermal_days is not None:
        return ObservationsDataset(store, days, bands, thermal_days)  # type: ignore[return-value]
    return DATASETS[view](store, days, bands)  # type: ignore[return-value]
