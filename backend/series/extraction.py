"""One pass over the imagery: each block is decoded once, and every parcel pixel in it is masked, filled and stored."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from backend.errors import Cancelled, ImplausibleSeason, ImplausibleValues
from backend.files import writing_to
from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.blocks import block_shape, read_acquisition
from backend.protocol import Reporter
from backend.series.filling import CHUNK_CELLS, on_axis
from backend.series.outliers import outliers
from backend.series.plausibility import Watch
from backend.series.rasterise import expand
from backend.series.store import Store, require_blocks, reserve

_IN_MEMORY = 160e6  # bytes of a block's series above which its scratch array is a file: memory does not grow with dates
_POLL_S = 0.2


def block_windows(catalogue: Catalogue) -> list[Window]:
    """The windows of one extraction, in order: the same for every run over the same imagery."""
    shape = block_shape(catalogue.acquisitions[0].scenes[0], catalogue.grid)
    return list(catalogue.grid.windows(shape))


def fill_store(store: Store, catalogue: Catalogue, options: ImageryOptions, workers: int, reporter: Reporter) -> None:
    """Writes the blocks that `store` still lacks, `workers` at once.

    Raises UnreadableImage, Cancelled; ImplausibleValues and ImplausibleSeason unless a scale or offset is given, which
    is then believed, and the user warned.
    """
    believed = options.scale is not None or options.offset is not None
    windows, watch = block_windows(catalogue), Watch(catalogue.acquisitions, store.bands, early=not believed)
    require_blocks(store, len(windows))
    waiting = [number for number in range(len(windows)) if not store.done[number]]
    stop = threading.Event()
    with ThreadPoolExecutor(workers) as pool:
        how = options.resampling, stop, watch
        futures = {pool.submit(_extract_block, store, catalogue, n, windows[n], *how): n for n in waiting}
        try:
            for number in _as_completed(futures, len(windows), reporter):
                store.done[number] = True
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    _judge(watch, believed, reporter)


def _judge(watch: Watch, believed: bool, reporter: Reporter) -> None:
    try:
        watch.judge()
    except (ImplausibleValues, ImplausibleSeason) as error:
        if not believed:
            raise
        reporter.warning(error.code, **error.fields)
    watch.name_fills(reporter)


def _as_completed(futures: dict[Future[None], int], blocks: int, reporter: Reporter) -> Iterator[int]:
    """Block numbers as they finish; checks often for a cancellation."""
    pending = set(futures)
    while pending:
        finished, pending = wait(pending, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        for future in finished:
            future.result()
            yield futures[future]
        written = blocks - len(pending)
        reporter.progress(written / blocks, "extracting", f"block {written} of {blocks}")


def _extract_block(
    store: Store, catalogue: Catalogue, number: int, window: Window, resampling: str, stop: threading.Event,
    watch: Watch,
) -> None:  # fmt: skip
    """Reads, masks, fills and stores all parcel pixels of one window."""
    pixels, place = pixels_in(store, window)
    if not len(pixels):
        return
    count, bands = len(catalogue.acquisitions), store.bands
    clear = np.empty((len(pixels), count), bool)
    with _scratch((len(pixels), count, len(bands)), store.path) as series:
        for date, acquisition in enumerate(catalogue.acquisitions):
            if stop.is_set():
                raise Cancelled
            values, clear_part = read_acquisition(acquisition, bands, catalogue.grid, window, resampling)
            series[:, date] = values.reshape(len(bands), -1)[:, place].T
            clear[:, date] = clear_part.ravel()[place]
        watch.add(series, clear)
        days = np.asarray(catalogue.days)
        if store.removed is not None:
            store.removed[number] = _remove_outliers(series, clear, days, bands)
        _write(store, pixels, series, clear, days)


def pixels_in(store: Store, window: Window) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The store's pixels inside a window, and each one's position in it (row * columns + column)."""
    index = store.index
    top, left = index["row_px"].to_numpy(), index["column_px"].to_numpy()
    hit = (top < window.row_off + window.height) & (top + index["height_px"].to_numpy() > window.row_off)
    hit &= (left < window.col_off + window.width) & (left + index["width_px"].to_numpy() > window.col_off)
    rows = np.flatnonzero(hit & (index["n_pixels"].to_numpy() > 0))
    parcel, pixel = expand(index["first_pixel"].to_numpy()[rows], index["n_pixels"].to_numpy()[rows])
    inner = np.asarray(store.position[pixel], np.int64)
    row = inner[:, 0] + top[rows][parcel] - window.row_off
    column = inner[:, 1] + left[rows][parcel] - window.col_off
    here = (row >= 0) & (row < window.height) & (column >= 0) & (column < window.width)
    return pixel[here], (row * window.width + column)[here]


def _write(
    store: Store, pixels: NDArray[np.int64], series: NDArray[np.int16], clear: NDArray[np.bool_],
    days: NDArray[np.int64],
) -> None:  # fmt: skip
    """Interpolates a block's series to the store's time axis, some pixels at a time, and stores them."""
    axis, options = np.asarray(store.days), store.manifest.sentinel_2.series
    stored_clear, reflectance = store.array("clear"), store.array("reflectance")
    step = max(1, CHUNK_CELLS // max(len(days), len(axis)))
    for start in range(0, len(pixels), step):
        part = slice(start, start + step)
        reflectance[pixels[part]] = on_axis(series[part], clear[part], days, axis, options)
        stored_clear[pixels[part]] = clear[part]


def _remove_outliers(
    series: NDArray[np.int16], clear: NDArray[np.bool_], days: NDArray[np.int64], bands: Sequence[str]
) -> NDArray[np.int64]:
    """Takes them out of `clear`; how many there were at each date, `(dates,)`."""
    removed = np.zeros(len(days), np.int64)
    step = max(1, CHUNK_CELLS // len(days))
    for start in range(0, len(series), step):
        clear_part = clear[start : start + step]
        found = outliers(series[start : start + step], clear_part, days, bands)
        clear_part &= ~found
        removed += found.sum(axis=0)
    return removed


@contextmanager
def _scratch(shape: tuple[int, int, int], folder: Path) -> Iterator[NDArray[np.int16]]:
    """An int16 array for a block's series, in memory or, when it is large, in a file that goes with it."""
    if np.prod(shape) * 2 <= _IN_MEMORY:
        yield np.empty(shape, np.int16)
        return
    with writing_to(folder), tempfile.TemporaryFile(dir=folder) as file:
        reserve(file, int(np.prod(shape)) * 2)
        yield np.memmap(file, np.int16, "w+", shape=shape)
