"""Cuts a convex block of land into fields, as inheritance and exchange do: across the longer side, never evenly."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]  # (corners, 2), open, convex

SIZE_SPREAD = 0.75  # log-normal deviation of the size at which a piece is left whole
SLIVERS = 0.015  # chance that a cut leaves a strip
SKEW_DEG = 5.0  # cuts are rarely square
SMALLEST_M2 = 500.0  # never cut again, whatever its shape
LONGEST = 4.5  # length over width beyond which a field is always cut across


def subdivide(block: Ring, size_m2: float, axis_deg: float, rng: np.random.Generator) -> Iterator[Ring]:
    """Yields the convex fields of a block; `size_m2` is the typical area, `axis_deg` the direction of the work."""
    pieces = [block]
    while pieces:
        piece = pieces.pop()
        width, length = np.sort(_extent(piece, axis_deg))
        area = ring_area(piece)
        whole = area < size_m2 * np.exp(rng.normal(0, SIZE_SPREAD)) and length < LONGEST * width
        if whole or area < SMALLEST_M2:
            yield piece
        else:
            pieces.extend(half for half in _cut(piece, axis_deg, rng) if len(half) >= 3)


def ring_area(ring: Ring) -> float:
    """Square metres (the shoelace formula)."""
    x, y = (ring - ring[0]).T  # relative to the first corner, the last side adds nothing
    return abs(float(x[:-1] @ y[1:] - y[:-1] @ x[1:])) / 2


def _axes(axis_deg: float) -> Ring:
    angle = np.radians(axis_deg)
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _extent(ring: Ring, axis_deg: float) -> NDArray[np.float64]:
    return np.asarray(np.ptp(ring @ _axes(axis_deg).T, axis=0))


def _cut(ring: Ring, axis_deg: float, rng: np.random.Generator) -> tuple[Ring, Ring]:
    extent = _extent(ring, axis_deg)
    across = extent[0] if rng.random() < extent[0] ** 2 / (extent**2).sum() else extent[1]
    turned = axis_deg + rng.normal(0, SKEW_DEG)
    normal = _axes(turned)[0 if across == extent[0] else 1]
    share = rng.uniform(0.06, 0.14) if rng.random() < SLIVERS else rng.uniform(0.3, 0.7)
    reach = ring @ normal
    return _halves(ring, reach - (reach.min() + share * np.ptp(reach)))


def _halves(ring: Ring, side: NDArray[np.float64]) -> tuple[Ring, Ring]:
    """Both parts of a ring, cut where the signed distance `side` (corners,) of its corners changes sign."""
    after, side_after = np.concatenate([ring[1:], ring[:1]]), np.append(side[1:], side[0])
    crosses = side * side_after < 0
    step = np.where(crosses, side / np.where(crosses, side - side_after, 1), 0)
    corners = np.stack([ring, ring + step[:, None] * (after - ring)], axis=1).reshape(-1, 2)
    left = np.stack([side <= 0, crosses], axis=1).ravel()
    right = np.stack([side > 0, crosses], axis=1).ravel()
    return corners[left], corners[right]
