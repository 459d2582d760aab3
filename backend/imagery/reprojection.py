"""The transformations of images to the common coordinate system, refused where they would be a guess."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyproj

from backend.errors import GridMismatch, UnknownImageDatum
from backend.imagery.acquisition import Catalogue, Scene
from backend.transformations import Guess, NoWay, Way, way_between


def ways(scenes: Sequence[Scene], crs: str) -> list[tuple[Scene, Way]]:
    """How images in other systems than `crs` are brought to it: the first image of each system, and the way.

    Raises UnknownImageDatum where PROJ can only guess, GridMismatch where there is no way at all.
    """
    others: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        if scene.grid.crs != crs:
            others[scene.grid.crs].append(scene)
    target = pyproj.CRS(crs)
    return [(members[0], _way(members, own, target)) for own, members in others.items()]


def inexact(catalogue: Catalogue, limit_m: float) -> list[tuple[Scene, Way]]:
    """Those whose error, as PROJ states it, is larger than the limit."""
    scenes = [scene for acquisition in catalogue.acquisitions for scene in acquisition.scenes]
    found = ways(scenes, catalogue.grid.crs)
    return [(scene, way) for scene, way in found if way.error_m is not None and way.error_m > limit_m]


def _way(members: Sequence[Scene], own: str, target: pyproj.CRS) -> Way:
    bounds = np.array([scene.grid.bounds for scene in members])
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    found = way_between(pyproj.CRS(own), target, (*low.tolist(), *high.tolist()))
    image = members[0].images[0]
    if isinstance(found, NoWay):
        raise GridMismatch(image, own[:40], target.name)
    if isinstance(found, Guess):
        raise UnknownImageDatum(image, found.system, found.of_target, found.lacking, found.candidates)
    return found
