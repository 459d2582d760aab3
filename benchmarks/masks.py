"""Clouds and shadows that the masks of a folder of images missed, as the test in time finds them.

    python benchmarks/masks.py IMAGERY PARCELS --masks MASKS [--plot COURSES.png]

Counts observations (a pixel at a clear date) and parcel-dates (at least half of a parcel's clear pixels at a date), and
draws each parcel's course in the blue and of the NDVI with what was found, to be judged by eye.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from backend.__main__ import cli  # noqa: E402
from backend.protocol import Silent  # noqa: E402
from backend.series.outliers import outliers  # noqa: E402
from backend.series.store import Store, open_store  # noqa: E402


def extracted(chosen: argparse.Namespace, folder: Path) -> Store:
    """The series with nothing taken out: at its clear dates each pixel has the images' own values."""
    masks = ["--masks", str(chosen.masks)] if chosen.masks else []
    arguments = ["extract", str(chosen.imagery), str(chosen.parcels), *masks, "-o", str(folder / "m.parcels")]
    cli.main(arguments, standalone_mode=False, obj=Silent())
    return open_store(folder / "m.parcels")


def by_parcel(values: np.ndarray, store: Store) -> np.ndarray:
    """Sums over each parcel's pixels, `(parcels, dates)`."""
    first, count = store.index["first_pixel"], store.index["n_pixels"]
    return np.array([values[f : f + n].sum(axis=0) for f, n in zip(first, count)])


def draw(store: Store, clear: np.ndarray, whole: np.ndarray, path: Path) -> None:
    """A row for each parcel: the blue on the left, the NDVI on the right; found parcel-dates are ringed."""
    from matplotlib.figure import Figure

    reflectance = np.asarray(store.reflectance) / 10_000
    blue, red, near = (reflectance[..., store.bands.index(band)] for band in ("B02", "B04", "B08"))
    seen = by_parcel(clear, store)
    means = [by_parcel(values * clear, store) / np.maximum(seen, 1) for values in (blue, red, near)]
    ndvi = (means[2] - means[1]) / np.maximum(means[2] + means[1], 1e-6)
    days, shown = np.asarray(store.days), np.flatnonzero(seen.any(axis=1))
    figure = Figure((16, 1.6 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), 2, sharex=True, squeeze=False)
    for row, parcel in zip(axes, shown):
        there, odd = seen[parcel] > 0, whole[parcel]
        for axis, course in zip(row, (means[0][parcel], ndvi[parcel])):
            axis.plot(days[there], course[there], ".-", lw=0.7, ms=4, color="0.3")
            axis.plot(days[odd], course[odd], "o", mfc="none", mec="red", ms=8)
        row[0].set_ylabel(store.index["parcel_id"].iloc[parcel])
    figure.savefig(path, dpi=60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("imagery", type=Path)
    parser.add_argument("parcels", type=Path)
    parser.add_argument("--masks", type=Path)
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masks-") as folder:
        store = extracted(chosen, Path(folder))
        clear = np.asarray(store.clear)
        found = outliers(np.asarray(store.reflectance), clear, np.asarray(store.days), store.bands)
        seen, odd = by_parcel(clear, store), by_parcel(found, store)
        whole = (seen > 0) & (2 * odd >= seen)
        for number in np.flatnonzero(odd.any(axis=0)):
            date, at = store.manifest.sentinel_2.acquisitions[number].date, whole[:, number].sum()
            print(f"{date} {odd[:, number].sum():7,} of {seen[:, number].sum():7,} observations, {at:4} parcels")
        print(f"{found.sum():,} of {clear.sum():,} clear observations ({found.sum() / clear.sum():.2%})")
        dates = whole.any(axis=0)
        print(f"{whole.sum():,} of {(seen > 0).sum():,} parcel-dates, on {dates.sum()} of {len(dates)} dates")
        if chosen.plot:
            draw(store, clear, whole, chosen.plot)


if __name__ == "__main__":
    main()
