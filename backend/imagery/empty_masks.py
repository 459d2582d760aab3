"""QA60, the cloud mask of Earth Engine's images, where it says nothing: it held zeros only for two years.

From 2022-01-25 to 2024-02-28 the band was not filled (Earth Engine's catalogue, COPERNICUS/S2_SR_HARMONIZED). Zeros of
these dates are taken for what they are, no mask, where no image of the whole period holds anything else.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from backend.errors import UnreadableImage
from backend.imagery.acquisition import Mask, Scene
from backend.imagery.rasters import opened
from backend.memory import require_memory

QA60 = "qa60"
_FIRST, _LAST = date(2022, 1, 25), date(2024, 2, 28)
_LOOK_PX = 512


def without_empty(scenes: Sequence[Scene]) -> tuple[list[Scene], list[date]]:
    """The scenes without a QA60 that says nothing, and the days on which that was so; a mask in reserve is used there,
    and dropped elsewhere.
    """
    suspects = [scene for scene in scenes if _FIRST <= scene.day <= _LAST and any(map(_is_qa60, scene.masks))]
    days = {scene.day for scene in suspects} if suspects and not _holds_clouds(suspects) else set()
    return [_settled(scene, scene.day in days) for scene in scenes], sorted(days)


def _settled(scene: Scene, empty: bool) -> Scene:
    kept = [mask for mask in scene.masks if (not _is_qa60(mask) if empty else not mask.in_reserve)]
    return replace(scene, masks=tuple(replace(mask, in_reserve=False) for mask in kept))


def _holds_clouds(scenes: Sequence[Scene]) -> bool:
    """Whether any QA60 of the scenes holds a number other than 0, looked at coarsely, each file at once."""
    layers: dict[str, list[int]] = defaultdict(list)
    for mask in (mask for scene in scenes for mask in scene.masks if _is_qa60(mask)):
        layers[mask.source].append(mask.index)
    return any(_holds_any(source, indexes) for source, indexes in layers.items())


def _holds_any(source: str, indexes: list[int]) -> bool:
    try:
        with opened(source) as dataset:
            shape = (len(indexes), *(min(size, _LOOK_PX) for size in dataset.shape))
            values = dataset.read(indexes, out_shape=shape)
            return bool((np.isfinite(values) & (values != 0) & (values != dataset.nodata)).any())
    except UnreadableImage as error:  # it is reported where the image itself is read
        require_memory(error)
        return False


def _is_qa60(mask: Mask) -> bool:
    return mask.kind == QA60
