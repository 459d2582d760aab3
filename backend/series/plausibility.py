"""Whether each date's numbers can be reflectance of fields: judged on some parcel pixels of every block as it is read.

A wrong scale, an offset that was subtracted twice or a layer of zeros train and classify without an error. The limits
stand well beyond what clouds, snow, shadows and water do to whole dates in two real seasons, masked or not (118 dates
over Flanders: all bands at once up to 2.7 times as bright as in the season's middle, or down to 0.17 of it).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.errors import ImplausibleSeason, ImplausibleValues
from backend.imagery.acquisition import Acquisition, Layer
from backend.imagery.blocks import LEAST, MOST
from backend.protocol import Reporter
from backend.vocabulary import REFLECTANCE_SCALE

Floats = NDArray[np.float64]

OF_A_BLOCK, _OF_ALL, _EARLY = 250, 4000, 1000  # pixels that are kept; from _EARLY on a first judgement is made
_FEWEST = 20  # clear pixels of a date that is judged
_DATES = 3  # that are judged, from which on the season's middle is known
_NEGATIVE = -0.02
_BRIGHTER, _DARKER = 4.0, 0.12  # of the season's middle, in every band at once
_OFFSET, _SAME = 0.1, 0.015  # ESA's offset; shifts of all bands that are as good as equal
_DARK, _BRIGHT, _VERY_BRIGHT = 0.03, 1.2, 1.8  # of the brightest band; few dates may all be cloudy
_MANY_DATES = 5
_ZEROS, _ANY_ZERO = 0.99, 0.005  # share of a band; the middle from which zeros are not its own
_NAMED_SHARE = 0.01  # of a date's pixels that hold no reflectance


@dataclass
class Watch:
    """Pixels of the blocks that were read, `(pixels, dates, bands)`; several threads may add to it."""

    acquisitions: Sequence[Acquisition]
    bands: Sequence[str]
    early: bool = True  # whether to judge before all blocks are read
    _series: list[NDArray[np.int16]] = field(default_factory=list)
    _clear: list[NDArray[np.bool_]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _judged: bool = False

    def add(self, series: NDArray[np.int16], clear: NDArray[np.bool_]) -> None:
        """Some of a block's pixels. Raises what `judge` raises, as soon as there are enough to tell."""
        step = -(-len(series) // OF_A_BLOCK)
        with self._lock:
            held = sum(map(len, self._clear))
            if held >= _OF_ALL:
                return
            self._series.append(series[::step].copy())
            self._clear.append(clear[::step].copy())
            early = self.early and not self._judged and held + len(self._clear[-1]) >= _EARLY
            self._judged |= early
        if early:
            self.judge()

    def judge(self) -> None:
        """Raises ImplausibleValues for the first date that cannot be, ImplausibleSeason where all cannot."""
        fault = self._first_fault(range(len(self.acquisitions)))
        if fault:
            raise self._error(*fault)

    def faults(self) -> dict[int, ImplausibleValues]:
        """The error of every date that cannot be, by its position: those that an extraction would leave out one after
        the other, judging the rest again each time. Raises ImplausibleSeason.
        """
        found: dict[int, ImplausibleValues] = {}
        while fault := self._first_fault([n for n in range(len(self.acquisitions)) if n not in found]):
            found[fault[0]] = self._error(*fault)
        return found

    def _first_fault(self, dates: Sequence[int]) -> tuple[int, str] | None:
        """Of these dates the first that cannot be, and what is wrong with it."""
        series, clear = self._all()
        if not len(series) or not len(dates):
            return None
        series, clear = series[:, dates], clear[:, dates]
        impossible = _impossible(series)
        if impossible.any() and not (clear & ~impossible).any() and impossible.mean() > _ZEROS:
            raise ImplausibleSeason(self.bands[0], "no reflectance at all", _DARK, _BRIGHT)
        medians = _medians(series, clear)
        judged = np.isfinite(medians).all(axis=1)
        if not judged.any():
            return None
        middle = np.median(medians[judged], axis=0)
        brightest = int(middle.argmax())
        limit = _BRIGHT if judged.sum() >= _MANY_DATES else _VERY_BRIGHT
        if not _DARK <= middle[brightest] <= limit:
            raise ImplausibleSeason(self.bands[brightest], f"{middle[brightest]:.4g}", _DARK, limit)
        usual = middle if judged.sum() >= _DATES else None
        for number in np.flatnonzero(judged).tolist():
            values = series[clear[:, number], number]
            fault = _fault(medians[number], usual, self.bands) or _zeros(values, middle, self.bands)
            if fault:
                return dates[number], fault
        return None

    def name_fills(self, reporter: Reporter) -> None:
        """A warning that names the dates with numbers that are not reflectance, and that no fill value declares."""
        found = [f"{self.acquisitions[number].day} ({fill})" for number, fill in self.fills().items()]
        if found:
            reporter.warning("imagery.undeclared_fill", dates=found)

    def fills(self) -> dict[int, str]:
        """By position, the share of a date's pixels that hold no reflectance, and the number that they hold."""
        series, _ = self._all()
        found = {}
        for number, acquisition in enumerate(self.acquisitions if len(series) else ()):
            values = series[:, number]
            odd = _impossible(values[:, None])[:, 0] & ~np.isin(values, _declared(acquisition)).any(axis=1)
            if odd.mean() >= _NAMED_SHARE:
                least = int(values[odd].min())
                value = f"{least / REFLECTANCE_SCALE:g}" if least <= LEAST else f"{MOST / REFLECTANCE_SCALE:g} or more"
                found[number] = f"{odd.mean():.0%}: {value}"
        return found

    def _all(self) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        with self._lock:
            if not self._series:
                shape = (0, len(self.acquisitions))
                return np.zeros((*shape, len(self.bands)), np.int16), np.zeros(shape, bool)
            return np.concatenate(self._series), np.concatenate(self._clear)

    def _error(self, number: int, fault: str) -> ImplausibleValues:
        acquisition = self.acquisitions[number]
        scene = acquisition.scenes[0]
        layer = scene.layers[self.bands[0]]
        how = f"read with the scale {layer.scale:g} and the offset {layer.offset:g}"
        return ImplausibleValues(scene.images[0], f"on {acquisition.day} {fault}; {how}")


def _fault(median: Floats, middle: Floats | None, bands: Sequence[str]) -> str:
    """What is wrong with a date's medians `(bands,)`, in words; "" where nothing is."""
    low = int(median.argmin())
    if median[low] < _NEGATIVE:
        return f"the median reflectance of {bands[low]} is {median[low]:.3f}, at least 0 was expected"
    if middle is None:
        return ""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = median / middle
    if ratio.min() > _BRIGHTER or ratio.max() < _DARKER:
        return f"all bands are {np.median(ratio):.2g} times as bright as in the middle of the season"
    shift = median - middle
    for offset in (_OFFSET, -_OFFSET):
        if np.abs(shift - offset).max() < _SAME:
            return f"all bands differ by {offset:+g} from the middle of the season, as where an offset is left out"
    return ""


def _zeros(values: NDArray[np.int16], middle: Floats, bands: Sequence[str]) -> str:
    """A band that is 0 throughout a date's clear pixels `(pixels, bands)`, where the season's is not."""
    zero = (values == 0).mean(axis=0)
    empty = [band for band, share, usual in zip(bands, zero, middle) if share >= _ZEROS and usual > _ANY_ZERO]
    return f"{', '.join(empty)} is 0 throughout, a median of {middle.max():.2g} was expected" if empty else ""


def _medians(series: NDArray[np.int16], clear: NDArray[np.bool_]) -> Floats:
    """Reflectance `(dates, bands)` over the clear pixels; NaN where these are too few to tell."""
    values = np.where(clear[:, :, None], series, np.nan) / REFLECTANCE_SCALE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a date without a clear pixel
        medians = np.nanmedian(values, axis=0)
    medians[clear.sum(axis=0) < _FEWEST] = np.nan
    return np.asarray(medians)


def _impossible(series: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Of `(pixels, dates, bands)`, where a band holds no reflectance."""
    return np.asarray(((series <= LEAST) | (series >= MOST)).any(axis=2))


def _declared(acquisition: Acquisition) -> list[int]:
    """The declared fill and saturation values of a date as they are in a series."""
    layers = [layer for scene in acquisition.scenes for layer in scene.layers.values()]
    return sorted({_stored(special, layer) for layer in layers for special in (layer.nodata, layer.saturated)} - {0})


def _stored(count: float | None, layer: Layer) -> int:
    if count is None or not np.isfinite(count):
        return 0
    value = np.rint((count * layer.scale + layer.offset) * REFLECTANCE_SCALE)
    return int(np.clip(value, -MOST, MOST))
