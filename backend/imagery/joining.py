"""Scenes that are one image: its bands in several files, or the image found again with fewer of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from backend.imagery.acquisition import Scene, Skipped
from backend.imagery.duplicates import SUPERSEDED
from backend.imagery.locations import on_disk
from backend.imagery.own_masks import scene_of


def join(scenes: Sequence[Scene]) -> list[Scene]:
    """One scene of files that are called alike but for their resolution and hold different bands of one ground."""
    groups: dict[Hashable, list[Scene]] = defaultdict(list)
    for scene in scenes:
        path = on_disk(scene.images[0])
        groups[(scene_of(path) if path else scene.name, scene.moment, scene.tile)].append(scene)
    return [joined for group in groups.values() for joined in _joined(group)]


def _joined(group: Sequence[Scene]) -> list[Scene]:
    bands = [band for scene in group for band in scene.layers]
    if len(group) == 1 or len(bands) != len(set(bands)) or not all(same_ground(group[0], other) for other in group):
        return list(group)
    finest = min(group, key=lambda scene: scene.grid.resolution_m)
    layers = {band: layer for scene in group for band, layer in scene.layers.items()}
    masks = next((scene.masks for scene in group if scene.masks), ())
    return [replace(finest, layers=dict(sorted(layers.items())), masks=masks)]


def without_poorer(scenes: Sequence[Scene]) -> tuple[list[Scene], list[Skipped]]:
    """Without those that have only some of the bands of another image of the same ground and time."""
    days: dict[Hashable, list[Scene]] = defaultdict(list)
    for scene in scenes:
        days[scene.day].append(scene)
    kept, skipped = [], []
    for scene in scenes:
        richer = next((other for other in days[scene.day] if _holds_more(other, scene)), None)
        if richer is None:
            kept.append(scene)
        else:
            skipped.append(_skipped(scene, richer))
    return kept, skipped


def repeated(scenes: Sequence[Scene]) -> list[tuple[Scene, Scene]]:
    """Pairs of images of one time, ground and bands that are not products, whose baseline would tell which is newer."""
    firsts: dict[Hashable, Scene] = {}
    pairs = []
    for scene in scenes:
        bounds = tuple(round(edge) for edge in scene.grid.bounds)
        first = firsts.setdefault((scene.moment, scene.tile, scene.grid.crs, bounds), scene)
        if first is not scene and not scene.baseline:
            pairs.append((first, scene))
    return pairs


def same_ground(one: Scene, other: Scene) -> bool:
    tolerance = max(one.grid.resolution_m, other.grid.resolution_m)
    apart = np.abs(np.subtract(one.grid.bounds, other.grid.bounds)).max()
    return one.grid.crs == other.grid.crs and bool(apart < tolerance)


def _holds_more(other: Scene, scene: Scene) -> bool:
    times = {other.moment.time(), scene.moment.time()}
    of_one_time = len(times) == 1 or any(not (time.hour or time.minute or time.second) for time in times)
    return of_one_time and set(other.layers) > set(scene.layers) and same_ground(one=other, other=scene)


def _skipped(scene: Scene, richer: Scene) -> Skipped:
    path = on_disk(scene.images[0]) or Path(scene.images[0])
    reason = f"{scene.name}: {richer.name} is of the same date and ground, and holds these bands and more"
    return Skipped(path, SUPERSEDED, reason)
