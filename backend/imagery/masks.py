"""Masks: which raster belongs to which scene, and what its values mean."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.errors import MaskMismatch, NoMasks
from backend.imagery.acquisition import Mask, Scene
from backend.imagery.grid import Grid, crs_name
from backend.imagery.names import moment_in
from backend.imagery.rasters import SUFFIXES, opened

CLEAR_SCL = (4, 5, 6, 7)  # Sen2Cor: vegetation, bare soil, water, unclassified
_LOOK_PX = 512


def attach(scenes: Sequence[Scene], folder: Path) -> tuple[list[Scene], list[date]]:
    """Each scene with its date's mask, and the days that have none. Raises NoMasks, MaskMismatch, UnreadableImage."""
    paths = _by_day(folder)
    if not any(scene.day in paths for scene in scenes):
        raise NoMasks(folder, len({scene.day for scene in scenes}))
    masked = [
        replace(scene, mask=_mask(_best(paths[scene.day], scene), scene)) if scene.day in paths else scene
        for scene in scenes
    ]
    return masked, sorted({scene.day for scene in scenes} - set(paths))


def clear(mask: Mask, values: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels are clear: SCL 4-7, or 0 in a binary mask (1 = masked)."""
    return np.isin(values, CLEAR_SCL) if mask.kind == "scl" else values == 0


def _by_day(folder: Path) -> dict[date, list[Path]]:
    paths: dict[date, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        moment = moment_in(path.stem) if path.suffix.lower() in SUFFIXES else None
        if moment is not None:
            paths.setdefault(moment.date(), []).append(path)
    return paths


def _best(candidates: Sequence[Path], scene: Scene) -> Path:
    """Of a day with several masks the one of the scene's own minute, else the first."""
    return next((path for path in candidates if moment_in(path.stem) == scene.moment), candidates[0])


def _mask(path: Path, scene: Scene) -> Mask:
    with opened(path) as dataset:
        tolerance = max(abs(dataset.transform.a), scene.grid.resolution_m)
        covers = Grid.covering(crs_name(dataset.crs), tuple(dataset.bounds), abs(dataset.transform.a))
        apart = np.abs(np.subtract(covers.bounds, scene.grid.bounds)).max()
        if covers.crs != scene.grid.crs or apart >= tolerance:
            raise MaskMismatch(path, _ground(covers), scene.name, _ground(scene.grid))
        look = dataset.read(1, out_shape=tuple(min(size, _LOOK_PX) for size in dataset.shape))
    kind = "scl" if "scl" in path.stem.lower() or look.max(initial=0) > 1 else "binary"
    return Mask(path, kind)


def _ground(grid: Grid) -> str:
    xmin, ymin, xmax, ymax = grid.bounds
    return f"{xmin:.0f} {ymin:.0f} to {xmax:.0f} {ymax:.0f} in {grid.crs[:40] or 'no coordinate system'}"
