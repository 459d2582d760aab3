"""From a catalogue and a parcel layer to a finished store: laid out, filled, flagged; a killed run is resumed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pyproj.exceptions
import shapely

from backend.errors import NoAcquisitions, ParcelsOutsideImagery, UnreadableImage
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions
from backend.imagery.catalogue import require_bands as require_bands_of
from backend.imagery.grid import Grid
from backend.imagery.locations import on_disk, unsigned
from backend.memory import require_memory
from backend.options import default
from backend.parcels.reading import ParcelLayer
from backend.protocol import Reporter
from backend.series import store
from backend.series.calendar import parse as parse_calendar
from backend.series.extraction import block_windows, fill_store
from backend.series.finishing import finish, remove_progress
from backend.series.layout import Edges
from backend.series.manifest import Manifest, ParcelsRecord, Skipped
from backend.series.options import SeriesOptions
from backend.series.outliers import require_bands
from backend.series.source import ACQUISITIONS, AcquisitionRecord, Masks, Source
from backend.series.store import Store
from backend.series.store_layout import laid_out
from backend.vocabulary import BANDS, SENTINEL_2, sentinel_2_band


@dataclass(frozen=True)
class ExtractionSpec:
    """What to extract: `calendar` is "" for the acquisition days, else as `calendar.parse` takes it."""

    imagery: ImageryOptions
    bands: tuple[str, ...] = BANDS
    calendar: str = ""
    series: SeriesOptions = SeriesOptions()
    few_pixels: int = default("few_pixels")
    inner_buffer_m: float = default("inner_buffer_m")
    workers: int = 2
    overwrite: bool = False


@dataclass(frozen=True)
class _Extraction:
    """One run: its inputs, and the path of the store."""

    catalogue: Catalogue
    parcels: ParcelLayer
    spec: ExtractionSpec
    path: Path
    inputs: dict[str, Any]
    left_out: tuple[str, ...] = ()  # damaged files whose dates are not used

    def without(self, damaged: Iterable[str]) -> _Extraction:
        left_out = (*self.left_out, *damaged)
        return replace(self, catalogue=_without(self.catalogue, left_out), left_out=left_out)


def build(catalogue: Catalogue, parcels: ParcelLayer, spec: ExtractionSpec, path: Path, reporter: Reporter) -> Store:
    """The finished store at `path`. Raises MissingBands, ParcelsOutsideImagery, StoreOfOtherInputs, DiskFull,
    NotWritable, UnreadableImage (a damaged image that was not to be skipped), Cancelled.
    """
    require_bands_of(catalogue, spec.bands)
    if spec.series.remove_outliers:
        require_bands(spec.bands, "the chosen bands, in which outliers are to be found")
    run = _Extraction(catalogue, parcels, spec, path, describe_inputs(catalogue, parcels, spec))
    with store.locked(path):
        if not store.resumable(path, run.inputs, spec.overwrite):
            _lay_out(run)
            return _fill(run, reporter)
        manifest = store.read_manifest(path)
        if manifest.complete:
            reporter.log(f"{path} is complete and was made from the same inputs; it is used again.")
            remove_progress(path)
            return store.open_store(path)
        reporter.log(f"Continuing {path} where its extraction stopped.")
        return _fill(run.without(manifest.left_out) if manifest.left_out else run, reporter)


def _fill(run: _Extraction, reporter: Reporter) -> Store:
    """Fills the store; the date of a damaged image that is skipped is left out of the whole store."""
    while True:
        unfinished = store.open_store(run.path, writable=True)
        try:
            fill_store(unfinished, run.catalogue, run.spec.imagery, run.spec.workers, reporter)
            return finish(unfinished, run.spec.few_pixels)
        except UnreadableImage as error:
            require_memory(error)
            if not run.spec.imagery.skip_unreadable:
                raise
            reporter.warning(error.code, **{**error.fields, "left_out": True})
            run = run.without([str(error.path)])
            _lay_out(run)


def _lay_out(run: _Extraction) -> None:
    grid, edges = run.catalogue.grid, Edges(run.spec.inner_buffer_m, run.spec.few_pixels)
    with store.staging(run.path), laid_out(run.parcels, grid, edges, run.path) as layout:
        if not layout.index["n_pixels"].any():
            extents = _extent(run.parcels), _extent(run.catalogue)
            raise ParcelsOutsideImagery(run.parcels.path, *extents, swapped=_look_swapped(run.parcels, grid))
        blocks = len(block_windows(run.catalogue))
        store.create(run.path, _manifest(run), layout.index, layout.position, blocks)


def _look_swapped(parcels: ParcelLayer, grid: Grid) -> bool:
    """Whether parcels would be on the images with x and y exchanged, as where latitude is written first."""
    west, south, east, north = parcels.bounds
    moving = pyproj.Transformer.from_crs(parcels.crs, grid.crs, always_xy=True)
    try:
        moved = moving.transform_bounds(south, west, north, east)
    except pyproj.exceptions.ProjError:  # no such place
        return False
    return bool(np.isfinite(moved).all()) and shapely.box(*moved).intersects(shapely.box(*grid.bounds))


def _manifest(run: _Extraction) -> Manifest:
    return Manifest(
        complete=False,
        season=run.catalogue.season,
        grid=run.catalogue.grid,
        sources=(_sentinel_2(run.catalogue, run.spec),),
        parcels=_parcels(run.parcels),
        inputs=run.inputs,
        skipped=tuple(Skipped(str(s.path), s.code, s.reason) for s in run.catalogue.skipped),
        left_out=run.left_out,
    )


def _sentinel_2(catalogue: Catalogue, spec: ExtractionSpec) -> Source:
    days, calendar = catalogue.days, spec.calendar
    masking = spec.imagery.masking()
    return Source(
        SENTINEL_2,
        tuple(map(sentinel_2_band, spec.bands)),
        parse_calendar(calendar, days[0], days[-1]) if calendar else days,
        days,
        tuple(
            AcquisitionRecord(
                a.day, tuple(s.name for s in a.scenes), tuple(map(unsigned, _sources([a]))), masked=a.masked
            )
            for a in catalogue.acquisitions
        ),
        tuple(sorted({scene.product for a in catalogue.acquisitions for scene in a.scenes})),
        calendar or ACQUISITIONS,
        spec.series,
        Masks(**{**masking, "scl_classes": tuple(masking["scl_classes"])}),
    )


def _parcels(parcels: ParcelLayer) -> ParcelsRecord:
    remarks = tuple(remark.message for remark in parcels.remarks)
    return ParcelsRecord(str(parcels.path), parcels.name, parcels.encoding, remarks, parcels.id_field or "")


def describe_inputs(catalogue: Catalogue, parcels: ParcelLayer, spec: ExtractionSpec) -> dict[str, Any]:
    """What a store depends on, as JSON: any difference makes another store."""
    options = {key: str(value) for key, value in asdict(spec.imagery).items() if key != "skip_unreadable"}
    return {
        "images": _stamps(_sources(catalogue.acquisitions)),
        "parcels": parcels.source.stamp(),
        "imagery options": options,
        "bands": list(spec.bands),
        "calendar": spec.calendar,
        "series options": spec.series.to_dict(),
        "few_pixels": spec.few_pixels,
        "inner_buffer_m": spec.inner_buffer_m,
        "encoding": parcels.encoding,
        "grid": catalogue.grid.to_dict(),
        **({"parcels_crs": parcels.given_crs.to_string()} if parcels.given_crs else {}),
    }


def _without(catalogue: Catalogue, damaged: Iterable[str]) -> Catalogue:
    """The catalogue without the scenes that read any of these files. Raises NoAcquisitions when none is left."""
    gone = set(damaged)
    kept = []
    for acquisition in catalogue.acquisitions:
        scenes = tuple(scene for scene in acquisition.scenes if gone.isdisjoint(scene.sources))
        if scenes:
            kept.append(replace(acquisition, scenes=scenes))
    if not kept:
        raise NoAcquisitions(Path(next(iter(gone))).parent, len(gone), sorted(gone))
    return replace(catalogue, acquisitions=tuple(kept))


def _sources(acquisitions: Iterable[Acquisition]) -> list[str]:
    return list(dict.fromkeys(source for a in acquisitions for scene in a.scenes for source in scene.sources))


def _stamps(sources: Iterable[str]) -> list[list[Any]]:
    """Size and time of each file on disk; the address of files on a server."""
    files = dict.fromkeys(on_disk(source) or source for source in sources)
    return [_stamp(file) if isinstance(file, Path) else [unsigned(file)] for file in files]


def _stamp(path: Path) -> list[Any]:
    facts = path.stat()
    return [str(path.resolve()), facts.st_size, facts.st_mtime_ns]


def _extent(of: ParcelLayer | Catalogue) -> str:
    bounds = of.bounds if isinstance(of, ParcelLayer) else of.grid.bounds
    crs = of.crs.to_string() if isinstance(of, ParcelLayer) else of.grid.crs
    return " ".join(f"{value:.6g}" for value in bounds) + f" ({crs[:40]})"
