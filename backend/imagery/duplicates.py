"""The same image found more than once: reprocessed, or downloaded twice. One is used, and reported."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path

from backend.imagery.acquisition import Scene, Skipped
from backend.imagery.locations import on_disk

SUPERSEDED = "imagery.superseded"


def newest(scenes: Sequence[Scene]) -> tuple[list[Scene], list[Skipped]]:
    """Without the products that a later processing baseline of the same datatake and tile replaces.

    Products of one baseline are the parts of a tile that were cut where the satellite's downlink ended: all stay.
    """
    latest: dict[Hashable, Scene] = {}
    for scene in scenes:
        best = latest.setdefault(_image(scene), scene)
        if _version(scene) > _version(best):
            latest[_image(scene)] = scene
    kept: dict[Hashable, Scene] = {}
    skipped = []
    for scene in scenes:
        best = latest[_image(scene)]
        if _version(scene) < _version(best):
            skipped.append(_skipped(scene, f"baseline {scene.baseline} is replaced by {best.baseline}, {best.name}"))
        elif kept.setdefault(_product(scene), scene) is not scene:
            skipped.append(_skipped(scene, "the same product was found before, and is used once"))
    return list(kept.values()), skipped


def _image(scene: Scene) -> Hashable:
    """What reprocessed products share: the datatake's start names it. Images without a baseline stand by themselves."""
    return (scene.product, scene.platform, scene.tile, scene.moment) if scene.baseline else id(scene)


def _product(scene: Scene) -> Hashable:
    return (_image(scene), scene.name) if scene.baseline else id(scene)


def _version(scene: Scene) -> tuple[int, ...]:
    """ "05.09" and "5.9" are the same."""
    return tuple(int(number) for number in re.findall(r"\d+", scene.baseline))


def _skipped(scene: Scene, reason: str) -> Skipped:
    source = scene.images[0]
    return Skipped(on_disk(source) or Path(source), SUPERSEDED, f"{scene.name}: {reason}")
