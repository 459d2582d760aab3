"""What the catalogue finds: layers of rasters, scenes made of them, acquisitions made of a day's scenes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import inf, isfinite
from pathlib import Path
from typing import Any

from backend.errors import BadArgument
from backend.imagery.grid import Grid, metric_crs

CLEAR_SCL = (4, 5, 6, 7)  # of Sen2Cor's classes: vegetation, bare soil, water, unclassified
LAST_SCL = 11  # snow
MOST_DILATION_M = 5000.0


@dataclass(frozen=True)
class Layer:
    """One band of one raster: reflectance = DN * scale + offset, where DN is neither `nodata` nor `saturated`."""

    source: str  # as GDAL opens it: a path, or a name that `places` makes
    index: int  # 1-based, as GDAL counts
    scale: float
    offset: float
    nodata: float | None
    saturated: float | None = None


@dataclass(frozen=True)
class Mask:
    """A raster that tells which pixels of a scene are clear; `masks.CLEAR` says what the values of each kind mean."""

    source: str
    kind: str
    index: int = 1  # 1-based, as GDAL counts
    limit: float = 0  # of a probability: the percent from which a pixel is masked
    classes: tuple[int, ...] = CLEAR_SCL  # of a scene classification: those that are clear
    dilation_m: float = 0.0  # how far around what it masks the ground is not clear either


@dataclass(frozen=True)
class Scene:
    """One image of one moment, whatever files it lies in."""

    name: str
    moment: datetime
    layers: Mapping[str, Layer]  # by band name
    grid: Grid  # of its finest layer
    product: str
    platform: str = ""
    tile: str = ""
    baseline: str = ""  # processing baseline or product version, "05.09"; of one moment and tile the newest is used
    masks: tuple[Mask, ...] = ()  # a pixel is clear where all of them say so

    @property
    def day(self) -> date:
        return self.moment.date()

    @property
    def images(self) -> tuple[str, ...]:
        """The rasters that hold its bands, each once, as GDAL opens them."""
        return tuple(dict.fromkeys(layer.source for layer in self.layers.values()))

    @property
    def sources(self) -> tuple[str, ...]:
        """Its images and its masks."""
        return tuple(dict.fromkeys((*self.images, *(mask.source for mask in self.masks))))


@dataclass(frozen=True)
class Acquisition:
    """A day: its scenes, in the order in which they are preferred where several are clear."""

    day: date
    scenes: tuple[Scene, ...]


@dataclass(frozen=True)
class Skipped:
    """A file that is not used, with the code and the words of why."""

    path: Path
    code: str
    reason: str

    def __str__(self) -> str:
        return self.reason if self.path.name in self.reason else f"{self.path.name}: {self.reason}"


@dataclass(frozen=True)
class Catalogue:
    """The acquisitions of a season in order of time, the grid they share, and what was left out."""

    acquisitions: tuple[Acquisition, ...]
    grid: Grid
    skipped: tuple[Skipped, ...]
    season: int

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that every scene has, in the order of the first."""
        scenes = [scene for acquisition in self.acquisitions for scene in acquisition.scenes]
        common = set.intersection(*(set(scene.layers) for scene in scenes))
        return tuple(band for band in scenes[0].layers if band in common)

    @property
    def days(self) -> tuple[int, ...]:
        """Days since 1 January of the season year, one per acquisition."""
        return tuple((acquisition.day - date(self.season, 1, 1)).days for acquisition in self.acquisitions)


@dataclass(frozen=True)
class ImageryOptions:
    """How a folder is to be read. Empty values mean: as the files say."""

    masks: Path | None = None
    dates_file: Path | None = None
    band_names: tuple[str, ...] = ()
    exclude: tuple[date, ...] = ()
    start: date | None = None
    end: date | None = None
    season: int | None = None
    crs: str | None = None  # of the grid; None: that of the most scenes
    resolution_m: float = 10.0
    resampling: str = "nearest"
    scale: float | None = None
    offset: float | None = None
    skip_unreadable: bool = False
    cloud_probability: float | None = None  # percent; None: the probability is not looked at
    scl_classes: tuple[int, ...] = CLEAR_SCL
    mask_dilation_m: float = 0.0
    theia_reflectance: str = "FRE"

    def __post_init__(self) -> None:
        """Raises BadArgument."""
        for name, good, expected in (
            ("crs", not self.crs or metric_crs(self.crs) != "", "a projected coordinate system in metres, EPSG:n"),
            ("resolution_m", 1 <= self.resolution_m <= 1000, "a pixel size from 1 to 1000 metres"),
            ("season", self.season is None or 1980 <= self.season <= 2200, "a year from 1980 to 2200"),
            ("scale", self.scale is None or 0 < self.scale < inf, "a number above 0"),
            ("offset", self.offset is None or isfinite(self.offset), "a number"),
            ("band_names", len(set(self.band_names)) == len(self.band_names), "names that are all different"),
            (
                "cloud_probability",
                0 < (100 if self.cloud_probability is None else self.cloud_probability) <= 100,
                "a percentage above 0, at most 100",
            ),
            (
                "scl_classes",
                self._classes_exist(),
                f"classes that are clear, of 1 to {LAST_SCL}, each once, as 4,5,6,7",
            ),
            (
                "mask_dilation_m",
                self.mask_dilation_m == 0 or self.resolution_m <= self.mask_dilation_m <= MOST_DILATION_M,
                f"0, or metres from one pixel ({self.resolution_m:g}) to {MOST_DILATION_M:g}",
            ),
            ("theia_reflectance", self.theia_reflectance in ("FRE", "SRE"), "FRE or SRE"),
            ("end", not (self.start and self.end and self.end < self.start), f"a date not before {self.start}"),
        ):
            if not good:
                raise BadArgument(name, expected, str(getattr(self, name)))

    def _classes_exist(self) -> bool:
        each_once = 0 < len(set(self.scl_classes)) == len(self.scl_classes)
        return each_once and set(self.scl_classes) <= set(range(1, LAST_SCL + 1))

    def masking(self) -> dict[str, Any]:
        """How masks are read, as JSON: what series for one model should have in common."""
        chosen = {"scl_classes": list(self.scl_classes), "mask_dilation_m": self.mask_dilation_m}
        return {**chosen, "cloud_probability": self.cloud_probability}

    def wants(self, day: date) -> bool:
        after = self.start is None or day >= self.start
        before = self.end is None or day <= self.end
        return after and before and day not in self.exclude
