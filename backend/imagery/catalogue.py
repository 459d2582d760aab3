"""From a folder or a file to the acquisitions of a season on one grid."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backend.errors import (
    BadMetadata,
    EngineError,
    IncompleteProduct,
    MissingBands,
    NoAcquisitions,
    NoItems,
    UnreachableImage,
    UnreadableImage,
    UnsupportedProduct,
    UnsupportedZarr,
    UnusableGrid,
)
from backend.imagery import masks, own_masks, preflight, stac, virtual
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions, Scene, Skipped
from backend.imagery.duplicates import newest
from backend.imagery.empty_masks import without_empty
from backend.imagery.foreign import unsupported
from backend.imagery.grid import Grid
from backend.imagery.joining import join, repeated, without_poorer
from backend.imagery.labels import NOTHING
from backend.imagery.locations import is_netcdf, on_disk
from backend.imagery.mosaic import common_grid
from backend.imagery.rasters import SUFFIXES, RasterFacts, read_facts
from backend.imagery.readers import PRODUCTS, READERS, ProductReader, single_band
from backend.imagery.season import harvest_year
from backend.memory import require_memory
from backend.protocol import Reporter

_MOST_LISTED = 3
_NAMES_OF_MASKS = ("scl", "mask", "msk", "cloud")
_DAMAGED = (UnreadableImage, BadMetadata, IncompleteProduct, UnsupportedZarr, UnreachableImage)
_OF_ANOTHER_KIND = (UnsupportedProduct.code, MissingBands.code)  # of a catalogue that holds more than Sentinel-2


@dataclass(frozen=True)
class _Search:
    """The content of a source: its scenes, what is damaged, what is not an image of ours, how much was examined."""

    scenes: list[Scene]
    unreadable: list[Skipped]
    unusable: list[Skipped]
    looked_at: int


def find(
    source: Path | str, options: ImageryOptions, reporter: Reporter, bounds: stac.Bounds | None = None
) -> Catalogue:
    """The acquisitions of `source`: a folder, looked through with its subfolders, a product, a single stack, or "stac:"
    and the address of a catalogue, of which only what may show `bounds` (degrees: west, south, east, north) is used.

    Raises NoAcquisitions, GridMismatch, NoMasks, MaskMismatch, UnreachableCatalogue, BadCatalogue, and what a single
    stack's reader raises.
    """
    if isinstance(source, str):
        search = _in_stac(source, options, reporter, bounds)
    else:
        search = _on_disk(source, options, reporter)
    scenes, unreadable, unusable = search.scenes, search.unreadable, search.unusable
    wanted = sorted(
        (scene for scene in scenes if options.wants(scene.day)), key=lambda scene: (scene.moment, scene.name)
    )
    if not wanted:
        unwanted = [f"{len(scenes)} images are excluded, or outside of the dates asked for"] if scenes else []
        nothing = NoItems if isinstance(source, str) else NoAcquisitions
        raise nothing(source, search.looked_at, [*unwanted, *unreadable, *unusable])
    wanted, outdated = newest(wanted)
    wanted, poorer = without_poorer(wanted)
    outdated += poorer
    for entry in outdated:
        reporter.log(f"{entry}.")
    if options.masks:
        wanted, bare = masks.attach(wanted, options.masks)
        _warn_unmasked(bare, options.masks, reporter)
    wanted, empty = without_empty(wanted)
    _warn_empty(empty, wanted, reporter)
    if not options.masks:
        _warn_without_masks([scene for scene in wanted if scene.day not in empty], wanted, reporter)
    _warn_repeated(wanted, reporter)
    _warn_unused(masks.without(wanted, options), len({scene.day for scene in wanted}), reporter)
    wanted = [masks.as_asked(scene, options) for scene in wanted]
    used_masks = {mask.source for scene in wanted for mask in scene.masks}  # which may lie among the images
    unusable = [entry for entry in unusable if str(entry.path) not in used_masks]
    _warn_unusable(unusable, reporter)
    season = options.season or harvest_year(scene.day for scene in wanted)
    skipped = (*unreadable, *outdated, *unusable)
    grid = common_grid(wanted, options)
    return Catalogue(_acquisitions(wanted, grid), grid, skipped, season)


def require_readable(catalogue: Catalogue, skip_unreadable: bool) -> None:
    """Raises the error of the first damaged file or product, unless the user asked to leave such dates out."""
    damaged = [entry for entry in catalogue.skipped if is_damaged(entry)]
    if damaged and not skip_unreadable:
        kinds = {kind.code: kind for kind in _DAMAGED}
        raise kinds[damaged[0].code](damaged[0].path, damaged[0].reason)


def is_damaged(entry: Skipped) -> bool:
    """Whether a skipped file stops an extraction, unless such dates are to be left out."""
    return entry.code in {kind.code for kind in _DAMAGED}


def require_bands(catalogue: Catalogue, bands: Iterable[str]) -> None:
    """Raises MissingBands for the first scene that lacks one of them."""
    wanted = tuple(bands)
    for acquisition in catalogue.acquisitions:
        error = missing_bands(acquisition, wanted)
        if error:
            raise error


def missing_bands(acquisition: Acquisition, bands: Sequence[str]) -> MissingBands | None:
    """The error of the first scene of a day that lacks one of the bands."""
    for scene in acquisition.scenes:
        missing = [band for band in bands if band not in scene.layers]
        if missing:
            return MissingBands(scene.name, missing, scene.layers, choice=True)
    return None


def _in_stac(source: str, options: ImageryOptions, reporter: Reporter, bounds: stac.Bounds | None) -> _Search:
    scenes, skipped = stac.scenes(source, options, bounds, reporter)
    damaged = [entry for entry in skipped if entry.code not in _OF_ANOTHER_KIND]
    unusable = [entry for entry in skipped if entry.code in _OF_ANOTHER_KIND]
    return _Search(scenes, damaged, unusable, len(scenes) + len(skipped))


def _on_disk(source: Path, options: ImageryOptions, reporter: Reporter) -> _Search:
    paths, products = _look_through(source, options.masks)
    whole, damaged = _product_scenes(products, options, reporter)
    of_items = {on_disk(source) for scene in whole for source in scene.sources}
    rasters, unreadable = _facts([path for path in paths if path not in of_items], options, reporter)
    scenes, unusable = _scenes(rasters, options)
    return _Search(whole + scenes, damaged + unreadable, unusable, len(paths) + len(products))


def _look_through(source: Path, mask_folder: Path | None) -> tuple[list[Path], list[tuple[ProductReader, Path]]]:
    """The rasters, and the products with the reader that knows them; what is inside a product belongs to it."""
    apart = mask_folder.resolve() if mask_folder and mask_folder.resolve() != source.resolve() else None
    rasters, products = [], []
    reader = _product_reader(source)
    if reader or source.is_file():
        return ([], [(reader, source)]) if reader else ([source], [])
    for folder, subfolders, files in os.walk(source):
        for name in sorted([*subfolders, *files]):
            path = Path(folder, name)
            if apart is not None and path.resolve() == apart:
                subfolders.remove(name)
            elif reader := _product_reader(path):
                products.append((reader, path))
                subfolders[:] = [other for other in subfolders if other != name]
            elif path.suffix.lower() in SUFFIXES and not path.is_dir():
                rasters.append(path)
    return sorted(rasters), sorted(products, key=lambda product: product[1])


def _product_reader(path: Path) -> ProductReader | None:
    return next((reader for reader in PRODUCTS if reader.claims(path)), None)


def _product_scenes(
    products: Sequence[tuple[ProductReader, Path]], options: ImageryOptions, reporter: Reporter
) -> tuple[list[Scene], list[Skipped]]:
    scenes, skipped = [], []
    crashing = preflight.crashing([path for _, path in products if is_netcdf(path.name.lower())])
    for reader, path in products:
        try:
            if path in crashing:
                raise UnreadableImage(path, crashing[path])
            scenes += reader.scenes(path, options)
        except EngineError as error:
            require_memory(error)
            skipped.append(Skipped(path, error.code, getattr(error, "reason", error.message)))
            reporter.warning(error.code, **error.fields)
    return scenes, skipped


def _facts(
    paths: Iterable[Path], options: ImageryOptions, reporter: Reporter
) -> tuple[list[RasterFacts], list[Skipped]]:
    rasters, skipped = [], []
    for path in paths:
        try:
            rasters.append(read_facts(path, options))
        except UnreadableImage as error:
            require_memory(error)
            skipped.append(Skipped(path, error.code, error.reason))
            reporter.warning(error.code, **error.fields)
        except UnusableGrid as error:
            require_memory(error)
            skipped.append(Skipped(path, error.code, error.message))
            reporter.warning(error.code, **error.fields)
    return rasters, skipped


def _scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    """What the rasters of Sentinel-2's Level-2A hold, and the others."""
    others = [found for facts in rasters if (found := unsupported(facts))]
    names = {entry.path for entry in others}
    ours = [facts for facts in rasters if facts.path not in names]
    if options.dates_file is not None:  # one stack, which may be a VRT
        scenes, skipped = _read(_without_parts(ours), options)
    else:
        scenes, skipped = virtual.resolve(ours, lambda some: _with_masks(some, options))
    return scenes, others + skipped


