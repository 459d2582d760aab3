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
from backend.parcels import nomenclature
from backend.parcels.predictions import tabulate
from backend.parcels.reading import column
from backend.protocol import Reporter
from backend.series.store import Store
from backend.workflows import report_document
from backend.workflows.agreement import Agreement, Compared
from backend.workflows.transfer import Transfer


@dataclass(frozen=True)
class ClassifiedParcels:
    """`rows` are the parcels that were classified, `probabilities` `(rows, classes)` those of the model;
    `trained_on` `(parcels,)` keys of TRAINED_ON, None where the model file does not tell.
    """

    store: Store
    bundle: ModelBundle
    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    trained_on: NDArray[np.object_]
    transfer: Transfer

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

    def agreement(self, truth: str, reporter: Reporter) -> Agreement:
        """With the field `truth`, by the model's own class table. Raises MissingField, BadArgument."""
        known = nomenclature.from_table(self.bundle.class_table)
        declared = column(self.store.fields(), truth, self.store.manifest.parcels.source)
        labels, _ = known.labels(declared)
        codes = {crop.code: position for position, crop in enumerate(self.bundle.classes)}
        to_model = np.array([codes.get(crop.code, -1) for crop in known.classes] + [-1])
        confidence = np.full(len(labels), np.nan)
        confidence[self.rows] = self.probabilities.max(axis=1) if len(self.rows) else []
        compared = Compared(
            self.bundle.classes, declared, to_model[labels], self._best(), confidence, self.trained_on
        )  # fmt: skip
        return compared.agreement(reporter)

    def _best(self) -> NDArray[np.int64]:
        """The position of each parcel's class, -1 where it was not classified."""
        best = np.full(len(self.store.index), -1)
        best[self.rows] = self.probabilities.argmax(axis=1) if len(self.rows) else []
        return best
