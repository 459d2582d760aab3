"""The split of the parcels into train, validation and test parts, 3 : 1 : 1 (paper, section 2.2)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

PARTS = 5  # three train, one validates, one is tested
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Rows of the parcel index, sorted; the three parts share none."""

    fold: int
    train: Rows
    validation: Rows
    test: Rows


class Folding(Protocol):
    """A way to make folds: parcels at random, by neighbourhood, by year."""

    @property
    def name(self) -> str: ...

    def splits(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """All folds of `rows`, whose classes are `labels` `(len(rows),)`; each row is tested exactly once."""
        ...


@dataclass(frozen=True)
class RandomFolds:
    """The paper's: five folds, each part with each class in nearly the same share."""

    name: str = "random"

    def splits(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """Raises ValueError for a class with fewer than five rows."""
        kfold = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
        if np.bincount(labels)[np.unique(labels)].min() < PARTS:
            raise ValueError(f"every class needs at least {PARTS} rows")
        return rotated([np.sort(rows[test]) for _, test in kfold.split(rows, labels)])


RANDOM = RandomFolds()


def rotated(parts: list[Rows]) -> list[Split]:
    """Fold k tests part k, validates on the next part and trains on the rest."""
    count = len(parts)
    return [
        Split(
            fold=k,
            train=np.sort(np.concatenate([parts[(k + step) % count] for step in range(2, count)])),
            validation=parts[(k + 1) % count],
            test=parts[k],
        )
        for k in range(count)
    ]
