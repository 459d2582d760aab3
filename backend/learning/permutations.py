"""The order in which a network reads the dates: chronological or shuffled (paper, table 4)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ORDERS = ("chronological", "shuffled", "shuffled-per-parcel")
_STREAM = 4  # makes these draws differ from others of the same seed


def permutations(order: str, parcels: int, dates: int, seed: int) -> NDArray[np.int64] | None:
    """Which date each parcel reads at each step `(parcels, dates)`; None in chronological order.

    `shuffled` is one permutation for all parcels, `shuffled-per-parcel` one for each: the paper's text fits both.
    They depend only on the seed, so that training, validation and test read a parcel in the same order.
    """
    generator = np.random.default_rng((seed, _STREAM))
    if order == "shuffled":
        return np.broadcast_to(generator.permutation(dates), (parcels, dates))
    if order == "shuffled-per-parcel":
        return generator.permuted(np.tile(np.arange(dates), (parcels, 1)), axis=1)
    return None
