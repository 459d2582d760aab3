"""Masks: which raster belongs to which scene, and what its values mean."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadMask, MaskMismatch, NoMasks
from backend.imagery.acquisition import DATA, ImageryOptions, Mask, Scene
from backend.imagery.empty_masks import QA60
from backend.imagery.grid import Grid
from backend.imagery.names import moment_in
from backend.imagery.rasters import SUFFIXES, ground, opened
from backend.options import CLEAR_SCL, LAST_SCL

Values = NDArray[Any]  # (rows, columns)
Clear = NDArray[np.bool_]

_PROBABILITY = "cloud probability"
_QA60 = 1 << 10 | 1 << 11  # opaque clouds, cirrus (Earth Engine's catalogue)
_FMASK = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4  # cloud, beside a cloud, shadow, snow (HLS user guide)
_QAI = 0b1_1111 | 1 << 8 | 1 << 9  # no data, clouds, shadow, snow; below zero, saturated (FORCE's documentation)
_SNOW_BIT = 1 << 2  # of MUSCATE's MG2; the SCL, too, has a class for snow
CLEAR: dict[str, Callable[[Values, Mask], Clear]] = {
    "scl": lambda values, mask: np.isin(values, mask.classes),
    "binary": lambda values, _: values == 0,  # 1, or 255, = masked
    _PROBABILITY: lambda values, mask: values < mask.limit,  # Sen2Cor's, in percent
    # MUSCATE's, of bits that may be set together (the products' format description)
    "clm": lambda values, _: values == 0,  # bits 0-3 clouds, 4 thin ones, 5 and 6 their shadows, 7 high ones
    "edg": lambda values, _: values == 0,  # 1 = past the edge of the swath
    "sat": lambda values, _: values == 0,  # a bit for each band of the resolution
    "mg2 snow": lambda values, _: (values & _SNOW_BIT) == 0,
    # of Earth Engine, HLS, FORCE and Sentinel Hub
    "qa60": lambda values, _: (_whole(values) & _QA60) == 0,
    "fmask": lambda values, _: (_whole(values) & _FMASK) == 0,
    "qai": lambda values, _: (_whole(values) & _QAI) == 0,
    DATA: lambda values, _: values > 0,
}
_NO_DATA: dict[str, Callable[[Values], Clear]] = {  # they have no information on what is around it: not dilated
    "scl": lambda values: values == 0,
    "edg": lambda values: values != 0,
    "sat": lambda values: values != 0,
    "fmask": lambda values: values == _NO_MASK,
    "qai": lambda values: (_whole(values) & 1) != 0,
    DATA: lambda values: values <= 0,
}
_NO_MASK = 255  # masked in a 0/255 mask, no data in others: never clear
_LOOK_PX = 512


def attach(scenes: Sequence[Scene], folder: Path) -> tuple[list[Scene], list[date]]:
    """Each scene with its date's mask, and the days that have none.

    Raises NoMasks, MaskMismatch, BadMask, UnusableGrid, UnreadableImage.
    """
    paths = _by_day(folder, {source for scene in scenes for source in scene.images})
    several = {path for candidates in paths.values() if len(candidates) > 1 for path in candidates}
    grounds = {path: _covered(path) for path in several}
    chosen = [_best(paths[scene.day], scene, grounds) if scene.day in paths else None for scene in scenes]
    if not any(chosen):
        raise NoMasks(folder, len({scene.day for scene in scenes}))
    largest = {path: _largest(path, scene) for path, scene in zip(chosen, scenes) if path}
    kinds = _kinds(largest)
    masked = [
        replace(scene, masks=(Mask(str(path), kinds[path]), *_probabilities(scene))) if path else scene
        for path, scene in zip(chosen, scenes)
    ]
    return masked, sorted({scene.day for scene in scenes} - set(paths))


def as_asked(scene: Scene, options: ImageryOptions) -> Scene:
    """The scene whose masks are read as the options say."""
    classes, dilation_m = options.scl_classes, options.mask_dilation_m
    return replace(scene, masks=tuple(replace(m, classes=classes, dilation_m=dilation_m) for m in scene.masks))


def without(scenes: Sequence[Scene], options: ImageryOptions) -> dict[str, list[date]]:
    """The days on which an option that was given has no mask to act on, by the option's name."""
    given: dict[str, tuple[bool, Container[str]]] = {
        "cloud_probability": (options.cloud_probability is not None, (_PROBABILITY,)),
        "scl_classes": (options.scl_classes != CLEAR_SCL, ("scl",)),
        "mask_dilation_m": (options.mask_dilation_m > 0, CLEAR),
    }
    days = {
        name: sorted({scene.day for scene in scenes if not any(mask.kind in kinds for mask in scene.masks)})
        for name, (asked, kinds) in given.items()
        if asked
    }
    return {name: found for name, found in days.items() if found}


