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
from rasterio.crs import CRS
from rasterio.errors import RasterioError

from backend.errors import BadMetadata, UnreachableImage, UnreadableImage, UnusableGrid
from backend.imagery import metadata
from backend.imagery.acquisition import ImageryOptions, Layer
from backend.imagery.counts import holds_counts
from backend.imagery.environment import driver_for, gdal_told_of
from backend.imagery.grid import Grid, crs_name, utm_zone
from backend.imagery.locations import as_it_is, is_remote, is_turned
from backend.imagery.names import band_in
from backend.imagery.processing import Processing, processing_of
from backend.imagery.turned import upright
from backend.memory import require_memory

SUFFIXES = (".tif", ".tiff", ".vrt", ".jp2")
_OFFSET_IN_COUNTS = 10  # an offset of reflectance is far smaller


@dataclass(frozen=True)
class RasterFacts:
    """What a raster's header says."""

    path: Path
    grid: Grid
    descriptions: tuple[str, ...]
    tags: dict[str, str]
    layers: tuple[Layer, ...]
    parts: frozenset[Path] = frozenset()  # the rasters that a VRT is made of
    processing: Processing = Processing()
    layer_files: tuple[Path, ...] = ()  # of a VRT each of whose layers is a file of its own: these files


@contextmanager
def opened(source: Path | str) -> Iterator[rasterio.DatasetReader]:
    """An open raster; every failure of GDAL or PROJ inside the block becomes an UnreadableImage that names the file,
    but for a lack of memory, which is an OutOfMemory.
    """
    try:
        with gdal_told_of(str(source)), _as_stored(str(source)) as dataset:
            if is_turned(str(source)):
                with upright(dataset) as on_ground:
                    yield on_ground
            else:
                yield dataset
    except (RasterioError, ProjError, OSError, UnicodeDecodeError) as error:  # the last: a damaged text in the header
        require_memory(error)
        kind = UnreachableImage if is_remote(str(source)) else UnreadableImage
        raise kind(source, error.__cause__ or error) from error


def _as_stored(source: str) -> rasterio.DatasetReader:
    return rasterio.open(as_it_is(source), driver=driver_for(source))


def read_facts(source: Path | str, options: ImageryOptions) -> RasterFacts:
    """Reads a raster's header; raises UnreadableImage, UnusableGrid."""
    path = Path(source)
    with opened(source) as dataset:
        if not dataset.crs:
            raise UnreadableImage(source, "it has no coordinate system")
        crs = dataset.crs
        grid = ground(dataset, source)
        require_metres(crs, grid, source, options)
        tags = dict(dataset.tags())
        processing = processing_of(path, tags)
        layers = _layers(dataset, str(source), processing, options)
        descriptions = tuple(text or "" for text in dataset.descriptions)
        parts = frozenset(Path(part).resolve() for part in dataset.files if dataset.driver == "VRT") - {path.resolve()}
        files = _layer_files(path, dataset)
        return RasterFacts(path, grid, descriptions, tags, layers, parts, processing, files)


def _layer_files(path: Path, dataset: rasterio.DatasetReader) -> tuple[Path, ...]:
    """As `gdalbuildvrt -separate` and QGIS write them, which give the layers no names."""
    if dataset.driver != "VRT":
        return ()
    try:
        layers = metadata.parse(str(path), path.read_bytes()).root.findall("VRTRasterBand")
    except (BadMetadata, OSError):  # GDAL has read it: more information is not needed
        return ()
    found = []
    for layer in layers:
        files = {name.text or "" for name in layer.iter("SourceFilename")}
        if len(files) != 1 or {index.text for index in layer.iter("SourceBand")} - {"1"}:
            return ()
        found.append(path.parent / files.pop())
    return tuple(found) if len(set(found)) == len(found) else ()


def require_metres(crs: CRS, grid: Grid, source: object, options: ImageryOptions) -> None:
    """Raises UnusableGrid for an image in degrees or feet that no grid in metres was asked for."""
    if options.crs or (crs.is_projected and crs.linear_units_factor[1] == 1):
        return
    zone = utm_zone(grid)
    reason = f"its coordinate system {crs_name(crs)[:40]} is not in metres"
    raise UnusableGrid(source, reason + (f"; --crs {zone} (--crs EPSG:n) brings it to one that is" if zone else ""))


def ground(dataset: rasterio.DatasetReader, source: object) -> Grid:
    """A north-up grid over a raster, at its own resolution, whichever side is up in the file. Raises UnusableGrid."""
    if dataset.transform.b or dataset.transform.d:
        raise UnusableGrid(source, "its rows and columns do not run along the axes of its coordinate system")
    left, low, right, up = dataset.bounds
    bounds = (min(left, right), min(low, up), max(left, right), max(low, up))
    return Grid.covering(crs_name(dataset.crs), bounds, abs(dataset.transform.a))


def _layers(
    dataset: rasterio.DatasetReader, source: str, processing: Processing, options: ImageryOptions
) -> tuple[Layer, ...]:
    """Scale and offset: the option, else the file's own, else as its tags and its name tell of its processing, else
    1/10,000 for counts and 1 for reflectance.
    """
    declared = any(dataset.scales[index - 1] != 1 for index in dataset.indexes)
    whole = all(np.issubdtype(np.dtype(kind), np.integer) for kind in dataset.dtypes)
    counts = whole or (options.scale is None and not declared and holds_counts(dataset))
    return tuple(_layer(dataset, source, index, processing, counts, options) for index in dataset.indexes)


def _layer(
    dataset: rasterio.DatasetReader, source: str, index: int, processing: Processing, counts: bool,
    options: ImageryOptions,
) -> Layer:  # fmt: skip
    own_scale, own_offset = dataset.scales[index - 1], dataset.offsets[index - 1]
    if counts:
        tagged = processing.with_band(dataset.tags(index), source)
        in_counts = own_scale == 1 and abs(own_offset) >= _OFFSET_IN_COUNTS
        own_scale = tagged.scale if own_scale == 1 else own_scale
        own_offset = own_offset * own_scale if in_counts else own_offset
        own_offset = own_offset or tagged.offset(
            band_in(dataset.descriptions[index - 1] or "") or band_in(Path(source).stem)
        )
    scale = own_scale if options.scale is None else options.scale
    offset = own_offset if options.offset is None else options.offset
    return Layer(source, index, scale, offset, dataset.nodatavals[index - 1], processing.saturated)
