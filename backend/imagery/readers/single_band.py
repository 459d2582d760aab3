"""One raster per date and band; the band is in the name of the file or its folder, and bands may differ in resolution.

Where neither names one, the description of its only layer may. Files are of one scene where their names, without the
band, and their folders, without those of a band or a resolution, are the same.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from backend.errors import BadMetadata, EngineError, MissingBands
from backend.imagery.acquisition import ImageryOptions, Scene, Skipped
from backend.imagery.labels import Label, band_named, labels_of, labels_of_files
from backend.imagery.names import moment_in, moment_of, platform_in, scene_key, tile_in
from backend.imagery.own_masks import is_part_of_scene, scene_of
from backend.imagery.rasters import RasterFacts
from backend.memory import require_memory


def claims(facts: RasterFacts, options: ImageryOptions) -> bool:
    label = label_of(facts)
    return bool(label) or label.doubtful


def label_of(facts: RasterFacts, among_files: Label | None = None) -> Label:
    """What a raster of one layer holds; nothing where it has several. `among_files`: what its name says beside those of
    its folder.
    """
    if len(facts.layers) != 1:
        return Label("")
    own = labels_of(facts.descriptions)[0]
    named = among_files or labels_of_files([facts.path.stem])[0]
    if own.doubtful or (own and named.band and own.band != named.band):
        return Label(own.text, doubtful=bool(named) or own.doubtful)
    if named or named.doubtful:
        return named
    folder = next((band for part in facts.path.parents if (band := _band_of(part))), "") if not own else ""
    return Label(facts.path.parent.name, band=folder) if folder else own


def _band_of(folder: Path) -> str:
    return band_named(folder.name) if is_part_of_scene(folder.name) else ""


def labels(rasters: Sequence[RasterFacts]) -> dict[Path, Label]:
    """The label of each raster of one layer, by its path."""
    folders: dict[Path, list[RasterFacts]] = defaultdict(list)
    for facts in rasters:
        if len(facts.layers) == 1:
            folders[scene_of(facts.path)[0]].append(facts)
    found: dict[Path, Label] = {}
    for members in folders.values():
        named = labels_of_files([facts.path.stem for facts in members])
        found |= {facts.path: label_of(facts, label) for facts, label in zip(members, named)}
    return found


def scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    found, skipped = [], []
    named = labels(rasters)
    groups: dict[tuple[Path, str], list[RasterFacts]] = defaultdict(list)
    for facts in rasters:
        if named[facts.path].band:
            groups[_group(facts, named[facts.path])].append(facts)
        else:
            skipped.append(_not_a_band(facts, named[facts.path]))
    for members in groups.values():
        try:
            found.append(_scene(members, named))
        except EngineError as error:
            require_memory(error)
            skipped.append(Skipped(members[0].path, error.code, error.message))
    return found, skipped


def _group(facts: RasterFacts, label: Label) -> tuple[Path, str]:
    folder, words = scene_of(facts.path)
    if label.text not in facts.descriptions:
        return folder, words
    return folder, f"{moment_in(facts.path.stem) or label.moment} {label.tile}"  # such files are not called alike


def _not_a_band(facts: RasterFacts, label: Label) -> Skipped:
    held = label.text or facts.path.stem
    expected = "the name of one band and nothing that makes it another quantity"
    return Skipped(facts.path, MissingBands.code, f"{facts.path.name}: expected {expected}, found {held!r}")


def _scene(members: Sequence[RasterFacts], named: Mapping[Path, Label]) -> Scene:
    finest = min(members, key=lambda facts: facts.grid.resolution_m)
    chosen: dict[str, RasterFacts] = {}
    for facts in sorted(members, key=lambda facts: facts.grid.resolution_m):  # of a band the finest
        band = named[facts.path].band
        if chosen.setdefault(band, facts) is not facts and chosen[band].grid.resolution_m == facts.grid.resolution_m:
            both = f"{chosen[band].path.name} and {facts.path.name}"
            raise BadMetadata(facts.path, f"expected each band of a date once; {both} both claim to be {band}")
    key, moment = scene_key(finest.path), _moment(finest)
    return Scene(
        name=_name(finest, moment),
        moment=moment,
        layers={band: chosen[band].layers[0] for band in sorted(chosen)},
        grid=finest.grid,
        product="GeoTIFF, one per date and band",
        platform=platform_in(key) or platform_in(finest.path.parent.name),
        tile=tile_in(key),
    )


def _name(facts: RasterFacts, moment: datetime) -> str:
    """That of its files without the band, with that of their folder or the date where these files have no date."""
    key, folder = scene_key(facts.path), scene_of(facts.path)[0].name
    if moment_in(key):
        return key
    return " ".join(filter(None, [folder, key] if moment_in(folder) else [key, f"{moment:%Y-%m-%d}"]))


def _moment(facts: RasterFacts) -> datetime:
    described = moment_in(facts.descriptions[0])
    return described if described and not moment_in(facts.path.stem) else moment_of(facts.path, facts.tags)
