"""Classified parcels: their probabilities, and the tables, scores and counts made of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.models.bundle import ModelBundle
from backend.parcels.predictions import tabulate
from backend.protocol import Reporter
from backend.series.class_courses import ClassCourses
from backend.series.store import Store
from backend.workflows import report_document
from backend.workflows.agreement import Agreement, Compared
from backend.workflows.declared import Declared
from backend.workflows.transfer import Transfer


@dataclass(frozen=True)
class ClassifiedParcels:
    """`rows` are the parcels that were classified, `probabilities` `(rows, classes)` those of the model;
    `trained_on` `(parcels,)` keys of TRAINED_ON, None where the model file does not tell; `declared` None: not given.
    """

    store: Store
    bundle: ModelBundle
    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    trained_on: NDArray[np.object_]
    transfer: Transfer
    courses: ClassCourses
    declared: Declared | None = None

    def predictions(self, agreement: Agreement | None = None) -> pandas.DataFrame:
        """One row per parcel of the layer: the attributes that a classification adds (docs/contracts.md).

        `agreement`, with the declared crops, adds a field of that name.
        """
        seen, unlike = self.trained_on, self.transfer.ratios
        table = tabulate(self.probabilities, self.rows, self.bundle.classes, self.index, seen, unlike)
        if agreement is not None:
            table["agreement"] = pandas.array(agreement.verdicts, dtype="string[pyarrow]")
        return table

    @cached_property
    def index(self) -> pandas.DataFrame:
        """The store's, with the flags of the classification."""
        return self.store.index.assign(quality=self.transfer.quality)

    def breakdown(self) -> list[dict[str, Any]]:
        """Parcels and hectares per predicted class."""
        return report_document.breakdown(self._best(), self.store.index["area_m2"].to_numpy(), self.bundle.classes)

    def agreement(self, reporter: Reporter) -> Agreement | None:
        """With the declared crops; None where these are not given."""
        if self.declared is None:
            return None
        declared = self.declared
        confidence = np.full(len(declared.classes), np.nan)
        confidence[self.rows] = self.probabilities.max(axis=1) if len(self.rows) else []
        compared = Compared(
            self.bundle.classes, declared.values, declared.classes, self._best(), confidence, self.trained_on
        )  # fmt: skip
        return compared.agreement(reporter)

    def _best(self) -> NDArray[np.int64]:
        return best_classes(self.probabilities, self.rows, len(self.store.index))


def best_classes(probabilities: NDArray[np.float32], rows: NDArray[np.int64], parcels: int) -> NDArray[np.int64]:
    """The position of each parcel's class `(parcels,)`, -1 where it was not classified."""
    best = np.full(parcels, -1)
    best[rows] = probabilities.argmax(axis=1) if len(rows) else []
    return best
