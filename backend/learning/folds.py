"""The split of the parcels into train, validation and test parts, 3 : 1 : 1 (paper, section 2.2)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

PARTS = 5  # three train, one validates, one is tested


@dataclass(frozen=True)
class Split:
    """Rows of the parcel index, sorted; the three parts share none."""

    fold: int
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def splits(rows: NDArray[np.int64], labels: NDArray[np.int64], folds: int, seed: int) -> list[Split]:
    """The first `folds` (1 to 5) of the five splits of `rows`, whose classes are `labels` `(len(rows),)`.

    Fold k tests part k and validates on the next part; with five folds every parcel is tested exactly once. Each part
    has each class in nearly the same share. Raises ValueError for a class with fewer than five rows.
    """
    kfold = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
    if np.bincount(labels)[np.unique(labels)].min() < PARTS:
        raise ValueError(f"every class needs at least {PARTS} rows")
    parts = [np.sort(rows[test]) for _, test in kfold.split(rows, labels)]
    return [
        Split(
            fold=k,
            train=np.sort(np.concatenate([parts[(k + step) % PARTS] for step in (2, 3, 4)])),
            validation=parts[(k + 1) % PARTS],
            test=parts[k],
        )
        for k in range(folds)
    ]
