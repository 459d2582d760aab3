"""Reading: a window of an acquisition as reflectance x 10,000 on the common grid, and which of its pixels are clear."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from backend.errors import UnreadableImage
from backend.imagery import masks
from backend.imagery.acquisition import Acquisition, Layer, Mask, Scene
from backend.imagery.dilation import dilated, padded_window
from backend.imagery.distortion import linear_scale
from backend.imagery.grid import Grid, crs_name
from backend.imagery.mosaic import centres, intersects
from backend.imagery.rasters import opened
from backend.vocabulary import REFLECTANCE_SCALE

Reflectance = NDArray[np.int16]  # (bands, rows, columns)
Clear = NDArray[np.bool_]  # (rows, columns)

_BLOCK_PX = 512
_ONE_PASS = timedelta(minutes=30)  # tiles of a pass are seconds to minutes apart, passes more than an hour
MOST = 32767  # of int16; its least number is UNOBSERVED
LEAST = -5000  # reflectance -0.5: what is less, or MOST, is a fill value that is not declared, or saturated
_MOST_BIAS = 1 << 30  # metadata may hold anything: what int32 could not hold is worked out in float64


def read_acquisition(
    acquisition: Acquisition, bands: Sequence[str], grid: Grid, window: Window, resampling: str = "nearest"
) -> tuple[Reflectance, Clear]:
    """Reflectance x 10,000 `(bands, rows, columns)` and clearness `(rows, columns)` of a day.

    Where a day has several scenes, each pixel comes from the first one that sees it clearly. Raises UnreadableImage.
    """
    scenes = [scene for scene in acquisition.scenes if intersects(scene, grid, window)]
    if not scenes:
        shape = (int(window.height), int(window.width))
        return np.zeros((len(bands), *shape), np.int16), np.zeros(shape, bool)
    values, clear = _seen(scenes[0], acquisition, bands, grid, window, resampling)
    for scene in scenes[1:]:
        if clear.all():
            break
        others, also_clear = _seen(scene, acquisition, bands, grid, window, resampling)
        take = also_clear & ~clear
        values[:, take] = others[:, take]
        clear |= take
    return values, clear


def _seen(
    scene: Scene, acquisition: Acquisition, bands: Sequence[str], grid: Grid, window: Window, resampling: str
) -> tuple[Reflectance, Clear]:
    """As `read_scene`, without the pixels near masked ones where masks are to be dilated."""
    values, clear = read_scene(scene, bands, grid, window, resampling)
    reach_m = max((mask.dilation_m for mask in scene.masks), default=0)
    if reach_m and clear.any():
        reach_m *= linear_scale(grid)
        clear &= ~_near_hidden(scene, acquisition, grid, window, reach_m)
    return values, clear


def _near_hidden(scene: Scene, acquisition: Acquisition, grid: Grid, window: Window, reach_m: float) -> Clear:
    """Past the scene's own ground, what hides there is taken from the scenes of the same pass: tiles cut no cloud."""
    wide, inner = padded_window(window, grid, reach_m)
    hidden, known = _hidden(scene, grid, wide)
    for other in acquisition.scenes:
        same_pass = other is not scene and abs(other.moment - scene.moment) < _ONE_PASS
        if same_pass and not known.all() and intersects(other, grid, wide):
            also_hidden, also_known = _hidden(other, grid, wide)
            hidden |= also_hidden & ~known
            known |= also_known
    return dilated(hidden, reach_m, grid.resolution_m)[inner]


def _hidden(scene: Scene, grid: Grid, window: Window) -> tuple[Clear, Clear]:
    """Which pixels the scene's masks hide, and of which they tell at all: what has no data hides nothing beside it."""
    shape = int(window.height), int(window.width)
    hidden, known = np.zeros(shape, bool), np.ones(shape, bool)
    for mask in scene.masks:
        numbers, inside = _read(mask.source, [mask.index], scene.grid.crs, grid, window, "nearest", None)
        covered = inside & masks.holds_data(mask, numbers[0])
        hidden |= covered & ~masks.clear(mask, numbers[0])
        known &= covered
    return hidden, known


