"""One GeoTIFF per date and band; the band stands in the file's name, and bands may differ in resolution."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from backend.errors import EngineError
from backend.imagery.acquisition import ImageryOptions, Scene, Skipped
from backend.imagery.names import band_in, moment_of, platform_in, scene_key, tile_in
from backend.imagery.rasters import RasterFacts


def claims(facts: RasterFacts, options: ImageryOptions) -> bool:
    return len(facts.layers) == 1 and band_in(facts.path.stem) is not None


def scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    found, skipped = [], []
    groups: dict[tuple[Path, str], list[RasterFacts]] = defaultdict(list)
    for facts in rasters:
        groups[facts.path.parent, scene_key(facts.path)].append(facts)
    for (folder, key), members in groups.items():
        try:
            found.append(_scene(key, members))
        except EngineError as error:
            skipped.append(Skipped(folder / key, error.code, error.message))
    return found, skipped


def _scene(key: str, members: Sequence[RasterFacts]) -> Scene:
    finest = min(members, key=lambda facts: facts.grid.resolution_m)
    by_resolution = sorted(
        members, key=lambda facts: -facts.grid.resolution_m
    )  # the finest of a band comes last and stays
    layers = {band_in(facts.path.stem) or "": facts.layers[0] for facts in by_resolution}
    return Scene(
        name=key,
        moment=moment_of(finest.path, finest.tags),
        layers=dict(sorted(layers.items())),
        grid=finest.grid,
        product="GeoTIFF, one per date and band",
        platform=platform_in(key),
        tile=tile_in(key),
    )
