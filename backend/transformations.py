"""The accuracy of a transformation between coordinate systems: a missing datum shifts parcels or images unnoticed.

Where a system names no datum, or one to which no way is known, PROJ treats both ellipsoids as if they had
one centre ("ballpark"): what is in Belgium is then some 100 m off.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyproj
import pyproj.exceptions
from pyproj.aoi import AreaOfInterest
from pyproj.transformer import TransformerGroup

Bounds = tuple[float, float, float, float]  # west, south, east, north

_GUESSED = "ballpark"  # in PROJ's description of a transformation
_UNKNOWN = "unknown"  # in the name of a missing datum
_OF_SATELLITES = ("WGS 84", "GRS 1980")  # ellipsoids of datums that were defined with satellites
_IDENTIFIED = 20  # percent: PROJ's confidence that a system has the axes and the projection of a known one


@dataclass(frozen=True)
class Way:
    """How coordinates move: the error that PROJ states, None where it states none, and the grid files it lacks."""

    name: str
    error_m: float | None
    missing_grids: tuple[str, ...]


@dataclass(frozen=True)
class Guess:
    """PROJ can only guess: the system to blame, which is the target or the source, what it lacks, and the known systems
    of its projection, on which the data may really be.
    """

    system: str
    of_target: bool
    lacking: str
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class NoWay:
    """There is no transformation at all."""

    reason: str


def way_between(source: pyproj.CRS, target: pyproj.CRS, bounds: Bounds) -> Way | Guess | NoWay:
    """PROJ's transformation from `source` to `target` for what is within `bounds` (in `source`)."""
    if source.equals(target, ignore_axis_order=True):
        return Way("the same", 0.0, ())
    here, anywhere = _ways(source, target, _area(source, bounds)), _ways(source, target, None)
    if isinstance(here, NoWay):
        return here
    if isinstance(anywhere, NoWay):
        return anywhere
    missing = tuple(dict.fromkeys(grid.short_name for way in here.unavailable_operations for grid in way.grids))
    known = [way for way in (*here.transformers[:1], *anywhere.transformers[:1]) if not _guessed(way)]
    if not known:  # outside the region of a datum, its transformations for elsewhere are better than a guess
        return _guess(source, target, missing)
    return Way(known[0].description, known[0].accuracy if known[0].accuracy >= 0 else None, missing)


def _ways(source: pyproj.CRS, target: pyproj.CRS, area: AreaOfInterest | None) -> TransformerGroup | NoWay:
    """The available transformations, the best first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the best one lacks its grid file: checked here
        try:
            group = TransformerGroup(source, target, always_xy=True, area_of_interest=area)  # type: ignore[arg-type]
        except pyproj.exceptions.ProjError as error:
            return NoWay(str(error))
    return group if group.transformers else NoWay("PROJ knows no transformation between them")


def _guessed(way: pyproj.Transformer) -> bool:
    return _GUESSED in way.description.lower()


def _area(source: pyproj.CRS, bounds: Bounds) -> AreaOfInterest | None:
    """The approximate location of the data; None where it cannot be computed."""
    to_degrees = pyproj.Transformer.from_crs(source, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*bounds)
    if not np.isfinite((west, south, east, north)).all() or west > east:
        return None
    return AreaOfInterest(west, south, east, north)


def _guess(source: pyproj.CRS, target: pyproj.CRS, missing_grids: tuple[str, ...]) -> Guess:
    """The cause: a system without a datum, the source first; otherwise a transformation that needs a file."""
    of_target = _no_datum(target) and not _no_datum(source)
    guilty = target if of_target else source
    if _no_datum(guilty):
        lacking = f"names no datum, only the ellipsoid {guilty.ellipsoid.name if guilty.ellipsoid else _UNKNOWN}"
    else:
        lacking = f"is of the datum {_datum(guilty)}, from which PROJ knows no transformation to {_datum(target)}"
        lacking += f" without the grid file {missing_grids[0]}" if missing_grids else ""
    return Guess(guilty.name, of_target, lacking, tuple(_candidates(guilty)))


def names_datum(crs: pyproj.CRS) -> bool:
    """Whether it does, or has an ellipsoid whose datums are within 2 m of each other, so that any of them will do."""
    return not _no_datum(crs) or (crs.ellipsoid is not None and crs.ellipsoid.name in _OF_SATELLITES)


def _no_datum(crs: pyproj.CRS) -> bool:
    return _UNKNOWN in _datum(crs).lower()


def _datum(crs: pyproj.CRS) -> str:
    geodetic = crs.geodetic_crs
    datum = geodetic.datum if geodetic is not None else crs.datum
    return datum.name if datum is not None else _UNKNOWN


def _candidates(crs: pyproj.CRS) -> list[str]:
    """None for degrees, which fit too many."""
    if not crs.is_projected:
        return []
    known = [found.code for found in crs.list_authority(auth_name="EPSG", min_confidence=_IDENTIFIED)]
    return [f"EPSG:{code} ({pyproj.CRS.from_epsg(code).name})" for code in known]
