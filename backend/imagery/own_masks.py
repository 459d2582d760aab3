"""Masks that come with an image: layers of its file, and files that are called as it is ("..._SCL", "..._QAI")."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from backend.errors import MaskMismatch
from backend.imagery import masks
from backend.imagery.acquisition import ImageryOptions, Mask, Scene, Skipped
from backend.imagery.empty_masks import QA60
from backend.imagery.labels import PROBABILITY, band_named, scene_words
from backend.imagery.locations import on_disk
from backend.imagery.rasters import RasterFacts

_ORDER = ("scl", "fmask", "qai", QA60, "binary")  # from the most detailed; one of them is used
_LIMIT = 50.0  # percent of cloud probability, where it is the only mask and no limit is given


def preferred(found: Iterable[Mask], options: ImageryOptions) -> tuple[Mask, ...]:
    """Of the masks of one image: the first in the order SCL, Fmask, QAI, QA60, cloud mask; a data mask always; cloud
    probability where a limit is given, or, from 50 %, where there is no other mask of clouds, or none but a QA60 that
    may turn out to be empty.
    """
    by_kind: dict[str, Mask] = {}
    for mask in found:
        by_kind.setdefault(mask.kind, mask)
    kinds = [kind for kind in _ORDER if kind in by_kind][:1]
    if PROBABILITY in by_kind and (options.cloud_probability is not None or not kinds):
        kinds.append(PROBABILITY)
    elif PROBABILITY in by_kind and kinds == [QA60]:
        by_kind[PROBABILITY] = replace(by_kind[PROBABILITY], in_reserve=True)
        kinds.append(PROBABILITY)
    chosen = [by_kind[kind] for kind in (*kinds, masks.DATA) if kind in by_kind]
    return tuple(replace(mask, limit=options.cloud_probability or _LIMIT) for mask in chosen)


def scene_of(path: Path) -> tuple[Path, str]:
    """What the files of one scene share: the folder, but for those of a band or a resolution, and words of the name."""
    folder = path.parent
    while is_part_of_scene(folder.name):
        folder = folder.parent
    return folder, scene_words(path.stem)


def is_part_of_scene(name: str) -> bool:
    """Whether a folder holds a band or a resolution of scenes: "B02", "R10m", "20m"."""
    return name.lower().removeprefix("r") in ("10m", "20m", "60m") or bool(name and band_named(name))


def attach(
    scenes: Sequence[Scene], files: Sequence[tuple[RasterFacts, str]], options: ImageryOptions
) -> tuple[list[Scene], list[Skipped]]:
    """Each scene with the mask files, given with their kinds, that are called as it is; and those that no scene has."""
    by_scene: dict[tuple[Path, str], list[tuple[RasterFacts, str]]] = defaultdict(list)
    for facts, kind in sorted(files, key=lambda file: file[0].grid.resolution_m):
        by_scene[scene_of(facts.path)].append((facts, kind))
    done, used = [], set()
    for scene in scenes:
        path = None if scene.masked else on_disk(scene.images[0])
        folder, words = scene_of(path) if path else (Path(), "")
        named = by_scene[folder, words] or by_scene[folder, ""]  # "SCL.tif" in the folder of a date
        own = [(facts, kind) for facts, kind in named if masks.fits(facts.grid, scene)]
        chosen = preferred((Mask(str(facts.path), kind) for facts, kind in own), options)
        done.append(replace(scene, masks=(*chosen, *scene.masks)) if chosen else scene)
        used |= {facts.path for facts, _ in own}
    return done, [_unpaired(facts) for facts, _ in files if facts.path not in used]


def _unpaired(facts: RasterFacts) -> Skipped:
    reason = "a mask, and no image of the same name, place and size is without one"
    return Skipped(facts.path, MaskMismatch.code, reason)
