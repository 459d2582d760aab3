"""Short digests by which an outline is recognised again, whatever file, vertex order or coordinate system it comes in.

A digest is made of three lengths on a grid of 1 m: the coordinates of the centroid and the side of a square of the same
area, in the global equal-area grid EASE-Grid 2.0 (EPSG:6933). Its 32 bits do not lead back to an outline: a country has
more than 100 places for a point, and some 50,000 places and sizes for a parcel, that share each digest. Who has a
layer of parcels can tell which of them a set of digests holds, and that is what they are for.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import product

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

BYTES = 4
_GRID = "EPSG:6933"  # Brodzik et al. (2012): metres, areas as on the ground, everywhere but at the poles
_TOLERANCE_M = 0.2  # what six decimals of a degree, and another way between two coordinate systems, leave


def digests(outlines: geopandas.GeoSeries) -> NDArray[np.uint32]:
    """The digest of each outline `(N,)`, 0 where it is missing, empty or off the grid."""
    return _digests(_lengths(outlines))


def recognised(outlines: geopandas.GeoSeries, known: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which outlines `(N,)` have their digest among `known`, with a tolerance of 0.2 m for each length."""
    lengths = _lengths(outlines)
    found = np.zeros(len(lengths), dtype=bool)
    for candidates, rows in _candidates(lengths):
        found[rows] |= np.isin(candidates, known)
    return found & (_digests(lengths) > 0)


def _lengths(outlines: geopandas.GeoSeries) -> NDArray[np.float64]:
    """`(N, 3)`: the centroid's coordinates and the side of the square of the same area, in metres; NaN for none."""
    flat = geopandas.GeoSeries(shapely.force_2d(np.asarray(outlines.array)), crs=outlines.crs)
    placed = np.asarray((flat if flat.crs is None else flat.to_crs(_GRID)).array)
    lengths = np.full((len(placed), 3), np.nan)
    rows = ~(shapely.is_missing(placed) | shapely.is_empty(placed))
    lengths[rows, :2] = shapely.get_coordinates(shapely.centroid(placed[rows]))
    lengths[rows, 2] = np.sqrt(shapely.area(placed[rows]))
    return lengths


def _candidates(lengths: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """Digests of the cells within the tolerance of each length, and the rows that they belong to."""
    plain = np.floor(lengths)
    yield _digests(lengths), np.arange(len(lengths))
    for signs in product((-_TOLERANCE_M, _TOLERANCE_M), repeat=3):
        moved = lengths + np.array(signs)
        rows = np.flatnonzero((np.floor(moved) != plain).any(axis=1) & np.isfinite(moved).all(axis=1))
        yield _digests(moved[rows]), rows


def _digests(lengths: NDArray[np.float64]) -> NDArray[np.uint32]:
    cells = np.floor(np.nan_to_num(lengths, nan=0, posinf=0, neginf=0)).astype("<i8")
    values = np.fromiter(map(_digest, cells), np.uint32, len(cells))
    values[~np.isfinite(lengths).all(axis=1)] = 0
    return values


def _digest(cell: NDArray[np.int64]) -> int:
    hashed = hashlib.blake2b(cell.tobytes(), digest_size=BYTES, person=b"parcel outline")
    return max(1, int.from_bytes(hashed.digest(), "big"))
