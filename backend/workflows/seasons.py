"""The stores that a model learns from: one, or one for each season, their parcels one after the other."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas
import numpy as np
import pandas
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from backend.errors import NoOutlines
from backend.imagery.distortion import is_nearly_true
from backend.options import INDICES
from backend.parcels.reading import column
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.series.joined import joined
from backend.series.store import Store, open_store
from backend.vocabulary import CLASSIFIABLE
from backend.workflows.season_overlap import ImageSeason
from backend.workflows.thermal_time import ThermalDays


@dataclass(frozen=True)
class Seasons:
    """At least one store. Arrays have an entry for each parcel of all stores, in the order of `stores`.

    `thermal`: the axis of time on which observations are served, None for days of year.
    """

    stores: tuple[Store, ...]
    thermal: ThermalDays | None = None

    @classmethod
    def open(cls, paths: Sequence[Path]) -> Seasons:
        """Raises NotAStore, StoreTooNew."""
        return cls(tuple(map(open_store, paths)))

    @property
    def name(self) -> str:
        return ", ".join(str(store.path) for store in self.stores)

    @cached_property
    def _fields(self) -> list[pandas.DataFrame]:
        return [store.fields() for store in self.stores]

    @property
    def thermal_days(self) -> tuple[tuple[float, ...], ...] | None:
        """Of each store's acquisitions."""
        return self.thermal.days if self.thermal else None

    def dataset(self, view: str, indices: str = INDICES[0]) -> Dataset:
        """The samples of all parcels, on the days and bands of the first store; `indices` as in a TrainingSpec. Asked
        again, it gives the same object.

        Raises MissingBands.
        """
        key = view, indices != INDICES[0]
        if key not in self._datasets:
            self._datasets[key] = joined(view, self.stores, key[1], self.thermal_days)
        return self._datasets[key]

    @cached_property
    def _datasets(self) -> dict[tuple[str, bool], Dataset]:
        return {}

    def require_overlap(self, reporter: Reporter) -> None:
        """Raises SeasonsDoNotOverlap where a store has no images near the days of the first; a warning where it lacks
        some of them.
        """
        first = self.stores[0]
        for store in self.stores[1:]:
            season, of = ImageSeason.of(store), f"the first store, {first.path}"
            season.require_overlap(first.days, of)
            season.warn_of_gaps(first.days, of, reporter)

    def column(self, field: str) -> NDArray[np.object_]:
        """A field of the parcels, null as None. Raises MissingField, BadArgument."""
        pairs = zip(self.stores, self._fields, strict=True)
        return np.concatenate([column(fields, field, store.path) for store, fields in pairs])

    def years(self) -> NDArray[np.int64]:
        """The season of each parcel's store."""
        return np.concatenate([np.full(len(store.index), store.manifest.season) for store in self.stores])

    def usable(self) -> NDArray[np.bool_]:
        """Whether each parcel has an observed pixel, as every dataset's `usable`."""
        return np.concatenate([store.index["quality"].isin(CLASSIFIABLE).to_numpy() for store in self.stores])

    def areas_m2(self) -> NDArray[np.float64]:
        return np.concatenate([store.index["area_m2"].to_numpy() for store in self.stores])

    def points(self) -> NDArray[np.float64]:
        """The centre of each parcel `(parcels, 2)` in one coordinate system, in metres on the ground; NaN for none.

        Raises NoOutlines where no parcel has one.
        """
        crs = self._metric_crs()
        points = np.concatenate([shapely.get_coordinates(_filled(centres.to_crs(crs))) for centres in self._centres])
        if np.isnan(points).all():
            raise NoOutlines(self.name)
        return points

    @cached_property
    def _centres(self) -> list[geopandas.GeoSeries]:
        return [pandas.concat(map(_centres, store.tables())) for store in self.stores]

    def _metric_crs(self) -> CRS:
        """The first layer's own where its metres are those of the ground, else the UTM zone of its middle parcel."""
        for centres in self._centres:
            if centres.crs is None or centres.isna().all():
                raise NoOutlines(self.name)
        first = self._centres[0]
        metric = first.crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in first.crs.axis_info)
        middle = np.nanmedian(shapely.get_coordinates(_filled(first)), axis=0)
        if metric and is_nearly_true(first.crs, *middle):
            return first.crs
        return geopandas.GeoSeries([shapely.Point(middle)], crs=first.crs).estimate_utm_crs()


def _centres(parcels: geopandas.GeoDataFrame) -> geopandas.GeoSeries:
    """Centroids, which broken outlines have as well."""
    return geopandas.GeoSeries(shapely.centroid(np.asarray(parcels.geometry.array)), crs=parcels.crs)


def _filled(points: geopandas.GeoSeries) -> NDArray[np.object_]:
    """A point of NaN for each missing or empty one, so that every parcel has coordinates."""
    values = np.asarray(points.array)
    return np.where(shapely.is_missing(values) | shapely.is_empty(values), shapely.Point(np.nan, np.nan), values)
