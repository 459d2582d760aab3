"""The box of degrees in which a catalogue of images is searched: around all parcels, across the antimeridian, too."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pyproj
import shapely

from backend.imagery.stac import Bounds
from backend.parcels.reading import ParcelLayer

_BINS = 3600  # of longitude, a tenth of a degree each


def around(layer: ParcelLayer) -> Bounds | None:
    """West, south, east, north; west > east where it crosses the antimeridian. None where these are not numbers."""
    to_degrees = pyproj.Transformer.from_crs(layer.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*layer.bounds)
    if not np.isfinite((west, south, east, north)).all():
        return None
    if east - west > 180:  # parcels on both sides of the antimeridian seem to span the world
        west, east = _beside_the_widest_gap(layer, to_degrees)
    return _turned(west), south, _turned(east), north


def _beside_the_widest_gap(layer: ParcelLayer, to_degrees: pyproj.Transformer) -> tuple[float, float]:
    """West and east of the shortest arc that holds the corners of all parcels, to a tenth of a degree."""
    held = np.zeros(_BINS, bool)
    for table in layer.tables():
        x, y = shapely.get_coordinates(np.asarray(table.geometry.array)).T
        longitude = to_degrees.transform(x, y)[0]
        held[(longitude[np.isfinite(longitude)] % 360 * (_BINS / 360)).astype(int) % _BINS] = True
    at = np.flatnonzero(held)
    gaps = np.diff(at, append=at[0] + _BINS)
    last = int(gaps.argmax())
    first = (last + 1) % len(at)
    return at[first] * 360 / _BINS, (at[last] + 1) * 360 / _BINS


def _turned(longitude: float) -> float:
    """Within -180 and 180, as catalogues have it."""
    return longitude if -180 <= longitude <= 180 else (longitude + 180) % 360 - 180
