"""The flag of every parcel: what can be classified, and why the rest cannot."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.vocabulary import OUTLINES, QUALITY

_NEARLY_WHOLE = 0.999  # of an outline's area; below it the parcel is partly outside
_CHUNK_PX = 1 << 20


def parcel_sums(values: NDArray[np.float64], index: pandas.DataFrame) -> NDArray[np.float64]:
    """Sums over each parcel's pixels of `values` `(pixels,)`, for an index whose pixels follow each other."""
    ends = np.concatenate([[0.0], np.cumsum(values)])
    first = index["first_pixel"].to_numpy()
    return np.asarray(ends[first + index["n_pixels"].to_numpy()] - ends[first])


def observed_shares(clear: NDArray[np.bool_], index: pandas.DataFrame) -> NDArray[np.float64]:
    """The share of each parcel's pixel-acquisitions `(pixels, acquisitions)` that were clear, 0..1."""
    counts = np.concatenate([_chunk.sum(axis=1) for _chunk in _chunks(clear)] or [np.zeros(0)])
    cells = np.maximum(index["n_pixels"].to_numpy() * clear.shape[1], 1)
    return np.asarray(parcel_sums(counts.astype(np.float64), index) / cells)


def clear_shares(clear: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of all parcel pixels that were clear on each acquisition, `(acquisitions,)`."""
    total = sum((chunk.sum(axis=0) for chunk in _chunks(clear)), np.zeros(clear.shape[1]))
    return np.asarray(total / max(len(clear), 1))


def observed_pixels(clear: NDArray[np.bool_], index: pandas.DataFrame) -> NDArray[np.float64]:
    """How many of each parcel's pixels `(pixels,)` were observed at least once."""
    return parcel_sums(np.asarray(clear, np.float64), index)


def flags(index: pandas.DataFrame, observed_count: NDArray[np.float64], few_pixels: int) -> NDArray[np.object_]:
    """A key of vocabulary.QUALITY per parcel; the most severe that applies."""
    count = index["n_pixels"].to_numpy()
    conditions = {
        "invalid_geometry": ~index["valid"].to_numpy(),
        "outside": count == 0,
        "no_clear_observation": observed_count == 0,
        "partly_outside": index["inside_share"].to_numpy() < _NEARLY_WHOLE,
        "few_pixels": (count < few_pixels) | index["by_touch"].to_numpy(),
    }
    return np.select(list(conditions.values()), list(conditions), default="ok").astype(object)


def counts(quality: NDArray[np.object_]) -> dict[str, int]:
    """Parcels per flag, in the vocabulary's order, without those that do not occur."""
    found = Counter(quality)
    return {flag: found[flag] for flag in QUALITY if found[flag]}


def outline_counts(index: pandas.DataFrame) -> dict[str, int]:
    """Parcels per issue of their outlines; none for stores of an older engine and imported ones."""
    if "outline" not in index:
        return {}
    found = Counter(name for text in index["outline"] if text for name in text.split(","))
    return {name: found[name] for name in OUTLINES if found[name]}


def _chunks(values: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    return [values[start : start + _CHUNK_PX] for start in range(0, len(values), _CHUNK_PX)]
