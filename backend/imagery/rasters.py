"""Opening rasters: the one door to GDAL for the imagery side, with errors that name the file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError

from backend.errors import UnreachableImage, UnreadableImage, UnusableGrid
from backend.imagery.acquisition import ImageryOptions, Layer
from backend.imagery.environment import driver_for, gdal_told_of
from backend.imagery.grid import Grid, crs_name
from backend.imagery.places import is_remote

SUFFIXES = (".tif", ".tiff", ".vrt")


@dataclass(frozen=True)
class RasterFacts:
    """What a raster's header says."""

    path: Path
    grid: Grid
    descriptions: tuple[str, ...]
    tags: dict[str, str]
    layers: tuple[Layer, ...]
    parts: frozenset[Path] = frozenset()  # the rasters that a VRT is made of


@contextmanager
def opened(source: Path | str) -> Iterator[rasterio.DatasetReader]:
    """An open raster; every failure of GDAL or PROJ inside the block becomes an UnreadableImage that names the file."""
    try:
        with gdal_told_of(str(source)), rasterio.open(source, driver=driver_for(str(source))) as dataset:
            yield dataset
    except (RasterioError, ProjError, OSError, UnicodeDecodeError) as error:  # the last: a damaged text in the header
        kind = UnreachableImage if is_remote(str(source)) else UnreadableImage
        raise kind(source, error.__cause__ or error) from error


def read_facts(source: Path | str, options: ImageryOptions) -> RasterFacts:
    """Reads a raster's header; raises UnreadableImage, UnusableGrid."""
    path = Path(source)
    with opened(source) as dataset:
        if not dataset.crs:
            raise UnreadableImage(source, "it has no coordinate system")
        crs = dataset.crs
        if crs.is_geographic or crs.linear_units_factor[1] != 1:
            raise UnusableGrid(source, f"its coordinate system {crs_name(crs)[:40]} is not in metres")
        grid = ground(dataset, source)
        layers = tuple(_layer(dataset, str(source), index, options) for index in dataset.indexes)
        descriptions = tuple(text or "" for text in dataset.descriptions)
        parts = frozenset(Path(part).resolve() for part in dataset.files if dataset.driver == "VRT") - {path.resolve()}
        return RasterFacts(path, grid, descriptions, dict(dataset.tags()), layers, parts)


def ground(dataset: rasterio.DatasetReader, source: object) -> Grid:
    """A north-up grid over a raster, at its own resolution, whichever side is up in the file. Raises UnusableGrid."""
    if dataset.transform.b or dataset.transform.d:
        raise UnusableGrid(source, "its rows and columns do not run along the axes of its coordinate system")
    left, low, right, up = dataset.bounds
    bounds = (min(left, right), min(low, up), max(left, right), max(low, up))
    return Grid.covering(crs_name(dataset.crs), bounds, abs(dataset.transform.a))


def _layer(dataset: rasterio.DatasetReader, source: str, index: int, options: ImageryOptions) -> Layer:
    """Scale and offset: the option, else the file's own, else 1/10,000 for integers and 1 for floats."""
    own_scale, own_offset = dataset.scales[index - 1], dataset.offsets[index - 1]
    whole = np.issubdtype(np.dtype(dataset.dtypes[index - 1]), np.integer)
    if (own_scale, own_offset) == (1.0, 0.0) and whole:
        own_scale = 1e-4
    scale = own_scale if options.scale is None else options.scale
    offset = own_offset if options.offset is None else options.offset
    return Layer(source, index, scale, offset, dataset.nodatavals[index - 1])
