"""The pixel grid that everything is brought to: north-up, square pixels, one coordinate system."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj
import pyproj.exceptions
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.transform import Affine
from rasterio.windows import Window

from backend.transformations import names_datum

_CERTAIN = 100  # percent: the file has the number, nothing is compared


@dataclass(frozen=True)
class Grid:
    """`x0`, `y0`: the upper left corner in `crs` units; pixels are `resolution_m` wide and high.

    Of an image that is yet to be reprojected the units, and `resolution_m`, may be degrees or feet.
    """

    crs: str  # "EPSG:n" where there is one, else WKT
    x0: float
    y0: float
    resolution_m: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        return Affine(self.resolution_m, 0, self.x0, 0, -self.resolution_m, self.y0)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(xmin, ymin, xmax, ymax)."""
        return (
            self.x0,
            self.y0 - self.height * self.resolution_m,
            self.x0 + self.width * self.resolution_m,
            self.y0,
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "crs": self.crs,
            "width": self.width,
            "height": self.height,
            "resolution_m": self.resolution_m,
            "bounds": list(self.bounds),
        }

    @classmethod
    def covering(cls, crs: str, bounds: tuple[float, float, float, float], resolution_m: float) -> Grid:
        """The smallest grid over `bounds` (xmin, ymin, xmax, ymax) that starts at their upper left corner."""
        xmin, ymin, xmax, ymax = bounds
        width = math.ceil((xmax - xmin) / resolution_m - 1e-6)
        height = math.ceil((ymax - ymin) / resolution_m - 1e-6)
        return cls(crs, xmin, ymax, resolution_m, width, height)

    def windows(self, size_px: tuple[int, int]) -> Iterator[Window]:
        """Windows of `size_px` (rows, columns), row by row; those at the right and lower edge are smaller."""
        rows, columns = size_px
        for row in range(0, self.height, rows):
            for column in range(0, self.width, columns):
                yield Window(column, row, min(columns, self.width - column), min(rows, self.height - row))


def metric_crs(text: str) -> str:
    """The name of a projected coordinate system in metres; "" where `text` names none."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return ""
    return crs_name(crs) if crs.is_projected and crs.linear_units_factor[1] == 1 else ""


def utm_zone(grid: Grid) -> str:
    """The UTM zone, as EPSG:n, of a grid's middle; "" where that has no place on the earth."""
    xmin, ymin, xmax, ymax = grid.bounds
    try:
        to_degrees = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError:
        return ""
    longitude, latitude = to_degrees.transform((xmin + xmax) / 2, (ymin + ymax) / 2)
    if not (abs(longitude) <= 180 and abs(latitude) <= 84):
        return ""
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"


def crs_name(crs: CRS | None) -> str:
    """ "EPSG:n" where the system has such a number, else its WKT, else "". Without a datum it has none, even where its
    projection is that of a known system.
    """
    if not crs:
        return ""
    code = crs.to_epsg(confidence_threshold=_CERTAIN)
    if code is None:
        wkt = crs.to_wkt()
        code = crs.to_epsg() if _is_known(wkt) else None
    return f"EPSG:{code}" if code else wkt


@lru_cache(maxsize=64)
def _is_known(wkt: str) -> bool:
    return names_datum(pyproj.CRS.from_wkt(wkt))
