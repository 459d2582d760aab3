"""What the catalogue finds: layers of rasters, scenes made of them, acquisitions made of a day's scenes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from backend.errors import BadArgument
from backend.imagery.grid import Grid, metric_crs
from backend.options import CLEAR_SCL, default, option

DATA = "data mask"
NOT_OF_CLOUDS = (DATA, "edg", "sat", "mg2 snow")  # kinds of masks of other things
_MOST_DILATION_M = option("mask_dilation_m").maximum or 0.0
# the options whose values are checked by themselves; the others by what they mean together
_CHECKED = (
    *("resolution_m", "season", "scale", "offset", "cloud_probability", "scl_classes"),
    *("resampling", "theia_reflectance"),
)


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
    """A raster of which pixels of a scene are clear; `masks.CLEAR` says what the values of each kind mean."""

    source: str
    kind: str
    index: int = 1  # 1-based, as GDAL counts
    limit: float = 0  # of a probability: the percent from which a pixel is masked
    classes: tuple[int, ...] = CLEAR_SCL  # of a scene classification: those that are clear
    dilation_m: float = 0.0  # how far around what it masks the ground is not clear either
    in_reserve: bool = False  # used only where the one before it turns out to say nothing


@dataclass(frozen=True)
class Scene:
    """One image of one moment, in whatever files."""

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
    def masked(self) -> bool:
        """Whether it has a mask of clouds."""
        return any(mask.kind not in NOT_OF_CLOUDS for mask in self.masks)

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

    @property
    def masked(self) -> bool:
        """Whether all of its scenes have a mask of clouds."""
        return all(scene.masked for scene in self.scenes)


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
    resolution_m: float = default("resolution_m")
    resampling: str = default("resampling")
    scale: float | None = None
    offset: float | None = None
    skip_unreadable: bool = default("skip_unreadable")
    cloud_probability: float | None = None  # percent; None: the probability is not looked at
    scl_classes: tuple[int, ...] = default("scl_classes")
    mask_dilation_m: float = default("mask_dilation_m")
    theia_reflectance: str = default("theia_reflectance")

    def __post_init__(self) -> None:
        """Raises BadArgument."""
        for name in _CHECKED:
            row, value = option(name, "extract"), getattr(self, name)
            if value is not None and not row.accepts(value):
                raise BadArgument(name, row.expected, str(value))
        for name, good, expected in (
            ("crs", not self.crs or metric_crs(self.crs) != "", "a projected coordinate system in metres, EPSG:n"),
            ("band_names", len(set(self.band_names)) == len(self.band_names), "names that are all different"),
            (
                "mask_dilation_m",
                self.mask_dilation_m == 0 or self.resolution_m <= self.mask_dilation_m <= _MOST_DILATION_M,
                f"0, or metres from one pixel ({self.resolution_m:g}) to {_MOST_DILATION_M:g}",
            ),
            ("end", not (self.start and self.end and self.end < self.start), f"a date not before {self.start}"),
        ):
            if not good:
                raise BadArgument(name, expected, str(getattr(self, name)))

    def masking(self) -> dict[str, Any]:
        """How masks are read, as JSON: what series for one model should have in common."""
        chosen = {"scl_classes": list(self.scl_classes), "mask_dilation_m": self.mask_dilation_m}
        return {**chosen, "cloud_probability": self.cloud_probability}

    def wants(self, day: date) -> bool:
        after = self.start is None or day >= self.start
        before = self.end is None or day <= self.end
        return after and before and day not in self.exclude
