"""The last step of a store: flags and shares of its parcels, then the word that it is whole."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.series import quality
from backend.series.options import SeriesOptions
from backend.series.store import Store, open_store
from backend.vocabulary import UNOBSERVED

_CHUNK_PX = 1 << 22  # pixels looked at together: the sums of the paper's 10^8 would take gigabytes at once


def finish(unfinished: Store, few_pixels: int) -> Store:
    """Adds flags and shares to the index, then says in the manifest that the store is whole."""
    index, clear = unfinished.index, unfinished.clear
    seen, observed = np.zeros(len(index)), np.zeros(len(index))
    for rows, pixels, part in _parts(index):
        seen[rows] = quality.seen_pixels(_seen(unfinished, pixels), part)
        observed[rows] = quality.observed_shares(clear[pixels], part)
    unfinished.replace_index(index.assign(quality=quality.flags(index, seen, few_pixels), observed=observed))
    shares = quality.clear_shares(clear)
    acquisitions = [{**a, "clear_share": float(s)} for a, s in zip(unfinished.manifest["acquisitions"], shares)]
    if unfinished.removed is not None:
        counts = unfinished.removed.sum(axis=0)
        acquisitions = [{**a, "outliers": int(count)} for a, count in zip(acquisitions, counts)]
    unfinished.replace_manifest(complete=True, acquisitions=acquisitions)
    for name in ("done", "removed"):
        (unfinished.path / f"{name}.npy").unlink(missing_ok=True)
    return open_store(unfinished.path)


def _seen(unfinished: Store, pixels: slice) -> NDArray[np.bool_]:
    """Which pixels have a value at some date; a calendar's days may all lie in gaps that were not filled."""
    seen = unfinished.clear[pixels].any(axis=1)
    if SeriesOptions.of(unfinished.manifest).max_gap_days is not None:
        seen &= (unfinished.reflectance[pixels, :, 0] != UNOBSERVED).any(axis=1)
    return np.asarray(seen)


def _parts(index: pandas.DataFrame) -> Iterator[tuple[NDArray[np.int64], slice, pandas.DataFrame]]:
    """Parcels whose pixels are few enough together: their rows, their pixels, and their index from pixel 0 on."""
    first = index["first_pixel"].to_numpy()
    for rows in np.split(np.arange(len(index)), np.flatnonzero(np.diff(first // _CHUNK_PX)) + 1):
        if len(rows):
            start = int(first[rows[0]])
            part = index.iloc[rows]
            yield rows, slice(start, start + int(part["n_pixels"].sum())), part.assign(first_pixel=first[rows] - start)
