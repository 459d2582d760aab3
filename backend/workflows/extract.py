"""Images x parcels -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np

from backend.errors import BadArgument, UnreadableImage
from backend.imagery.acquisition import Catalogue
from backend.imagery.catalogue import find, require_readable
from backend.imagery.processing import BAND_IDS
from backend.imagery.reprojection import inexact
from backend.parcels.coordinates import way_between
from backend.parcels.database import Database
from backend.parcels.reading import read
from backend.protocol import Reporter
from backend.series import quality
from backend.series.build import ExtractionSpec, build
from backend.series.store import Store
from backend.transformations import Way
from backend.vocabulary import BANDS, CLASSIFIABLE, REFLECTANCE_SCALE, UNOBSERVED
from backend.workflows import report_document
from backend.workflows.arguments import own_options, typed
from backend.workflows.preparation import Preparation
from backend.workflows.search_box import around
from backend.workflows.season_overlap import ImageSeason

_MOST_LOOKED_AT = 10_000  # pixels
_DARK, _BRIGHT = 0.005, 1.2  # reflectances that a season of fields does not have in its middle


@dataclass(frozen=True)
class ExtractSpec:
    """`imagery`: a folder, a file, or "stac:" and the address of a catalogue; `output`: the store's folder.

    `calendar`: "" for the acquisition days, else days of the season such as "3,13,43", or "every:10". `overwrite`
    replaces a store of other inputs.
    """

    imagery: Path | str
    parcels: Path | Database | geopandas.GeoDataFrame
    output: Path
    preparation: Preparation = field(default_factory=Preparation)
    calendar: str = ""
    overwrite: bool = False
    bands: tuple[str, ...] = BANDS
    model_days: tuple[int, ...] = ()  # of the model that will classify the series: images must show some of them

    def __post_init__(self) -> None:
        """Raises BadArgument for bands that Sentinel-2 does not have, or that are given twice."""
        if not self.bands or len(set(self.bands)) < len(self.bands) or not set(self.bands) <= set(BAND_IDS):
            raise BadArgument("bands", f"different names out of {', '.join(BAND_IDS)}", ",".join(self.bands))

    @classmethod
    def of(cls, **options: Any) -> ExtractSpec:
        """From options by name, None where one is not given. Raises BadArgument, UnreadableDate."""
        own, others = own_options(cls, typed(options, "extract"))
        return cls(**own, preparation=Preparation(others))


@dataclass(frozen=True)
class Extraction:
    """What came of it (docs/contracts.md); `store` opens with `backend.series.store.open_store`."""

    store: Path
    parcels: int
    pixels: int
    dates: tuple[str, ...]
    acquisitions: tuple[Mapping[str, Any], ...]
    bands: tuple[str, ...]
    quality: Mapping[str, int]
    outlines: Mapping[str, int]
    skipped: tuple[Mapping[str, str], ...]
    seconds: float


def extract(spec: ExtractSpec, reporter: Reporter) -> Extraction:
    """Builds the parcel series store, or continues a stopped run. Raises what `make_store` raises."""
    began = time.monotonic()
    store = make_store(spec, reporter)
    return Extraction(
        store=spec.output,
        parcels=len(store.index),
        pixels=len(store.reflectance),
        dates=tuple(a.date.isoformat() for a in store.manifest.sentinel_2.acquisitions),
        acquisitions=tuple(report_document.acquisitions((store,))),
        bands=store.bands,
        quality=quality.counts(store.index["quality"].to_numpy()),
        outlines=quality.outline_counts(store.index),
        skipped=(*map(asdict, store.manifest.skipped), *left_out(store)),
        seconds=round(time.monotonic() - began, 1),
    )


def make_store(spec: ExtractSpec, reporter: Reporter) -> Store:
    """Finds, reads, builds. Raises NoAcquisitions, MissingBands, NoParcels, NoCrs, ParcelsOutsideImagery, DiskFull,
    NotWritable, SeasonsDoNotOverlap, UnreadableImage (a damaged image that is not to be skipped), StoreOfOtherInputs,
    Cancelled.
    """
    images, parcels = spec.preparation.images, spec.preparation.parcels
    layer = read(spec.parcels, parcels.layer, parcels.id_field, parcels.encoding, parcels.parcels_crs, parcels.geometry)
    for remark in layer.remarks:
        reporter.warning(remark.code, **remark.fields)
    catalogue = find(spec.imagery, images, reporter, around(layer) if isinstance(spec.imagery, str) else None)
    require_readable(catalogue, images.skip_unreadable)
    if spec.model_days:
        days = catalogue.days
        ImageSeason(str(spec.imagery), catalogue.season, days[0], days[-1]).require_overlap(
            spec.model_days, "the model"
        )
    warn_of_image_ways(catalogue, parcels.max_crs_error, reporter)
    warn_of_way(way_between(layer.crs, catalogue.grid.crs, layer.bounds), parcels.max_crs_error, reporter)
    how = ExtractionSpec(
        images,
        bands=spec.bands,
        calendar=spec.calendar,
        series=spec.preparation.series,
        few_pixels=parcels.few_pixels,
        inner_buffer_m=parcels.inner_buffer_m,
        workers=parcels.workers,
        overwrite=spec.overwrite,
    )
    store = build(catalogue, layer, how, spec.output, reporter)
    warn_of_flags(store, reporter)
    warn_of_outlines(store, reporter)
    warn_of_scale(store, reporter)
    return store


def left_out(store: Store) -> list[dict[str, str]]:
    """Files that turned out damaged while they were read, in the form of those that were skipped before."""
    reason = "a part of it could not be decoded; its date is left out"
    return [{"path": path, "code": UnreadableImage.code, "reason": reason} for path in store.manifest.left_out]


def warn_of_scale(store: Store, reporter: Reporter) -> None:
    """Reflectances that no field has: a wrong scale trains and classifies without an error, and is worth nothing."""
    values = store.reflectance[:: max(1, len(store.reflectance) // _MOST_LOOKED_AT)]
    typical = (
        float(np.median(values[values != UNOBSERVED])) / REFLECTANCE_SCALE if (values != UNOBSERVED).any() else 0.1
    )
    if not _DARK <= typical <= _BRIGHT:
        reporter.warning("imagery.odd_scale", typical=typical, dark=_DARK, bright=_BRIGHT)


def warn_of_way(way: Way, limit_m: float, reporter: Reporter) -> None:
    """Warns of parcels that may be shifted."""
    if way.error_m is not None and way.error_m > limit_m:
        grid = next(iter(way.missing_grids), None)
        reporter.warning("parcels.inexact_crs", error_m=way.error_m, limit_m=limit_m, way=way.name, grid=grid)


def warn_of_image_ways(catalogue: Catalogue, limit_m: float, reporter: Reporter) -> None:
    """Warns of images that may be shifted against the others."""
    for scene, way in inexact(catalogue, limit_m):
        path, grid = scene.images[0], next(iter(way.missing_grids), None)
        reporter.warning(
            "imagery.inexact_crs", path=path, error_m=way.error_m, limit_m=limit_m, way=way.name, grid=grid
        )


def warn_of_flags(store: Store, reporter: Reporter) -> None:
    """One warning for each reason why parcels cannot be classified."""
    for flag, count in quality.counts(store.index["quality"].to_numpy()).items():
        if flag not in CLASSIFIABLE:
            reporter.warning(f"parcels.{flag}", count=count, parcels=len(store.index))


def warn_of_outlines(store: Store, reporter: Reporter) -> None:
    """One warning for each way in which outlines are odd."""
    for name, count in quality.outline_counts(store.index).items():
        reporter.warning(f"parcels.{name}", count=count, parcels=len(store.index))
