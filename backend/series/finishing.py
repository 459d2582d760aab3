"""The last step of a store: flags and shares of its parcels, then the manifest is marked as complete."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.series import quality
from backend.series.manifest import Manifest
from backend.series.source import observed
from backend.series.store import Store, open_store
from backend.vocabulary import SENTINEL_2

_CHUNK_PX = 1 << 22  # pixels looked at together: the sums of the paper's 10^8 would take gigabytes at once


def finish(unfinished: Store, few_pixels: int) -> Store:
    """Adds flags and shares to the index, then marks the store as complete in the manifest."""
    index, clear = unfinished.index, unfinished.clear
    count, shares = np.zeros(len(index)), np.zeros(len(index))
    for rows, pixels, part in _parts(index):
        count[rows] = quality.observed_pixels(_observed(unfinished, pixels), part)
        shares[rows] = quality.observed_shares(clear[pixels], part)
    unfinished.replace_index(index.assign(quality=quality.flags(index, count, few_pixels), observed=shares))
    unfinished.replace_manifest(_finished(unfinished))
    remove_progress(unfinished.path)
    return open_store(unfinished.path)


def remove_progress(path: Path) -> None:
    """Removes the arrays of a finished store that say how far it was filled; a run that was killed may leave them."""
    for name in ("done", "removed"):
        (path / f"{name}.npy").unlink(missing_ok=True)


def _finished(unfinished: Store) -> Manifest:
    """The manifest with what each acquisition of each source observed."""
    sources = []
    for source in unfinished.manifest.sources:
        shares = quality.clear_shares(unfinished.array(source.clear_array))
        records = [replace(a, clear_share=float(s)) for a, s in zip(source.acquisitions, shares, strict=True)]
        if source.name == SENTINEL_2 and unfinished.removed is not None:
            counts = unfinished.removed.sum(axis=0)
            records = [replace(a, outliers=int(count)) for a, count in zip(records, counts, strict=True)]
        sources.append(replace(source, acquisitions=tuple(records)))
    return replace(unfinished.manifest, complete=True, sources=tuple(sources))


def _observed(unfinished: Store, pixels: slice) -> NDArray[np.bool_]:
    """Which pixels have a value of Sentinel-2, in any band at any date; a calendar's days may all be in gaps that
    were not filled.
    """
    found = unfinished.clear[pixels].any(axis=1)
    if unfinished.manifest.sentinel_2.series.max_gap_days is not None:
        found &= observed(unfinished.reflectance[pixels]).any(axis=(1, 2))
    return np.asarray(found)


def _parts(index: pandas.DataFrame) -> Iterator[tuple[NDArray[np.int64], slice, pandas.DataFrame]]:
    """Parcels whose pixels are few enough together: their rows, their pixels, and their index from pixel 0 on."""
    first = index["first_pixel"].to_numpy()
    for rows in np.split(np.arange(len(index)), np.flatnonzero(np.diff(first // _CHUNK_PX)) + 1):
        if len(rows):
            start = int(first[rows[0]])
            part = index.iloc[rows]
            yield rows, slice(start, start + int(part["n_pixels"].sum())), part.assign(first_pixel=first[rows] - start)