def _whole(values: Values) -> Values:
    """Bits as whole numbers, whatever the type of a file that holds them beside reflectance."""
    return values if np.issubdtype(values.dtype, np.integer) else np.nan_to_num(values, nan=-1).astype(np.int64)


def clear(mask: Mask, values: Values) -> Clear:
    """Which pixels of a mask's values are clear."""
    return CLEAR[mask.kind](values, mask)


def holds_data(mask: Mask, values: Values) -> Clear:
    """Which pixels a mask has information on."""
    return ~_NO_DATA[mask.kind](values) if mask.kind in _NO_DATA else np.ones(values.shape, bool)


def _probabilities(scene: Scene) -> list[Mask]:
    """A folder's masks take the place of the product's own, except for the one that was asked for by its own option."""
    return [mask for mask in scene.masks if mask.kind == _PROBABILITY]


def _by_day(folder: Path, images: Container[str]) -> dict[date, list[Path]]:
    """The dated rasters of a folder that are no images: masks may lie among them."""
    paths: dict[date, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        moment = moment_in(path.stem) if path.suffix.lower() in SUFFIXES and str(path) not in images else None
        if moment is not None:
            paths.setdefault(moment.date(), []).append(path)
    return paths


def _best(candidates: Sequence[Path], scene: Scene, grounds: Mapping[Path, Grid]) -> Path:
    """Of a day with several masks one of the scene's own ground, and of these that of its minute, else the first."""
    return max(
        candidates,
        key=lambda path: (path not in grounds or fits(grounds[path], scene), moment_in(path.stem) == scene.moment),
    )


def _covered(path: Path) -> Grid:
    with opened(path) as dataset:
        return ground(dataset, path)


def fits(covers: Grid, scene: Scene) -> bool:
    tolerance = max(covers.resolution_m, scene.grid.resolution_m)
    apart = np.abs(np.subtract(covers.bounds, scene.grid.bounds)).max()
    return covers.crs == scene.grid.crs and bool(apart < tolerance)


def _largest(path: Path, scene: Scene) -> int:
    """The largest value of a scene's mask, which must cover its ground; nodata, and 255 for it, do not count."""
    with opened(path) as dataset:
        covers = ground(dataset, path)
        if not fits(covers, scene):
            raise MaskMismatch(path, _ground(covers), scene.name, _ground(scene.grid))
        look = dataset.read(1, out_shape=tuple(min(size, _LOOK_PX) for size in dataset.shape))
        values = look[np.isfinite(look) & (look != _NO_MASK)]
        return int(values[values != dataset.nodata].max(initial=0))


def _kinds(largest: Mapping[Path, int]) -> dict[Path, str]:
    """What each mask is, from all that are named alike: an SCL that holds only 0 and 1 is still one.

    Raises BadMask.
    """
    families: dict[str, list[Path]] = defaultdict(list)
    kinds: dict[Path, str] = {}
    for path, value in largest.items():
        if QA60 in path.stem.lower():
            kinds[path] = QA60
            continue
        if value > LAST_SCL:
            raise BadMask(path, value)
        families[re.sub(r"\d+", "", path.stem)].append(path)
    for name, members in families.items():
        scl = "scl" in name.lower() or any(largest[path] > 1 for path in members)
        kinds |= dict.fromkeys(members, "scl" if scl else "binary")
    return kinds


def _ground(grid: Grid) -> str:
    xmin, ymin, xmax, ymax = grid.bounds
    return f"{xmin:.0f} {ymin:.0f} to {xmax:.0f} {ymax:.0f} in {grid.crs[:40] or 'no coordinate system'}"
