"""What an extraction will make of each acquisition, from some of its pixels: read and judged as the extraction does it.

Some windows of an image are read, a few blocks of each band: damage elsewhere in a file, fill values elsewhere, and the
reflectance of the parcels' own pixels are known only when all is read.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from backend.errors import EngineError, ImplausibleSeason, MissingBands, UnreadableImage
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import missing_bands
from backend.imagery.grid import Grid
from backend.imagery.mosaic import bounds_in
from backend.memory import require_memory
from backend.protocol import Reporter
from backend.series.plausibility import OF_A_BLOCK, Watch

USED, LEFT_OUT, REFUSED = "used", "left out", "refused"

_SIDE_PX, _PLACES = 16, 5  # a window's side; windows along each side of a scene that may be read
_FEWEST, _MOST = 3, 8  # windows of an acquisition that are read
_ENOUGH = 600  # clear pixels, from which on no more are read
_UNDECLARED = "imagery.undeclared_fill"

Sample = tuple[NDArray[np.int16], NDArray[np.bool_]]  # (pixels, bands), (pixels,)


@dataclass(frozen=True)
class Verdict:
    """What becomes of an acquisition, and why where there is something to say of it."""

    outcome: str = USED
    code: str | None = None
    reason: str | None = None
    error: EngineError | None = None


def judge(
    catalogue: Catalogue, options: ImageryOptions, bands: Sequence[str], reporter: Reporter
) -> tuple[Verdict, ...]:
    """One verdict for each acquisition of an extraction of `bands`."""
    acquisitions = catalogue.acquisitions
    lacking = [missing_bands(acquisition, bands) for acquisition in acquisitions]
    complete = [a for a, error in zip(acquisitions, lacking) if error is None]
    # where none has them all, others will be asked for: those that all have are judged
    looked_at = complete or list(acquisitions)
    named = tuple(bands) if complete else tuple(band for band in bands if band in catalogue.bands)
    found = dict(zip([a.day for a in looked_at], _verdicts(looked_at, catalogue, options, named, reporter)))
    return tuple(_refused(error) if error else found[a.day] for a, error in zip(acquisitions, lacking, strict=True))


def by_error(error: UnreadableImage, options: ImageryOptions) -> Verdict:
    """Of an acquisition with an image that cannot be used."""
    outcome = LEFT_OUT if options.skip_unreadable else REFUSED
    return Verdict(outcome, error.code, error.reason, error)


def _refused(error: MissingBands | ImplausibleSeason) -> Verdict:
    return Verdict(REFUSED, error.code, error.message.rstrip("."), error)


def _verdicts(
    acquisitions: Sequence[Acquisition], catalogue: Catalogue, options: ImageryOptions, bands: tuple[str, ...],
    reporter: Reporter,
) -> list[Verdict]:  # fmt: skip
    samples = list(_samples(acquisitions, catalogue, options, bands, reporter)) if bands else []
    damaged = {n: by_error(found, options) for n, found in enumerate(samples) if isinstance(found, UnreadableImage)}
    whole = [n for n in range(len(samples)) if n not in damaged]
    judged = _judged([acquisitions[n] for n in whole], [samples[n] for n in whole], options, bands)  # type: ignore[misc]
    found = {**damaged, **dict(zip(whole, judged))}
    return [found.get(n, Verdict()) for n in range(len(acquisitions))]


def _judged(
    acquisitions: Sequence[Acquisition], samples: Sequence[Sample], options: ImageryOptions, bands: tuple[str, ...]
) -> list[Verdict]:
    """By the rules of the extraction itself, which believes a scale or an offset that is given."""
    watch = _watch(acquisitions, samples, bands)
    fills = {number: f"numbers that are not reflectance ({fill})" for number, fill in watch.fills().items()}
    verdicts = [Verdict(code=_UNDECLARED, reason=fills[n]) if n in fills else Verdict() for n in range(len(samples))]
    believed = options.scale is not None or options.offset is not None
    try:
        faults = watch.faults()
    except ImplausibleSeason as error:
        refused = _refused(error)
        return [Verdict(code=refused.code, reason=refused.reason) if believed else refused for _ in samples]
    for number, fault in faults.items():
        verdict = by_error(fault, options)
        verdicts[number] = Verdict(code=verdict.code, reason=verdict.reason) if believed else verdict
    return verdicts


def _watch(acquisitions: Sequence[Acquisition], samples: Sequence[Sample], bands: tuple[str, ...]) -> Watch:
    """Samples of different length side by side: the shorter ones are repeated, and clear the first time only."""
    watch = Watch(acquisitions, bands, early=False)
    most = max((len(clear) for _, clear in samples), default=0)
    series, seen = np.zeros((most, len(samples), len(bands)), np.int16), np.zeros((most, len(samples)), bool)
    for number, (values, clear) in enumerate(samples):
        if len(clear):
            series[:, number] = values[np.arange(most) % len(values)]
            seen[: len(clear), number] = clear
    for start in range(0, most, OF_A_BLOCK):
        watch.add(series[start : start + OF_A_BLOCK], seen[start : start + OF_A_BLOCK])
    return watch


def _samples(
    acquisitions: Sequence[Acquisition], catalogue: Catalogue, options: ImageryOptions, bands: tuple[str, ...],
    reporter: Reporter,
) -> Iterator[Sample | UnreadableImage]:  # fmt: skip
    def sample(acquisition: Acquisition) -> Sample | UnreadableImage:
        try:
            return _sample(acquisition, catalogue.grid, bands, options.resampling)
        except UnreadableImage as error:
            require_memory(error)
            return error

    with ThreadPoolExecutor(2) as pool:
        for number, found in enumerate(pool.map(sample, acquisitions), start=1):
            reporter.progress(0.5 + number / len(acquisitions) / 2, "inspecting", f"{number} acquisitions judged")
            yield found


def _sample(acquisition: Acquisition, grid: Grid, bands: tuple[str, ...], resampling: str) -> Sample:
    """Pixels of some windows, until enough of them are clear. Raises UnreadableImage."""
    values, seen = [np.zeros((0, len(bands)), np.int16)], [np.zeros(0, bool)]
    for count, window in enumerate(_windows(acquisition, grid)):
        if count >= _MOST or (count >= _FEWEST and sum(int(part.sum()) for part in seen) >= _ENOUGH):
            break
        block, clear = read_acquisition(acquisition, bands, grid, window, resampling)
        values.append(block.reshape(len(bands), -1).T)
        seen.append(clear.ravel())
    return np.concatenate(values), np.concatenate(seen)


def _windows(acquisition: Acquisition, grid: Grid) -> Iterator[Window]:
    """Small windows of the grid, those near the middle of each scene first, the scenes in turn."""
    steps = [(2 * place + 1) / (2 * _PLACES) for place in range(_PLACES)]
    places = sorted(((y, x) for y in steps for x in steps), key=lambda at: abs(at[0] - 0.5) + abs(at[1] - 0.5))
    for y, x in places:
        for scene in acquisition.scenes:
            xmin, ymin, xmax, ymax = bounds_in(scene.grid, grid.crs)
            column = (xmin + x * (xmax - xmin) - grid.x0) / grid.resolution_m
            row = (grid.y0 - (ymax - y * (ymax - ymin))) / grid.resolution_m
            width, height = min(_SIDE_PX, grid.width), min(_SIDE_PX, grid.height)
            left = min(max(0, int(column) - width // 2), grid.width - width)
            top = min(max(0, int(row) - height // 2), grid.height - height)
            yield Window(left, top, width, height)
