"""Whether a model fits other parcels: how far they are, how much later their season is, how unlike their series are."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from backend.learning import novelty
from backend.learning.progress import Progress
from backend.learning.season_shift import SeasonShift, season_shift
from backend.learning.trained import Tested
from backend.model_region import Region
from backend.models.bundle import ModelBundle
from backend.models.novelty import Novelty
from backend.protocol import Reporter
from backend.reports.transfer import transfer_sentences
from backend.series.indices import available, measured
from backend.series.mean_series import Watch, mean_series
from backend.series.store import Store

UNLIKE = "unlike_training"
MANY = 0.2  # share of unlike parcels from which on a warning is given
_NDVI = "NDVI"
_MOST_COURSES = 2000  # parcels that the season's shift is estimated from
_DEGREES = "EPSG:4326"

Rows = NDArray[np.int64]
Box = tuple[float, float, float, float]


def of_training(
    stores: Sequence[Store], bundle: ModelBundle, rows: Rows, labels: NDArray[np.int64], tested: Tested
) -> tuple[Region, Novelty | None]:
    """What a model remembers of its training parcels `rows`, over all stores; `labels` `(parcels,)` of all parcels,
    `tested`: what the models of the folds say of those that they had not seen.
    """
    bands = scored_bands(bundle)
    described = novelty.sample(rows)
    parts: list[NDArray[np.float32]] = []
    first = 0
    for store in stores:
        own = described[(described >= first) & (described < first + len(store.index))] - first
        parts.extend(mean_series(store, bundle.calendar, bands, own))
        first += len(store.index)
    series, chosen = np.concatenate(parts), np.zeros(first, dtype=bool)
    chosen[rows] = True
    seasons = tuple(sorted({store.manifest.season for store in stores}))
    ndvi = _mean_course(series[:, :, bands.index(_NDVI)]) if _NDVI in bands else None
    probabilities = np.full((first, len(bundle.classes)), np.nan, np.float32)
    probabilities[tested.rows] = tested.probabilities
    known = novelty.estimate(series, labels[described], bands, probabilities[described])
    return Region(box_of(stores, chosen), seasons, ndvi), known


def compared_bands(store: Store, bundle: ModelBundle) -> tuple[str, ...] | None:
    """The bands in which parcels are compared with those of the training; None where they cannot be."""
    known = bundle.novelty
    return tuple(known.bands) if known and set(measured(known.bands)) <= set(store.bands) else None


def _mean_course(courses: NDArray[np.floating]) -> tuple[float, ...]:
    """Of courses `(parcels, dates)`; 0 at a date that no parcel observed."""
    mean = np.nansum(courses, axis=0) / np.maximum((~np.isnan(courses)).sum(axis=0), 1)
    return tuple(np.round(mean.astype(float), 4).tolist())


def scored_bands(bundle: ModelBundle) -> tuple[str, ...]:
    """The measured bands of the model and the indices that they allow."""
    bands = measured(bundle.bands)
    return (*bands, *available(bands))


def box_of(stores: Sequence[Store], chosen: NDArray[np.bool_] | None = None) -> Box | None:
    """West, south, east and north in degrees of the `chosen` parcels `(parcels,)`, or of all; None for no location."""
    boxes, first = [], 0
    for store in stores:
        for table in store.tables():
            own = table.geometry if chosen is None else table.geometry[chosen[first : first + len(table)]]
            first += len(table)
            bounds = own.total_bounds
            if table.crs is not None and np.isfinite(bounds).all():
                boxes.append(Transformer.from_crs(table.crs, _DEGREES, always_xy=True).transform_bounds(*bounds))
    found = np.array(boxes).reshape(-1, 4)
    if not len(found) or not np.isfinite(found).all():
        return None
    least, most = np.round(found.min(axis=0), 4).tolist(), np.round(found.max(axis=0), 4).tolist()
    return least[0], least[1], most[2], most[3]


def distance_km(one: Box, other: Box) -> float:
    """Between the nearest points of two boxes in degrees; 0 where they touch."""
    west, east = _nearest(one[0], one[2], other[0], other[2])
    south, north = _nearest(one[1], one[3], other[1], other[3])
    return round(float(Geod(ellps="WGS84").inv(west, south, east, north)[2]) / 1000, 1)


def _nearest(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """The nearest numbers of two intervals."""
    if high < other_low:
        return high, other_low
    if other_high < low:
        return low, other_high
    return (max(low, other_low),) * 2


@dataclass(frozen=True)
class Transfer:
    """`ratios` `(parcels,)`: score divided by threshold, NaN for parcels that were not scored; `quality` `(parcels,)`:
    the store's, but UNLIKE where a parcel that is otherwise fine has a ratio above 1.
    """

    trained: Region | None
    box: Box | None
    season: int
    shift: SeasonShift | None
    ratios: NDArray[np.float64]
    quality: NDArray[np.object_]

    @classmethod
    def of(
        cls, store: Store, bundle: ModelBundle, rows: Rows, probabilities: NDArray[np.float32], reporter: Reporter,
        watch: Watch | None = None,
    ) -> Transfer:  # fmt: skip
        """Of the parcels `rows` that were classified with `probabilities` `(rows, classes)`; says what it found in the
        log, and warns of many unlike ones.

        `watch` gets their mean series on the way, as of `mean_series`.
        """
        ratios, quality = np.full(len(store.index), np.nan), store.index["quality"].to_numpy(object).copy()
        shift = None
        if bundle.novelty and compared_bands(store, bundle) and len(rows):
            ratios[rows], courses = _compare(store, bundle, bundle.novelty, rows, probabilities, reporter, watch)
            quality[(quality == "ok") & (ratios > 1)] = UNLIKE
            if bundle.region and bundle.region.ndvi:
                shift = season_shift(bundle.region.ndvi, courses, bundle.calendar)
        found = cls(bundle.region, box_of((store,)), store.manifest.season, shift, ratios, quality)
        found.tell(reporter)
        return found

    def document(self) -> dict[str, Any]:
        """The key `transfer` of a result and its report (docs/contracts.md)."""
        trained, unlike = self.trained, int((self.quality == UNLIKE).sum())
        scored = int(((self.quality == "ok") & ~np.isnan(self.ratios)).sum()) + unlike
        away = distance_km(trained.box, self.box) if trained and trained.box and self.box else None
        return {
            "trained": {"box": trained.box, "seasons": list(trained.seasons)} if trained else None,
            "here": {"box": self.box, "season": self.season},
            "distance_km": away,
            "shift_days": self.shift.days if self.shift else None,
            "shift_error_days": self.shift.error_days if self.shift else None,
            "median_novelty": round(float(np.nanmedian(self.ratios)), 2) if scored else None,
            "scored": scored or None,
            "unlike": unlike if scored else None,
        }

    def tell(self, reporter: Reporter) -> None:
        found = self.document()
        for sentence in transfer_sentences(found):
            reporter.log(sentence)
        if found["scored"] and found["unlike"] > MANY * found["scored"]:
            reporter.warning("transfer.unlike_training", count=found["unlike"], parcels=found["scored"])


def _compare(
    store: Store, bundle: ModelBundle, known: Novelty, rows: Rows, probabilities: NDArray[np.float32],
    reporter: Reporter, watch: Watch | None,
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:  # fmt: skip
    """The ratios of `rows`, and the courses of NDVI `(parcels, dates)` of some of them."""
    progress = Progress(reporter, "comparing", len(rows))
    step = -(-len(rows) // _MOST_COURSES)
    place = known.bands.index(_NDVI) if _NDVI in known.bands else 0
    ratios, courses, done = [], [], 0
    for series in mean_series(store, bundle.calendar, known.bands, rows, watch):
        ratios.append(known.ratios(series, probabilities[done : done + len(series)]))
        courses.append(series[-done % step :: step, :, place])
        done += len(series)
        progress.advance(len(series), "Comparing with the training parcels")
    return np.concatenate(ratios), np.concatenate(courses)
