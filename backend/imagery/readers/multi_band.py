"""One GeoTIFF per date that holds all bands; bands by layer description or by option."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

from backend.errors import BadArgument, EngineError, MissingBands
from backend.imagery.acquisition import ImageryOptions, Scene, Skipped
from backend.imagery.names import band_in, moment_of, platform_in, tile_in
from backend.imagery.rasters import RasterFacts


def claims(facts: RasterFacts, options: ImageryOptions) -> bool:
    return True  # the last reader: every raster that no other one knows


def scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    found, skipped = [], []
    for facts in rasters:
        try:
            found.append(_scene(facts, options))
        except EngineError as error:
            skipped.append(Skipped(facts.path, error.code, error.message))
    return found, skipped


def _scene(facts: RasterFacts, options: ImageryOptions) -> Scene:
    names = layer_names(facts, options)
    layers = {name: layer for name, layer in zip(names, facts.layers) if name}
    if not layers:
        raise MissingBands(facts.path, ["any named one"], filter(None, facts.descriptions))
    tags = " ".join(facts.tags.values())
    return Scene(
        name=facts.path.stem,
        moment=moment_of(facts.path, facts.tags),
        layers=layers,
        grid=facts.grid,
        product="GeoTIFF, one per date" + (", simulated" if "SIMULATED" in facts.tags else ""),
        platform=platform_in(facts.path.stem) or platform_in(tags),
        tile=tile_in(facts.path.stem),
    )


def layer_names(facts: RasterFacts, options: ImageryOptions) -> list[str | None]:
    """A band name per layer: the option's, else what the descriptions say."""
    if not options.band_names:
        return [band_in(text) for text in facts.descriptions]
    if len(options.band_names) != len(facts.layers):
        raise BadArgument(
            "band_names", f"{len(facts.layers)} names, one per layer of {facts.path.name}", options.band_names
        )
    return list(options.band_names)