def read_scene(
    scene: Scene, bands: Sequence[str], grid: Grid, window: Window, resampling: str = "nearest"
) -> tuple[Reflectance, Clear]:
    """As `read_acquisition`, for one scene: clear is where all bands hold data and the mask lets the pixel through."""
    values = np.empty((len(bands), int(window.height), int(window.width)), np.int16)
    clear, blank = np.ones(values.shape[1:], bool), np.ones(values.shape[1:], bool)
    by_raster: dict[str, list[int]] = defaultdict(list)
    for position, band in enumerate(bands):
        by_raster[scene.layers[band].source].append(position)
    for source, positions in by_raster.items():
        layers = [scene.layers[bands[position]] for position in positions]
        indexes, crs = [layer.index for layer in layers], scene.grid.crs
        numbers, inside = _read(source, indexes, crs, grid, window, resampling, layers[0].nodata)
        clear &= inside & _holds_data(numbers, layers[0])
        blank &= _may_be_blank(numbers, layers[0])
        for position, layer, plane in zip(positions, layers, numbers):
            values[position] = _reflectance(plane, layer)
    clear &= ~blank & (values.min(axis=0) > LEAST) & (values.max(axis=0) < MOST)
    for mask in scene.masks:
        clear &= _read_mask(mask, scene.grid.crs, grid, window)
    return values, clear


