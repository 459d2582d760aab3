"""netCDF variables whose last axes are (x, y): GDAL takes the last axis for x, so rows and columns change places."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import warnings

import rasterio
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

_NEARLY = 0.01  # of a pixel


def corner_of(dataset: rasterio.DatasetReader, source: str) -> tuple[float, float] | None:
    """The least x and y of a netCDF file's axes; None where it has none that can be read."""
    stem = source.rpartition(":")[0]
    x, y = (_least(f"{stem}:{_axis(dataset, name)}") for name in ("x", "y"))
    return None if x is None or y is None else (x, y)


def is_turned(dataset: rasterio.DatasetReader, corner: tuple[float, float] | None) -> bool:
    """Whether the columns of a netCDF variable run along its file's y, and the rows along its x."""
    own = dataset.transform
    if corner is None or own.is_identity or own.b or own.d:
        return False
    columns = min(own.c, own.c + own.a * dataset.width) + abs(own.a) / 2  # the least centre, as GDAL has it
    rows = min(own.f, own.f + own.e * dataset.height) + abs(own.e) / 2
    x, y = corner
    near = _NEARLY * abs(own.a), _NEARLY * abs(own.e)
    return abs(columns - y) < near[0] and abs(rows - x) < near[1] and not abs(columns - x) < near[0]


def upright(dataset: rasterio.DatasetReader) -> WarpedVRT:
    """A turned variable as it is on the ground, north up, value for value."""
    own = dataset.transform
    on_ground = Affine(0, own.e, own.f, own.a, 0, own.c)
    left, top = min(own.f, own.f + own.e * dataset.height), max(own.c, own.c + own.a * dataset.width)
    return WarpedVRT(
        dataset, src_crs=dataset.crs, crs=dataset.crs, src_transform=on_ground, resampling=Resampling.nearest,
        transform=Affine(abs(own.e), 0, left, 0, -abs(own.a), top), width=dataset.height, height=dataset.width,
        add_alpha=False,
    )  # fmt: skip


def _axis(dataset: rasterio.DatasetReader, name: str) -> str:
    """The variable of an axis, by its standard name, else by its usual one."""
    tags = dataset.tags()
    standard = f"projection_{name}_coordinate"
    return next((key.partition("#")[0] for key, value in tags.items() if value == standard and "#" in key), name)


def _least(source: str) -> float | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an axis has no place
            with rasterio.open(source) as axis:
                return float(axis.read(1).min())
    except RasterioError:
        return None
