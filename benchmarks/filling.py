"""Which way of filling gaps comes nearest to what was really there, on the series of a store.

    python -m backend extract IMAGERY PARCELS --masks MASKS -o STORE
    python benchmarks/filling.py STORE [--hidden 0.3] [--rounds 5]

The store must be filled linearly, on its acquisition dates, so that it holds what was observed. In each round a share
of a parcel's clear dates is hidden from all its pixels, as a cloud hides them, the gaps are filled, and what was hidden
is compared: median and 90th percentile of the distance, in counts of reflectance x 10,000, and of the NDVI's x 10,000.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from backend.options import FILLINGS
from backend.series import smoothing
from backend.series.filling import on_axis
from backend.series.options import SeriesOptions
from backend.series.store import Store, open_store

STIFFNESSES = (10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)


def hide(store: Store, share: float, seed: int) -> np.ndarray:
    """`(pixels, acquisitions)`: the clear observations that are hidden."""
    random, clear = np.random.default_rng(seed), np.array(store.clear)
    parcel = np.repeat(np.arange(len(store.index)), store.index["n_pixels"])
    return clear & (random.random((len(store.index), clear.shape[1])) < share)[parcel]


def distances(store: Store, hidden: np.ndarray, options: SeriesOptions) -> tuple[np.ndarray, np.ndarray]:
    """Of the filled from the hidden values, in all bands, and of the NDVI."""
    days, truth = np.array(store.days), np.array(store.reflectance)
    filled = on_axis(truth.copy(), np.array(store.clear) & ~hidden, days, days, options)
    return np.abs(filled[hidden].astype(int) - truth[hidden]).ravel(), np.abs(
        ndvi(store, filled[hidden]) - ndvi(store, truth[hidden])
    )


def ndvi(store: Store, values: np.ndarray) -> np.ndarray:
    red, nir = (values[:, store.bands.index(band)].astype(float) for band in ("B04", "B08"))
    return 1e4 * (nir - red) / np.maximum(nir + red, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--hidden", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    store = open_store(chosen.store)
    rounds = [hide(store, chosen.hidden, seed) for seed in range(chosen.rounds)]
    print(f"{chosen.hidden:.0%} of {np.count_nonzero(store.clear)} clear pixel-dates hidden, {chosen.rounds} rounds")
    print(f"{'filling':26}{'bands 50 %':>12}{'90 %':>8}{'NDVI 50 %':>12}{'90 %':>8}{'s':>8}")
    for name in FILLINGS:
        for stiffness in STIFFNESSES if name == "whittaker" else (None,):
            if stiffness is not None:
                smoothing.STIFFNESS = stiffness
            began = time.perf_counter()
            found = [distances(store, hidden, SeriesOptions(name)) for hidden in rounds]
            seconds = (time.perf_counter() - began) / chosen.rounds
            bands, index = (np.concatenate(parts) for parts in zip(*found))
            figures = [*np.percentile(bands, (50, 90)), *np.percentile(index, (50, 90))]
            label = name if stiffness is None else f"{name} {stiffness:g}"
            print(
                f"{label:26}{figures[0]:>12.0f}{figures[1]:>8.0f}{figures[2]:>12.0f}{figures[3]:>8.0f}{seconds:>8.1f}"
            )


if __name__ == "__main__":
    main()