def _without_parts(rasters: Sequence[RasterFacts]) -> list[RasterFacts]:
    parts = frozenset[Path]().union(*(facts.parts for facts in rasters))
    return [facts for facts in rasters if facts.path.resolve() not in parts]


def _with_masks(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    """Files of one layer that are masks go to the images that are called as they are."""
    labels = single_band.labels(rasters)
    files = [(facts, labels[facts.path].mask) for facts in rasters if labels.get(facts.path, NOTHING).mask]
    paths = {facts.path for facts, _ in files}
    scenes, skipped = _read([facts for facts in rasters if facts.path not in paths], options)
    scenes, unpaired = own_masks.attach(join(scenes), files, options)
    return scenes, skipped + unpaired


def _read(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    """Every raster goes to the first reader that claims it."""
    claimed = defaultdict(list)
    for facts in rasters:
        claimed[next(i for i, reader in enumerate(READERS) if reader.claims(facts, options))].append(facts)
    scenes, skipped = [], []
    for index, members in sorted(claimed.items()):
        found, unusable = READERS[index].scenes(members, options)
        scenes += found
        skipped += unusable
    return scenes, skipped


def _acquisitions(scenes: Sequence[Scene], grid: Grid) -> tuple[Acquisition, ...]:
    """By day; of a day's scenes those that are not reprojected come first."""
    days: dict[date, list[Scene]] = defaultdict(list)
    for scene in sorted(scenes, key=lambda scene: scene.grid.crs != grid.crs):
        days[scene.day].append(scene)
    return tuple(Acquisition(day, tuple(members)) for day, members in sorted(days.items()))


def _warn_unusable(skipped: Sequence[Skipped], reporter: Reporter) -> None:
    if skipped:
        named = [str(entry).rstrip(".") for entry in skipped]
        masks = any(word in entry.path.stem.lower() for entry in skipped for word in _NAMES_OF_MASKS)
        reporter.warning("imagery.skipped", rasters=named, masks=masks)


def _warn_unmasked(days: Sequence[date], folder: Path, reporter: Reporter) -> None:
    if days:
        reporter.warning("imagery.mask_missing", folder=folder, days=days)


def _warn_empty(days: Sequence[date], scenes: Sequence[Scene], reporter: Reporter) -> None:
    if days:
        bare = any(scene.day in days and not scene.masked for scene in scenes)
        reporter.warning("imagery.empty_mask", empty=len(days), days=days, bare=bare)


def _warn_without_masks(scenes: Sequence[Scene], every: Sequence[Scene], reporter: Reporter) -> None:
    bare = sorted({scene.day for scene in scenes if not scene.masked})
    if bare:
        reporter.warning("imagery.no_mask", bare=len(bare), dates=len({scene.day for scene in every}), days=bare)


def _warn_repeated(scenes: Sequence[Scene], reporter: Reporter) -> None:
    pairs = repeated(scenes)
    if pairs:
        first, second = pairs[0]
        reporter.warning("imagery.repeated", images=len(pairs), first=first.name, second=second.name)


def _warn_unused(lacking: Mapping[str, Sequence[date]], dates: int, reporter: Reporter) -> None:
    """A warning of options that change nothing on some dates."""
    for option, days in lacking.items():
        reporter.warning(
            "imagery.mask_lacks", option=option.replace("_", " "), lacking=len(days), dates=dates, days=days
        )
