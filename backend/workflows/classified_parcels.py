"""Classified parcels: their probabilities, and the tables, scores and counts made of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.learning.metrics import reliability, scores
from backend.models.bundle import ModelBundle
from backend.parcels import nomenclature
from backend.parcels.predictions import tabulate
from backend.parcels.reading import column
from backend.protocol import Reporter
from backend.series.store import Store
from backend.workflows import report_document
from backend.workflows.labels import counted


@dataclass(frozen=True)
class ClassifiedParcels:
    """`rows` are the parcels that were classified, `probabilities` `(rows, classes)` those of the model."""

    store: Store
    bundle: ModelBundle
    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def predictions(self) -> pandas.DataFrame:
        """One row per parcel of the layer: the attributes that a classification adds (docs/contracts.md)."""
        return tabulate(self.probabilities, self.rows, self.bundle.classes, self.store.index)

    def breakdown(self) -> list[dict[str, Any]]:
        """Parcels and hectares per predicted class."""
        best = np.full(len(self.store.index), -1)
        best[self.rows] = self.probabilities.argmax(axis=1) if len(self.rows) else []
        return report_document.breakdown(best, self.store.index["area_m2"].to_numpy(), self.bundle.classes)

    def agreement(self, truth: str, reporter: Reporter) -> dict[str, Any]:
        """Scores and reliability over the parcels whose declared crop is one of the model's classes; {} without any."""
        expected = self._expected(truth, reporter)
        judged = expected >= 0
        if not judged.any():
            return {}
        chances = self.probabilities[judged]
        found = chances.argmax(axis=1)
        return {
            "scores": scores(expected[judged], found, self.bundle.classes),
            "reliability": reliability(chances.max(axis=1), found == expected[judged]),
        }

    def _expected(self, truth: str, reporter: Reporter) -> NDArray[np.int64]:
        """The declared class of each classified parcel by the model's own class table, -1 where it knows none."""
        known = nomenclature.from_table(self.bundle.class_table)
        declared = column(self.store.fields(), truth, self.store.manifest.parcels.source)
        labels, unknown = known.labels(declared)
        codes = {crop.code: position for position, crop in enumerate(self.bundle.classes)}
        to_model = np.array([codes.get(crop.code, -1) for crop in known.classes] + [-1])
        expected = to_model[labels][self.rows]
        left = int((expected < 0).sum())
        if left:
            reporter.warning("labels.not_judged", count=left, unknown=[] if known.fallback_class else counted(unknown))
        return expected
