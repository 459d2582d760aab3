"""The split of the parcels into train, validation and test parts (paper, section 2.2): at random, by group, by year."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from backend.errors import TooFewGroups, TooFewToValidate

PARTS = 5  # three train, one validates, one is tested
INNER_PARTS, INNER = 3, 100  # inner folds of an outer one K are numbered from INNER * (K + 1)
SHARES = 4  # of what a tested year leaves: three train, one validates
Rows = NDArray[np.int64]
NOBODY: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Split:
    """Rows of the parcel index, sorted; the three parts share none."""

    fold: int
    train: Rows
    validation: Rows
    test: Rows

    @property
    def learned(self) -> Rows:
        """The training and the validation part: all that a model and its choice depend on."""
        return np.union1d(self.train, self.validation)

    def without_validation(self) -> Split:
        """The validation part is trained on, too."""
        return Split(self.fold, self.learned, NOBODY, self.test)


class Folding(Protocol):
    """A way to make folds: parcels at random, by neighbourhood, by year."""

    @property
    def name(self) -> str:
        """Its name in reports, which follows the word "split"."""
        ...

    def splits(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """All folds of `rows`, whose classes are `labels` `(len(rows),)`; each row is tested exactly once."""
        ...

    def inner(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """Folds inside the training part of one of those, without a validation part, to choose by."""
        ...


@dataclass(frozen=True)
class RandomFolds:
    """The paper's: five folds, each part with each class in nearly the same share."""

    name: str = "random"

    def splits(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """A class of fewer than five rows is not in each part. Raises TooFewGroups for fewer than five rows in all."""
        kfold = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
        if np.bincount(labels).max() < PARTS:
            raise TooFewGroups(self.name, int(np.bincount(labels).max()), PARTS)
        return rotated([np.sort(rows[test]) for _, test in quietly(kfold.split, rows, labels)])

    def inner(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        return inner_folds(rows, labels, seed)


RANDOM = RandomFolds()


@dataclass(frozen=True, eq=False)
class GroupFolds:
    """Five folds of whole groups, such as the parcels of one square or one municipality.

    `groups` `(parcels,)` number the group of every parcel of the index. The parts are as even in size and classes as
    whole groups allow.
    """

    name: str
    groups: NDArray[np.int64]

    def splits(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """Raises TooFewGroups."""
        groups = self.groups[rows]
        found = len(np.unique(groups))
        if found < PARTS:
            raise TooFewGroups(self.name, found, PARTS)
        kfold = StratifiedGroupKFold(PARTS, shuffle=True, random_state=seed)
        return rotated([np.sort(rows[test]) for _, test in quietly(kfold.split, rows, labels, groups)])

    def inner(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        return inner_folds(rows, labels, seed, self.groups[rows])


@dataclass(frozen=True, eq=False)
class YearFolds:
    """Leave one year out: a fold for each year, which is tested; of the others three quarters train.

    `years` `(parcels,)`: the year of every row of the index. A parcel of several years has a row in each.
    """

    years: NDArray[np.int64]
    name: str = "by year"

    def splits(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        """Raises TooFewGroups for a single year, TooFewToValidate."""
        years = self.years[rows]
        found = np.unique(years)
        if len(found) < 2:
            raise TooFewGroups(self.name, len(found), 2)
        return [self._split(fold, rows, labels, years == year, seed) for fold, year in enumerate(found)]

    def inner(self, rows: Rows, labels: Rows, seed: int) -> list[Split]:
        return inner_folds(rows, labels, seed, self.years[rows])

    def _split(self, fold: int, rows: Rows, labels: Rows, tested: NDArray[np.bool_], seed: int) -> Split:
        frequent = np.bincount(labels[~tested], minlength=labels.max() + 1) >= SHARES
        stratified = np.flatnonzero(~tested & frequent[labels])  # rarer classes are only used for training
        if not len(stratified):
            raise TooFewToValidate(self.name, int((~tested).sum()))
        kfold = StratifiedKFold(SHARES, shuffle=True, random_state=seed)
        _, share = next(kfold.split(stratified, labels[stratified]))
        validates = np.zeros(len(rows), dtype=bool)
        validates[stratified[share]] = True
        parts = (rows[~tested & ~validates], rows[validates], rows[tested])
        return Split(fold, *map(np.sort, parts))


def inner_folds(rows: Rows, labels: Rows, seed: int, groups: Rows | None = None) -> list[Split]:
    """Three folds of whole groups where there are as many, else of rows; a rare class may be missing in some."""
    if groups is None or len(np.unique(groups)) < INNER_PARTS:
        kfold: Any = StratifiedKFold(INNER_PARTS, shuffle=True, random_state=seed)
        groups = None
    else:
        kfold = StratifiedGroupKFold(INNER_PARTS, shuffle=True, random_state=seed)
    pairs = enumerate(quietly(kfold.split, rows, labels, groups))
    return [Split(fold, rows[np.sort(train)], NOBODY, rows[np.sort(test)]) for fold, (train, test) in pairs]


def quietly(split: Callable[..., Iterable[tuple[Rows, Rows]]], *given: Any) -> list[tuple[Rows, Rows]]:
    """Without scikit-learn's warning of classes that have fewer rows than folds: ours names them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return list(split(*given))


def squares(points: NDArray[np.float64], side_m: float) -> NDArray[np.int64]:
    """The number of the square, in a grid of `side_m`, of each point `(parcels, 2)`; points of NaN share one."""
    squares = np.floor(points / side_m)
    squares[np.isnan(squares).any(axis=1)] = np.inf
    return np.unique(squares, axis=0, return_inverse=True)[1].reshape(-1)


def missing_from_train(splits: list[Split], labels: NDArray[np.int64]) -> dict[int, list[int]]:
    """Classes that a fold tests but does not train on, with those folds (from 0).

    Random folds have none; it happens where all parcels of a class are in one group or year.
    """
    found: dict[int, list[int]] = {}
    for split in splits:
        for label in np.setdiff1d(labels[split.test], labels[split.train]).tolist():
            found.setdefault(label, []).append(split.fold)
    return found


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
