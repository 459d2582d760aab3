"""Learns the crop rotation from the training parcels: a prior for the predictions of any model.

Rotations have entered crop maps as conditional random fields (Giordano et al. 2020, Photogrammetric Engineering &
Remote Sensing 86), as Markov logic before the season (Osman et al. 2015, Computers and Electronics in Agriculture 113)
and as an input of the network (Quinton and Landrieu 2021, Remote Sensing 13, 4599). A table of one step is what a
single layer with last year's crop can teach, and it goes with every model, trained as it is.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.models.rotation import Rotation

STRENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)  # parcels' worth of the usual shares


def estimate(previous: NDArray[np.object_], labels: NDArray[np.int64], classes: int) -> Rotation:
    """The rotation of these parcels, `previous` class code (None: not known) and class `(parcels,)`.

    After each crop the classes' shares are counted, with `strength` parcels of the usual shares added: as many as let
    the other parcels predict each one best (leave one out). Where last year's crop has no influence, that is the most,
    and the table comes out near 1. A class without a parcel here keeps what the smoothing gives it.
    """
    known = np.array([code is not None for code in previous], dtype=bool)
    codes, row = np.unique(previous[known].astype(str), return_inverse=True)
    counts = np.zeros((len(codes), classes))
    np.add.at(counts, (row, labels[known]), 1)
    usual = np.bincount(labels, minlength=classes) / max(len(labels), 1)
    strength = max(STRENGTHS, key=lambda parcels: _left_out(counts, usual, parcels))
    often = counts / np.where(usual > 0, usual, 1)  # a class without parcels has no counts either
    return Rotation(tuple(codes.tolist()), (often + strength) / (counts.sum(axis=1, keepdims=True) + strength))


def _left_out(counts: NDArray[np.float64], usual: NDArray[np.float64], strength: float) -> float:
    """Log likelihood of each parcel's class by the shares of the others with its last crop."""
    present = counts > 0
    others = counts.sum(axis=1, keepdims=True) - 1
    chance = (counts - 1 + strength * usual) / (others + strength)
    return float((counts[present] * np.log(chance[present])).sum())
