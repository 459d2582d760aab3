"""How much of each acquisition holds data, and how much of it is clear: looked at coarsely, for a first impression."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.errors import UnreadableImage
from backend.imagery import masks
from backend.imagery.acquisition import Acquisition, Catalogue, Mask, Scene
from backend.imagery.rasters import opened
from backend.memory import require_memory
from backend.protocol import Reporter

Clear = NDArray[np.bool_]  # (rows, columns)

_LOOK_PX = 256  # an image is looked at in at most 256 x 256 pixels


@dataclass(frozen=True)
class Shares:
    """0..1 of the image; `clear` is None where there is no mask; `damage`: what is wrong with a file of it."""

    valid: float
    clear: float | None
    damage: UnreadableImage | None = None


def measure(catalogue: Catalogue, reporter: Reporter) -> list[Shares]:
    """The shares of every acquisition, those of its best scene; a damaged file counts as empty, with a warning."""
    shares = []
    with ThreadPoolExecutor(2) as pool:
        for number, share in enumerate(pool.map(_of_day, catalogue.acquisitions), start=1):
            reporter.progress(
                number / len(catalogue.acquisitions) / 2, "inspecting", f"{number} acquisitions looked at"
            )
            if share.damage:
                reporter.warning(share.damage.code, **share.damage.fields)
            shares.append(share)
    return shares


def _of_day(acquisition: Acquisition) -> Shares:
    try:
        return max((_of_scene(scene) for scene in acquisition.scenes), key=lambda share: share.clear or share.valid)
    except UnreadableImage as error:
        require_memory(error)
        return Shares(0.0, None, error)


def _of_scene(scene: Scene) -> Shares:
    layer = next(iter(scene.layers.values()))
    with opened(layer.source) as dataset:
        numbers = dataset.read(layer.index, out_shape=_small(dataset.shape))
    nodata = 0 if layer.nodata is None else layer.nodata
    valid = float(np.mean(np.isfinite(numbers) & (numbers != nodata)))
    if not scene.masked:
        return Shares(valid, None)
    finest = _small(dataset.shape)
    return Shares(valid, float(np.logical_and.reduce([_seen(mask, finest) for mask in scene.masks]).mean()))


def _seen(mask: Mask, shape: tuple[int, ...]) -> Clear:
    with opened(mask.source) as dataset:
        return masks.clear(mask, dataset.read(mask.index, out_shape=shape))


def _small(shape: Iterable[int]) -> tuple[int, ...]:
    return tuple(min(size, _LOOK_PX) for size in shape)
