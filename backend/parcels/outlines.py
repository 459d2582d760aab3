"""Outlines made usable: valid, two-dimensional polygons in the images' coordinate system."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import pyproj.exceptions
import shapely
from numpy.typing import NDArray

from backend.errors import UnusableCrs

Outlines = NDArray[np.object_]  # (parcels,) valid Polygon or MultiPolygon; None where there is no usable one

_POLYGONS = (3, 6)  # shapely's type numbers of Polygon and MultiPolygon
_COLLECTION = 7


@dataclass(frozen=True)
class Cleaned:
    """Usable outlines, and which of vocabulary.OUTLINES apply to each parcel on its own: bool `(parcels,)` by name."""

    outlines: Outlines
    issues: dict[str, NDArray[np.bool_]]


def clean(geometries: NDArray[np.object_], source_crs: object, target_crs: str) -> Cleaned:
    """Repaired, flattened and reprojected outlines; None where one is null, empty, without area or cannot be repaired.

    Raises UnusableCrs.
    """
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    sound = _finite(geometries) & ~missing
    flat = geometries.copy()
    flat[~sound] = None
    flat = shapely.force_2d(flat)
    invalid = sound & ~shapely.is_valid(flat)
    flat[invalid] = shapely.make_valid(flat[invalid], method="structure", keep_collapsed=False)
    flat = _polygons_only(flat)
    moved = _reproject(flat, pyproj.CRS(source_crs), pyproj.CRS(target_crs))
    lost = shapely.is_missing(moved) & ~shapely.is_missing(flat)
    broken = ~shapely.is_valid(moved) & ~shapely.is_missing(moved)
    if broken.any():  # a reprojection can make a ring cross itself
        moved[broken] = _polygons_only(shapely.make_valid(moved[broken], method="structure", keep_collapsed=False))
    moved[~(shapely.area(moved) > 0)] = None
    usable = ~shapely.is_missing(moved)
    other = ~missing & ~np.isin(shapely.get_type_id(geometries), (*_POLYGONS, _COLLECTION))
    issues = {
        "missing": missing,
        "no_polygon": other,
        "no_area": ~usable & ~missing & ~lost & ~other,
        "out_of_reach": lost,
        "repaired": usable & (invalid | broken),
    }
    return Cleaned(moved, issues)


def _finite(geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Where every coordinate is a number; bounds do not show it, because they leave NaN out."""
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    sound = np.ones(len(geometries), bool)
    sound[owner[~np.isfinite(xy).all(axis=1)]] = False
    return sound


def hashes(geometries: NDArray[np.object_]) -> NDArray[np.int64]:
    """A number for each outline, point by point, by which repeated ones are found; the same within one process."""
    return np.array([hash(wkb) for wkb in shapely.to_wkb(geometries)], np.int64)


def _polygons_only(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygons and multipolygons unchanged; the polygons of collections; None for the rest."""
    kinds = shapely.get_type_id(geometries)
    kept = geometries.copy()
    kept[~np.isin(kinds, _POLYGONS)] = None
    for position in np.flatnonzero(kinds == _COLLECTION):  # a repaired outline with stray lines: rare
        parts = shapely.get_parts(geometries[position])
        polygons = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), _POLYGONS)])
        kept[position] = shapely.multipolygons(polygons) if len(polygons) else None
    return kept


def _reproject(geometries: NDArray[np.object_], source: pyproj.CRS, target: pyproj.CRS) -> NDArray[np.object_]:
    """All coordinates in one call of PROJ; an outline that leaves the target's domain (infinite) becomes None."""
    if source.equals(target, ignore_axis_order=True):
        return geometries.copy()
    try:
        transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    except pyproj.exceptions.ProjError as error:  # a local system without a location on the earth
        raise UnusableCrs(source.name, target.name, error) from error
    moved = shapely.transform(geometries, transformer.transform, interleaved=False)
    bounds = shapely.bounds(moved)
    moved[~np.isfinite(bounds).all(axis=1)] = None
    return moved
