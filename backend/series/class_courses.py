"""The mean course of each class through the season, summed up while a classification passes over the mean series."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.results_folder import ClassCourse
from backend.series.indices import measured
from backend.series.mean_series import mean_series, with_indices
from backend.series.store import Store

Rows = NDArray[np.int64]
MOST_READ = 100  # parcels of a class that are read for its course where no other work reads all of them


class ClassCourses:
    """Over the parcels of each class, of their mean series on the store's days in `bands`, indices among them.

    `groups`: by a name such as "predicted" the class of each parcel `(parcels,)`, -1 for none. The deviation is that
    between parcels (divisor n).
    """

    def __init__(self, store: Store, bands: Sequence[str], groups: Mapping[str, Rows], classes: int) -> None:
        self.store, self.bands, self.groups = store, tuple(bands), dict(groups)
        shape = (classes, len(store.days), len(self.bands))
        self._count, self._sum, self._squares = ({name: np.zeros(shape) for name in groups} for _ in range(3))
        self._added = False

    def add(self, rows: Rows, means: NDArray[np.float32]) -> None:
        """The parcels `rows` with their means `(N, days, measured(bands))`, NaN where unobserved; a parcel once."""
        values = with_indices(means, measured(self.bands), self.bands).reshape(len(rows), -1).astype(np.float64)
        absent = np.isnan(values)
        gaps = bool(absent.any())
        if gaps:
            values[absent] = 0
        squares = np.square(values)
        for name, classes in self.groups.items():
            shape = self._sum[name].shape
            members = np.equal.outer(np.arange(shape[0]), classes[rows]).astype(np.float64)  # (classes, N)
            own = members.sum(axis=1)[:, None]
            self._count[name] += (own - members @ absent if gaps else own.repeat(values.shape[1], 1)).reshape(shape)
            self._sum[name] += (members @ values).reshape(shape)
            self._squares[name] += (members @ squares).reshape(shape)
        self._added = True

    def complete(self, rows: Rows) -> None:
        """Reads some of the parcels `rows` where nobody passed over them: of each class MOST_READ, evenly spread."""
        if self._added or not len(rows):
            return
        chosen = np.zeros(len(self.store.index), bool)
        for classes in self.groups.values():
            for position in np.unique(classes[rows[classes[rows] >= 0]]):
                members = rows[classes[rows] == position]
                chosen[members[:: -(-len(members) // MOST_READ)]] = True
        for _ in mean_series(self.store, self.store.days, self.bands, np.flatnonzero(chosen), self.add):
            pass

    def courses(self) -> list[ClassCourse]:
        """One for each group and class that has a parcel; NaN at a date and band at which none was observed."""
        found = []
        for name in self.groups:
            count = np.where(self._count[name] > 0, self._count[name], np.nan)
            mean = self._sum[name] / count
            deviation = np.sqrt(np.maximum(self._squares[name] / count - mean**2, 0))
            most = self._count[name].max(axis=(1, 2)).astype(int)
            for position in np.flatnonzero(most).tolist():
                numbers = (tuple(part[position].ravel().tolist()) for part in (mean, deviation))
                found.append(ClassCourse(name, position, int(most[position]), *numbers))
        return found
