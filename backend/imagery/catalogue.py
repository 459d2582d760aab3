"""From a folder or a file to the acquisitions of a season on one grid."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from backend.errors import GridMismatch, NoAcquisitions, UnreadableImage, UnusableGrid
from backend.imagery import masks
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions, Scene, Skipped
from backend.imagery.grid import Grid
from backend.imagery.rasters import SUFFIXES, RasterFacts, read_facts
from backend.imagery.readers import READERS
from backend.protocol import Reporter

_MOST_LISTED = 3


def find(source: Path, options: ImageryOptions, reporter: Reporter) -> Catalogue:
    """The acquisitions of `source` (a folder, looked through with its subfolders, or a single stack).

    Raises NoAcquisitions, GridMismatch, NoMasks, MaskMismatch, and what a single stack's reader raises.
    """
    paths = _raster_paths(source, options.masks)
    rasters, unreadable = _facts(paths, options, reporter)
    scenes, unusable = _scenes(rasters, options)
    wanted = sorted(
        (scene for scene in scenes if options.wants(scene.day)), key=lambda scene: (scene.moment, scene.name)
    )
    if not wanted:
        unwanted = [f"{len(scenes)} images are excluded, or outside of the dates asked for"] if scenes else []
        raise NoAcquisitions(source, len(paths), [*unwanted, *unreadable, *unusable])
    if options.masks:
        wanted, bare = masks.attach(wanted, options.masks)
        _warn_unmasked(bare, options.masks, reporter)
    used_masks = {scene.mask.path for scene in wanted if scene.mask}  # which may lie among the images
    unusable = [entry for entry in unusable if entry.path not in used_masks]
    _warn_unusable(unusable, reporter)
    season = options.season or Counter(scene.day.year for scene in wanted).most_common(1)[0][0]
    return Catalogue(
        _acquisitions(wanted), _common_grid(wanted, options.resolution_m), (*unreadable, *unusable), season
    )


def require_readable(catalogue: Catalogue, skip_unreadable: bool) -> None:
    """Raises UnreadableImage for the first damaged file, unless the user asked to leave such dates out."""
    damaged = [entry for entry in catalogue.skipped if entry.code == UnreadableImage.code]
    if damaged and not skip_unreadable:
        raise UnreadableImage(damaged[0].path, damaged[0].reason)


def _raster_paths(source: Path, mask_folder: Path | None) -> list[Path]:
    if source.is_file():
        return [source]
    apart = mask_folder.resolve() if mask_folder and mask_folder.resolve() != source.resolve() else None
    files = (path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES and not path.is_dir())
    return [path for path in files if apart is None or apart not in path.resolve().parents]


def _facts(
    paths: Iterable[Path], options: ImageryOptions, reporter: Reporter
) -> tuple[list[RasterFacts], list[Skipped]]:
    rasters, skipped = [], []
    for path in paths:
        try:
            rasters.append(read_facts(path, options))
        except UnreadableImage as error:
            skipped.append(Skipped(path, error.code, error.reason))
            reporter.warning(error.code, error.message, error.advice)
        except UnusableGrid as error:
            skipped.append(Skipped(path, error.code, error.message))
            reporter.warning(error.code, error.message, error.advice)
    return rasters, skipped


def _scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
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


def _acquisitions(scenes: Sequence[Scene]) -> tuple[Acquisition, ...]:
    days: dict[date, list[Scene]] = defaultdict(list)
    for scene in scenes:
        days[scene.day].append(scene)
    return tuple(Acquisition(day, tuple(members)) for day, members in sorted(days.items()))


def _common_grid(scenes: Sequence[Scene], resolution_m: float) -> Grid:
    """A grid over all scenes, which must share one coordinate system. Raises GridMismatch."""
    first = scenes[0].grid
    for scene in scenes:
        if scene.grid.crs != first.crs:
            raise GridMismatch(scene.files[0], scene.grid.crs, first.crs)
    bounds = [scene.grid.bounds for scene in scenes]
    union = (min(b[0] for b in bounds), min(b[1] for b in bounds), max(b[2] for b in bounds), max(b[3] for b in bounds))
    return Grid.covering(first.crs, union, resolution_m)


def _warn_unusable(skipped: Sequence[Skipped], reporter: Reporter) -> None:
    if skipped:
        named = "; ".join(str(entry).rstrip(".") for entry in skipped[:_MOST_LISTED])
        more = f" and {len(skipped) - _MOST_LISTED} more" if len(skipped) > _MOST_LISTED else ""
        reporter.warning("imagery.skipped", f"Rasters that are not used: {named}{more}.")


def _warn_unmasked(days: Sequence[date], folder: Path, reporter: Reporter) -> None:
    if days:
        listed = ", ".join(day.isoformat() for day in days)
        reporter.warning(
            "imagery.mask_missing", f"No mask in {folder} for {listed}: every pixel of these dates is taken as clear."
        )
