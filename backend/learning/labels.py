"""The classes that can be trained: those with enough usable parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.errors import TooFewClasses
from backend.protocol import Reporter
from backend.vocabulary import CropClass

UNLABELLED = -1


@dataclass(frozen=True)
class Labelled:
    """`labels` `(parcels,)` number the kept `classes`, -1 elsewhere; `left_out` counts the rare ones' parcels."""

    labels: NDArray[np.int64]
    classes: tuple[CropClass, ...]
    left_out: tuple[tuple[CropClass, int], ...]

    @property
    def rows(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.labels != UNLABELLED)


def learnable(
    labels: NDArray[np.int64],
    usable: NDArray[np.bool_],
    classes: tuple[CropClass, ...],
    min_samples: int,
    reporter: Reporter,
) -> Labelled:
    """Leaves out classes with fewer than `min_samples` usable parcels, with a warning that names them.

    A class without any parcel is left out without a warning: a class table covers more crops than a region grows.
    Raises TooFewClasses when fewer than two remain.
    """
    labels = np.where(usable, labels, UNLABELLED)
    counts = np.bincount(labels[labels != UNLABELLED], minlength=len(classes))
    kept = np.flatnonzero(counts >= min_samples)
    left_out = tuple((classes[i], int(counts[i])) for i in np.flatnonzero((counts > 0) & (counts < min_samples)))
    rare = [f"{crop.name} ({parcels})" for crop, parcels in left_out]
    if len(kept) < 2:
        raise TooFewClasses([f"{classes[i].name} ({counts[i]})" for i in kept], rare, min_samples)
    if left_out:
        reporter.warning("labels.rare_class", needed=min_samples, classes=rare)
    renumbered = np.full(len(classes) + 1, UNLABELLED, dtype=np.int64)  # the last entry is that of label -1
    renumbered[kept] = np.arange(len(kept))
    return Labelled(renumbered[labels], tuple(classes[i] for i in kept), left_out)
