"""From a catalogue and a parcel layer to a finished store: laid out, filled, flagged; resumed where it was killed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from backend.errors import MissingBands, NoAcquisitions, ParcelsOutsideImagery, UnreadableImage
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions, Scene
from backend.parcels.outlines import clean
from backend.parcels.reading import ParcelLayer
from backend.protocol import DEFAULTS, Reporter
from backend.series import calendar, quality, store
from backend.series.extraction import block_windows, fill_store
from backend.series.layout import lay_out
from backend.series.store import Store
from backend.vocabulary import BANDS


@dataclass(frozen=True)
class ExtractionSpec:
    """What to extract: `calendar` is "" for the acquisition days, else as `calendar.parse` takes it."""

    imagery: ImageryOptions
    bands: tuple[str, ...] = BANDS
    calendar: str = ""
    few_pixels: int = DEFAULTS.few_pixels
    workers: int = 2
    overwrite: bool = False


def build(catalogue: Catalogue, parcels: ParcelLayer, spec: ExtractionSpec, path: Path, reporter: Reporter) -> Store:
    """The finished store at `path`. Raises MissingBands, ParcelsOutsideImagery, StoreOfOtherInputs, DiskFull,
    NotWritable, UnreadableImage (a damaged image that was not to be skipped), Cancelled.
    """
    _require_bands(catalogue, spec.bands)
    inputs = describe_inputs(catalogue, parcels, spec)
    if store.resumable(path, inputs, spec.overwrite):
        manifest = store.read_manifest(path)
        if manifest["complete"]:
            reporter.log(f"{path} is already made of these inputs; it is used as it is.")
            return store.open_store(path)
        catalogue = _without(catalogue, manifest["left_out"])
        reporter.log(f"Going on with {path} where its extraction stopped.")
    else:
        _lay_out(catalogue, parcels, spec, path, inputs, [])
    return _fill(catalogue, parcels, spec, path, inputs, reporter)


def _fill(
    catalogue: Catalogue, parcels: ParcelLayer, spec: ExtractionSpec, path: Path, inputs: dict[str, Any], reporter: Reporter
) -> Store:  # fmt: skip
    """Fills the store; a damaged image that is to be skipped takes its date out of the whole store, never of a part."""
    left_out: list[str] = []
    while True:
        open_store = store.open_store(path, writable=True)
        left_out = list(open_store.manifest["left_out"])
        try:
            fill_store(open_store, catalogue, spec.imagery.resampling, spec.workers, reporter)
            return _finish(open_store, spec.few_pixels)
        except UnreadableImage as error:
            if not spec.imagery.skip_unreadable:
                raise
            reporter.warning(error.code, error.message, "Its date is left out of all parcels.")
            left_out.append(str(error.path))
            catalogue = _without(catalogue, left_out)
            _lay_out(catalogue, parcels, spec, path, inputs, left_out)


def _lay_out(
    catalogue: Catalogue, parcels: ParcelLayer, spec: ExtractionSpec, path: Path, inputs: dict[str, Any], left_out: list[str]
) -> None:  # fmt: skip
    outlines = clean(parcels.geometries, parcels.table.crs, catalogue.grid.crs)
    layout = lay_out(outlines, parcels.ids, catalogue.grid)
    if not layout.index["n_pixels"].any():
        raise ParcelsOutsideImagery(parcels.source, _extent(parcels), _extent(catalogue))
    acquisitions = [
        {"date": a.day.isoformat(), "scenes": [s.name for s in a.scenes], "files": [str(f) for f in _files([a])]}
        for a in catalogue.acquisitions
    ]
    days = catalogue.days
    manifest = {
        "schema": store.SCHEMA,
        "complete": False,
        "bands": list(spec.bands),
        "days": list(calendar.parse(spec.calendar, days[0], days[-1]) if spec.calendar else days),
        "time_axis": spec.calendar or "acquisitions",
        "season": catalogue.season,
        "grid": catalogue.grid.to_dict(),
        "acquisitions": acquisitions,
        "acquisition_days": list(days),
        "skipped": [{"path": str(s.path), "code": s.code, "reason": s.reason} for s in catalogue.skipped],
        "left_out": left_out,
        "parcels": {"source": str(parcels.source), "layer": parcels.layer},
        "inputs": inputs,
    }
    store.create(path, manifest, layout.index, parcels.table, layout.position, len(block_windows(catalogue)))


def _finish(open_store: Store, few_pixels: int) -> Store:
    """Adds flags and shares to the index, then says in the manifest that the store is whole."""
    index = open_store.index
    seen = quality.seen_pixels(open_store.reflectance, index)
    observed = quality.observed_shares(open_store.clear, index)
    flags = quality.flags(index, seen, few_pixels)
    open_store.replace_index(index.assign(quality=flags, observed=observed))
    shares = quality.clear_shares(open_store.clear)
    acquisitions = [{**a, "clear_share": float(s)} for a, s in zip(open_store.manifest["acquisitions"], shares)]
    open_store.replace_manifest(complete=True, acquisitions=acquisitions)
    (open_store.path / "done.npy").unlink()
    return store.open_store(open_store.path)


def describe_inputs(catalogue: Catalogue, parcels: ParcelLayer, spec: ExtractionSpec) -> dict[str, Any]:
    """What a store depends on, as JSON: any difference makes another store."""
    options = {key: str(value) for key, value in asdict(spec.imagery).items() if key != "skip_unreadable"}
    return {
        "images": [_stamp(path) for path in _files(catalogue.acquisitions)],
        "parcels": [*_stamp(parcels.source), parcels.layer],
        "imagery options": options,
        "bands": list(spec.bands),
        "calendar": spec.calendar,
        "few_pixels": spec.few_pixels,
        "grid": catalogue.grid.to_dict(),
    }


def _require_bands(catalogue: Catalogue, bands: Iterable[str]) -> None:
    for acquisition in catalogue.acquisitions:
        for scene in acquisition.scenes:
            missing = [band for band in bands if band not in scene.layers]
            if missing:
                raise MissingBands(scene.name, missing, scene.layers)


def _without(catalogue: Catalogue, damaged: Iterable[str]) -> Catalogue:
    """The catalogue without the scenes that read any of these files. Raises NoAcquisitions when none is left."""
    gone = set(damaged)
    kept = []
    for acquisition in catalogue.acquisitions:
        scenes = tuple(scene for scene in acquisition.scenes if not gone & {str(path) for path in _scene_files(scene)})
        if scenes:
            kept.append(replace(acquisition, scenes=scenes))
    if not kept:
        raise NoAcquisitions(Path(next(iter(gone))).parent, len(gone), sorted(gone))
    return replace(catalogue, acquisitions=tuple(kept))


def _scene_files(scene: Scene) -> tuple[Path, ...]:
    return scene.files + ((scene.mask.path,) if scene.mask else ())


def _files(acquisitions: Iterable[Acquisition]) -> list[Path]:
    return list(dict.fromkeys(path for a in acquisitions for scene in a.scenes for path in _scene_files(scene)))


def _stamp(path: Path) -> list[Any]:
    facts = os.stat(path)
    return [str(path.resolve()), facts.st_size, facts.st_mtime_ns]


def _extent(of: ParcelLayer | Catalogue) -> str:
    bounds = of.table.total_bounds if isinstance(of, ParcelLayer) else of.grid.bounds
    crs = of.table.crs.to_string() if isinstance(of, ParcelLayer) else of.grid.crs
    return " ".join(f"{value:.6g}" for value in bounds) + f" ({crs[:40]})"
