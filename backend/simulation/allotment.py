"""Decides what is declared and what grows on each field: fixed counts per crop, in neighbourhoods, with errors."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.simulation.covers import CROPS, INDEX
from backend.simulation.noise import Waves

Codes = NDArray[np.int64]  # indices into COVERS

LEAST_PARCELS = 5  # of the rarest crop, in a region large enough to hold so many
MISDECLARED = 0.02  # share of the parcels where another crop grows than was declared
NEIGHBOURHOOD_M = 2200.0
CLUMPING = 1.1  # weight of the neighbourhood against chance


def shares(crops: int = len(CROPS)) -> NDArray[np.float64]:
    """Of the parcels, for each of CROPS; only the `crops` most common ones grow."""
    share = np.array([crop.share for crop in CROPS])
    share[np.argsort(-share, kind="stable")[crops:]] = 0.0
    return np.asarray(share / share.sum())


def counts(parcels: int, crops: int = len(CROPS), least: int | None = None) -> Codes:
    """How many of the parcels each crop of CROPS gets, in that order; they add up to `parcels`.

    The `crops` most common ones grow, each on `least` parcels or more; None: on 5, fewer in a region below 500 parcels.
    """
    share = shares(crops)
    fewest = min(LEAST_PARCELS, parcels // 100) if least is None else least
    wanted = np.where(share > 0, np.maximum(share * parcels, fewest), 0.0)
    wanted[np.argmax(share)] = 0
    whole = np.floor(wanted + 0.5).astype(np.int64)
    while whole.sum() > parcels:  # a handful of parcels: rounding may ask for more than there are
        whole[np.argmax(whole)] -= 1
    whole[np.argmax(share)] = parcels - whole.sum()
    return whole


def allot(
    centre: NDArray[np.float64], area_m2: NDArray[np.float64], lowness: NDArray[np.float64], quota: Codes,
    rng: np.random.Generator,
) -> Codes:  # fmt: skip
    """The crop declared on each parcel `(parcels,)`: rare crops are placed first, meadows take the rest.

    quota: parcels of each crop, as `counts` gives them.

    centre: metres (parcels, 2); lowness: low ground positive, slopes negative, deviation about 1.
    """
    large = np.log(area_m2) - np.log(area_m2).mean()
    free = np.ones(len(centre), dtype=bool)
    declared = np.zeros(len(centre), dtype=np.int64)
    for crop in np.argsort(quota, kind="stable"):
        taste = (
            CLUMPING * Waves.draw(rng, NEIGHBOURHOOD_M)(centre) + CROPS[crop].size * large + CROPS[crop].wet * lowness
        )
        score = np.where(free, taste + rng.gumbel(0, 1, len(centre)), -np.inf)
        taken = np.argsort(-score, kind="stable")[: quota[crop]]
        declared[taken], free[taken] = crop, False
    return declared


def grown(declared: Codes, share: NDArray[np.float64], rng: np.random.Generator) -> Codes:
    """What truly grows: the declared crop but for a few errors, which follow the crops' shares."""
    wrong = rng.random(len(declared)) < MISDECLARED
    return np.where(wrong, rng.choice(len(CROPS), len(declared), p=share), declared)


def undeclared(count: int, rng: np.random.Generator) -> Codes:
    """What grows on farmland that nobody declares."""
    kinds = [INDEX["scrub"], INDEX["PPH"], INDEX["J5M"], INDEX["BTH"], INDEX["garden"]]
    return rng.choice(kinds, count, p=(0.25, 0.4, 0.2, 0.05, 0.1))
