"""Spectral indices as further bands of a dataset, computed pixel by pixel from the reflectances of a store.

An index is a band by its name: a model file lists it among the bands, and whoever serves them computes it.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.series.source import observed
from backend.vocabulary import REFLECTANCE_SCALE, UNOBSERVED

Values = NDArray[np.float32]


def _difference(one: Values, other: Values) -> Values:
    """The normalised difference, 0 where the sum is not above 0: dark pixels may have reflectances below it."""
    total = one + other
    return np.divide(one - other, total, out=np.zeros_like(total), where=total > 0)


def _evi(near_infrared: Values, red: Values, blue: Values) -> Values:
    total = near_infrared + 6 * red - 7.5 * blue + 1
    return np.divide(2.5 * (near_infrared - red), total, out=np.zeros_like(total), where=total > 0)


@dataclass(frozen=True)
class Index:
    """`bands` are the arguments of `formula`, in reflectance."""

    bands: tuple[str, ...]
    formula: Callable[..., Values]


INDICES = {
    "NDVI": Index(("B08", "B04"), _difference),  # Rouse et al. 1974: green leaves
    "NDMI": Index(("B08", "B11"), _difference),  # Gao 1996, who calls it NDWI: water in leaves
    "NDRE": Index(("B08", "B05"), _difference),  # Barnes et al. 2000: chlorophyll, in dense canopies too
    "EVI": Index(("B08", "B04", "B02"), _evi),  # Huete et al. 2002
}


def available(bands: Sequence[str]) -> tuple[str, ...]:
    """The indices that these bands allow."""
    return tuple(name for name, index in INDICES.items() if set(index.bands) <= set(bands))


def measured(bands: Sequence[str]) -> tuple[str, ...]:
    """The bands that images must have for these, indices among them: the named ones, then what the indices need."""
    needed = [band for name in bands if name in INDICES for band in INDICES[name].bands]
    return tuple(dict.fromkeys([*(name for name in bands if name not in INDICES), *needed]))


def with_indices(pixels: NDArray[np.int16], bands: Sequence[str]) -> NDArray[np.int16]:
    """`pixels` `(P, dates, measured(bands))` as counts of the store: `(P, dates, bands)`.

    An index is between -1 and 1, by REFLECTANCE_SCALE; UNOBSERVED where one of its bands is.
    """
    place = {band: number for number, band in enumerate(measured(bands))}
    served = np.empty((*pixels.shape[:2], len(bands)), dtype=np.int16)
    for number, name in enumerate(bands):
        index = INDICES.get(name)
        if index is None:
            served[:, :, number] = pixels[:, :, place[name]]
        else:
            served[:, :, number] = _counts(index, pixels[:, :, [place[band] for band in index.bands]])
    return served


def _counts(index: Index, counts: NDArray[np.int16]) -> NDArray[Any]:
    reflectances = np.moveaxis(counts.astype(np.float32) / REFLECTANCE_SCALE, 2, 0)
    values = np.clip(index.formula(*reflectances), -1, 1)
    return np.where(observed(counts).all(axis=2), np.rint(values * REFLECTANCE_SCALE), UNOBSERVED)
