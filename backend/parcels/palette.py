"""Colours for classes without one: always the same, and as different from each other as possible."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

# Twelve colours that stay apart in the common forms of colour blindness (M. Krzywinski, "Designing for color
# blindness", 12-colour palette), in an order that puts the most unlike first.
SAFE = (
    *("#008df9", "#ffc33b", "#9f0162", "#009f81", "#ff6e3a", "#8400cd"),
    *("#00c2f9", "#e20134", "#00fccf", "#ff5aaf", "#a40122", "#ffb2fd"),
)
TOO_NEAR = 0.06  # Oklab distance below which two colours of a map are hard to distinguish

TO_CONES = np.array(
    [[0.41222147, 0.21190350, 0.08830246], [0.53633254, 0.68069955, 0.28171884], [0.05144599, 0.10739696, 0.62997870]]
)
TO_LAB = np.array(
    [
        [0.21045426, 1.97799850, 0.02590404],
        [0.79361779, -2.42859221, 0.78277177],
        [-0.00407205, 0.45059371, -0.80867577],
    ]
)


def palette(count: int, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """`count` colours `#rrggbb`, always the same ones, apart from each other and from those `taken`.

    The first twelve suit the colour-blind; after them each colour is the farthest, in Oklab, from all before it. After
    some 800 they repeat: no eye could distinguish more.
    """
    used = list(taken)
    offset = len(used)
    for colour in SAFE:
        if len(used) < offset + count and (not used or _nearest(_oklab([colour]), used)[0] >= TOO_NEAR):
            used.append(colour)
    if len(used) < offset + count:
        used += _farthest(offset + count - len(used), used)
    return tuple(used[offset:])


def _farthest(count: int, used: Sequence[str]) -> list[str]:
    """`count` colours of a grid that leaves out near-white and near-black, each the farthest from all before it."""
    steps = range(16, 256, 24)
    grid = [f"#{r:02x}{g:02x}{b:02x}" for r in steps for g in steps for b in steps if 120 <= r + g + b <= 640]
    lab = _oklab(grid)
    nearest = _nearest(lab, used)
    chosen: list[str] = []
    while len(chosen) < min(count, len(grid)):
        chosen.append(grid[nearest.argmax()])
        nearest = np.minimum(nearest, _nearest(lab, chosen[-1:]))
    return (chosen * (count // len(chosen) + 1))[:count]


def _nearest(lab: NDArray[np.float64], used: Sequence[str]) -> NDArray[np.float64]:
    """Distance `(colours,)` of each Oklab colour to the nearest one in use."""
    return np.asarray(np.linalg.norm(lab[:, None] - _oklab(used)[None], axis=2).min(axis=1))


def _oklab(colours: Sequence[str]) -> NDArray[np.float64]:
    """sRGB `#rrggbb` to Oklab `(colours, 3)`, where equal distances look equally different (B. Ottosson, 2020)."""
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ TO_CONES) @ TO_LAB)