def block_shape(scene: Scene, grid: Grid) -> tuple[int, int]:
    """(rows, columns) of the windows to work in: whole native blocks, about 512 x 512 pixels."""
    with opened(scene.images[0]) as dataset:
        rows, columns = dataset.block_shapes[0]
        zoom = max(1, round(abs(dataset.transform.a) / grid.resolution_m))
        if _offset(dataset, scene.grid.crs, grid) is None and columns >= dataset.width:
            rows = columns = _BLOCK_PX  # strips of a raster that is resampled anyway
    rows, columns = rows * zoom, columns * zoom
    columns = min(columns * max(1, _BLOCK_PX**2 // (rows * columns)), grid.width)  # blocks side by side are one request
    rows = rows * max(1, _BLOCK_PX**2 // (rows * columns))
    return min(rows, grid.height), columns


def _read_mask(mask: Mask, crs: str, grid: Grid, window: Window) -> Clear:
    numbers, inside = _read(mask.source, [mask.index], crs, grid, window, "nearest", None)
    return inside & masks.clear(mask, numbers[0])


def _read(
    source: str, indexes: list[int], crs: str, grid: Grid, window: Window, resampling: str, nodata: float | None
) -> tuple[NDArray[np.generic], Clear]:
    """Raw numbers `(layers, rows, columns)` of a window of `grid`, and the position of the file's own ground.

    `crs` is that of a file which does not name its own, as the arrays of a Zarr product.
    """
    with opened(source) as dataset:
        if dataset.transform.is_identity:  # read as if it were elsewhere, it would be a hole without a message
            raise UnreadableImage(source, "it has no position on the ground (no geotransform, no x and y)")
        own_crs = crs_name(dataset.crs) or crs
        inside = _inside(dataset, own_crs, grid, window)
        if not inside.any():
            return np.zeros((len(indexes), *inside.shape), dataset.dtypes[0]), inside
        offset = _offset(dataset, own_crs, grid)
        if offset is not None:
            return _read_aligned(dataset, indexes, window, offset), inside
        how = Resampling[resampling]
        with WarpedVRT(
            dataset, src_crs=own_crs, crs=grid.crs, transform=grid.transform, width=grid.width, height=grid.height,
            resampling=how, src_nodata=nodata, nodata=nodata, add_alpha=False,
        ) as warped:  # fmt: skip
            return warped.read(indexes, window=window), inside


def _offset(dataset: rasterio.DatasetReader, crs: str, grid: Grid) -> tuple[int, int] | None:
    """Rows and columns of the file above and left of the grid's corner where its pixels are pixels of the grid."""
    own, step = dataset.transform, grid.resolution_m
    if crs != grid.crs or not np.allclose((own.a, own.e), (step, -step), rtol=1e-9, atol=0):
        return None
    away = np.array([(own.f - grid.y0) / step, (grid.x0 - own.c) / step])
    rows, columns = np.rint(away).astype(int).tolist()
    return (rows, columns) if np.abs(away - (rows, columns)).max() < 1e-6 else None


def _read_aligned(
    dataset: rasterio.DatasetReader, indexes: list[int], window: Window, offset: tuple[int, int]
) -> NDArray[np.generic]:
    """The window's pixels as they lie in the file; zeros past its edges."""
    top, left = int(window.row_off) + offset[0], int(window.col_off) + offset[1]
    bottom, right = top + int(window.height), left + int(window.width)
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(bottom, dataset.height), min(right, dataset.width)
    part = Window(first_column, first_row, last_column - first_column, last_row - first_row)
    numbers = dataset.read(indexes, window=part)
    before = ((0, 0), (first_row - top, bottom - last_row), (first_column - left, right - last_column))
    return np.pad(numbers, before) if np.any(before) else numbers


def _inside(dataset: rasterio.DatasetReader, crs: str, grid: Grid, window: Window) -> Clear:
    """Which pixel centres of the window lie on the file's ground, and, where it has a mask or an alpha band of its own,
    are not masked by it.
    """
    to_file = dataset.transform
    x, y = centres(grid, window, crs)
    columns, rows = np.floor((x - to_file.c) / to_file.a), np.floor((y - to_file.f) / to_file.e)
    inside = (columns >= 0) & (columns < dataset.width) & (rows >= 0) & (rows < dataset.height)
    if MaskFlags.per_dataset in dataset.mask_flag_enums[0] and inside.any():
        columns = columns.clip(0, dataset.width - 1).astype(int)
        rows = rows.clip(0, dataset.height - 1).astype(int)
        left, top = int(columns.min()), int(rows.min())
        part = Window(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)
        inside &= (dataset.dataset_mask(window=part) > 0)[rows - top, columns - left]
    return np.asarray(inside)


def _holds_data(numbers: NDArray[np.generic], layer: Layer) -> Clear:
    """All bands differ from nodata and saturation; where no nodata is declared, a pixel of only zeros holds no data,
    as in Sentinel-2.
    """
    held: Clear = np.ones(numbers.shape[1:], bool)
    if np.issubdtype(numbers.dtype, np.floating):
        held = np.isfinite(numbers).all(axis=0)
    elif layer.nodata is None:
        held = (numbers != 0).any(axis=0)
    for special in (layer.nodata, layer.saturated):
        if special is not None and np.isfinite(special):
            held &= (numbers != special).all(axis=0)
    return held


def _may_be_blank(numbers: NDArray[np.generic], layer: Layer) -> Clear | bool:
    """Where floating-point numbers without a declared fill value are 0: blank where all bands of the scene are."""
    if layer.nodata is not None or not np.issubdtype(numbers.dtype, np.floating):
        return False
    return np.asarray((numbers == 0).all(axis=0))


def _reflectance(plane: NDArray[np.generic], layer: Layer) -> NDArray[np.int16]:
    """DN * scale + offset, x 10,000, rounded. Past int16 it saturates, at reflectance 3.27: only clouds reach that."""
    gain, bias = layer.scale * REFLECTANCE_SCALE, layer.offset * REFLECTANCE_SCALE
    whole = float(bias).is_integer() and abs(bias) < _MOST_BIAS
    if np.issubdtype(plane.dtype, np.integer) and abs(gain - 1) < 1e-9 and whole:
        if plane.dtype == np.uint16 and bias == 0:
            return np.asarray(np.minimum(plane, MOST).astype(np.int16))
        numbers = plane.astype(np.int32 if plane.dtype.itemsize < 4 else np.int64) + int(bias)
        return np.asarray(np.clip(numbers, -MOST, MOST).astype(np.int16))
    exact = np.nan_to_num(np.rint(plane.astype(np.float64) * gain + bias), nan=0.0)
    return np.asarray(np.clip(exact, -MOST, MOST).astype(np.int16))
