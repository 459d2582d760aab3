"""The transformation of the parcels to the images' coordinate system, refused where it would be a guess."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pyproj

from backend import transformations
from backend.errors import UnknownDatum, UnusableCrs
from backend.transformations import Bounds, Guess, NoWay, Way


def way_between(source: pyproj.CRS, target: str, bounds: Bounds) -> Way:
    """PROJ's transformation from `source` to `target` for parcels within `bounds` (in `source`).

    Raises UnknownDatum where PROJ can only guess, UnusableCrs where there is none at all.
    """
    images = pyproj.CRS(target)
    way = transformations.way_between(source, images, bounds)
    if isinstance(way, NoWay):
        raise UnusableCrs(source.name, images.name, way.reason)
    if isinstance(way, Guess):
        raise UnknownDatum(way.system, way.of_target, way.lacking, way.candidates)
    return way
