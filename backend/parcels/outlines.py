"""Outlines made usable: valid, two-dimensional polygons in the images' coordinate system."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pyproj
import pyproj.exceptions
import shapely
from numpy.typing import NDArray

from backend.errors import UnusableCrs

Outlines = NDArray[np.object_]  # (parcels,) valid Polygon or MultiPolygon; None where there is no usable one

_POLYGON = 3


def clean(geometries: NDArray[np.object_], source_crs: object, target_crs: str) -> Outlines:
    """Repaired, flattened and reprojected outlines; None where one is null, empty, without area or past repair.

    Raises UnusableCrs.
    """
    flat = _polygons_only(shapely.make_valid(shapely.force_2d(geometries), method="structure", keep_collapsed=False))
    moved = _reproject(flat, pyproj.CRS(source_crs), pyproj.CRS(target_crs))
    broken = ~shapely.is_valid(moved) & ~shapely.is_missing(moved)
    if broken.any():  # a reprojection can make a ring cross itself
        moved[broken] = _polygons_only(shapely.make_valid(moved[broken], method="structure", keep_collapsed=False))
    moved[~(shapely.area(moved) > 0)] = None
    return moved


def _polygons_only(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygons and multipolygons as they are; of collections their polygons; None for the rest."""
    kinds = shapely.get_type_id(geometries)
    kept = geometries.copy()
    kept[~np.isin(kinds, (_POLYGON, 6))] = None
    for position in np.flatnonzero(kinds == 7):  # a repaired outline with stray lines: rare
        parts = shapely.get_parts(geometries[position])
        polygons = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), (_POLYGON, 6))])
        kept[position] = shapely.multipolygons(polygons) if len(polygons) else None
    return kept


def _reproject(geometries: NDArray[np.object_], source: pyproj.CRS, target: pyproj.CRS) -> NDArray[np.object_]:
    """All coordinates in one call of PROJ; an outline that leaves the target's domain (infinite) becomes None."""
    if source.equals(target, ignore_axis_order=True):
        return geometries.copy()
    try:
        transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    except pyproj.exceptions.ProjError as error:  # a local system without a place on the earth
        raise UnusableCrs(source.name, target.name, error) from error
    moved = shapely.transform(geometries, transformer.transform, interleaved=False)
    bounds = shapely.bounds(moved)
    moved[~np.isfinite(bounds).all(axis=1)] = None
    return moved
