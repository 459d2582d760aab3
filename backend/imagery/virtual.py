"""VRTs beside the files they are made of: either the VRT is used or its parts, whichever gives a date more bands."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from backend.imagery.acquisition import Scene, Skipped
from backend.imagery.duplicates import SUPERSEDED
from backend.imagery.rasters import RasterFacts

Found = tuple[list[Scene], list[Skipped]]


def resolve(rasters: Sequence[RasterFacts], read: Callable[[Sequence[RasterFacts]], Found]) -> Found:
    """The scenes that `read` makes of the rasters, with no part of a VRT beside the VRT itself.

    A VRT is used where on no date its parts give an image of more bands, or a mask that the VRT lacks, and where not
    all of its parts are here; else they are used, and it is named.
    """
    virtual = [facts for facts in rasters if facts.parts]
    scenes, skipped = read(_without_parts(rasters, virtual))
    parts = frozenset[Path]().union(*(facts.parts for facts in virtual))
    if not any(facts.path.resolve() in parts for facts in rasters):
        return scenes, skipped
    of_parts, _ = read([facts for facts in rasters if not facts.parts])
    richest, offered = _richest(scenes), _richest(of_parts)
    poorer = {day for day, held in offered.items() if held > richest.get(day, 0)}
    better = [scene for scene in of_parts if scene.day in poorer]
    here = {facts.path.resolve() for facts in rasters}
    left_out = [facts for facts in virtual if facts.parts <= here and _touches(facts, better)]
    if not left_out:
        return scenes, skipped
    dropped = {facts.path for facts in left_out}
    kept = [facts for facts in virtual if facts.path not in dropped]
    scenes, skipped = read(_without_parts([facts for facts in rasters if facts.path not in dropped], kept))
    reason = "a VRT that holds less than the files it is made of, which are used in its place"
    return scenes, skipped + [Skipped(path, SUPERSEDED, reason) for path in sorted(dropped)]


def _without_parts(rasters: Sequence[RasterFacts], virtual: Sequence[RasterFacts]) -> list[RasterFacts]:
    parts = frozenset[Path]().union(*(facts.parts for facts in virtual))
    return [facts for facts in rasters if facts.path.resolve() not in parts]


def _richest(scenes: Sequence[Scene]) -> dict[date, int]:
    """By day, the bands of the scene that has the most; a mask counts as one more."""
    most: dict[date, int] = defaultdict(int)
    for scene in scenes:
        most[scene.day] = max(most[scene.day], len(scene.layers) + bool(scene.masks))
    return most


def _touches(facts: RasterFacts, scenes: Sequence[Scene]) -> bool:
    return any(Path(image).resolve() in facts.parts for scene in scenes for image in scene.images)
