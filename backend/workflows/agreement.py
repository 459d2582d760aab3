"""Predictions against declared crops, apart for parcels that the model was trained on and those that it was not."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.crop_codes import as_code
from backend.learning.metrics import reliability, scores
from backend.protocol import Reporter
from backend.vocabulary import (
    AGREES,
    CLASS_NOT_KNOWN,
    DIFFERS,
    NO_DECLARATION,
    NOT_CLASSIFIED,
    SEEN,
    TRAINED_ON,
    CropClass,
)
from backend.workflows.labels import counted

_MAIN = ("parcels", "oa", "oa_interval", "mean_f", "mean_f_interval")


@dataclass(frozen=True)
class Compared:
    """One entry for each parcel. `expected` and `found` number `classes`, -1 for none; `declared` is the field itself,
    `confidence` is NaN and `trained_on` None where it is not known.
    """

    classes: tuple[CropClass, ...]
    declared: NDArray[np.object_]
    expected: NDArray[np.int64]
    found: NDArray[np.int64]
    confidence: NDArray[np.floating]
    trained_on: NDArray[np.object_]

    def agreement(self, reporter: Reporter) -> Agreement:
        """The scores, and warnings where they are not of all parcels or may be of parcels the model was trained on."""
        judged = (self.expected >= 0) & (self.found >= 0)
        fresh = judged & (self.trained_on != SEEN)
        groups = self._groups(judged)
        scored, reliable = self._scores(fresh), self._reliability(fresh)
        result = Agreement(scored, reliable, groups, self._not_judged(), self._verdicts())
        result.warn(reporter, len(judged))
        return result

    def _scores(self, rows: NDArray[np.bool_]) -> dict[str, Any] | None:
        return scores(self.expected[rows], self.found[rows], self.classes) if rows.any() else None

    def _reliability(self, rows: NDArray[np.bool_]) -> list[dict[str, Any]]:
        """Of parcels whose confidence is a share."""
        known = rows & (self.confidence >= 0) & (self.confidence <= 1)
        return reliability(self.confidence[known], (self.expected == self.found)[known])

    def _groups(self, judged: NDArray[np.bool_]) -> tuple[dict[str, Any], ...]:
        groups = []
        for group in (*TRAINED_ON, None):
            known = self._scores(judged & (self.trained_on == np.array(group, dtype=object)))
            if known:
                groups.append({"trained_on": group, **{key: known[key] for key in _MAIN}})
        return tuple(groups)

    @cached_property
    def _codes(self) -> list[str | None]:
        return [as_code(value) for value in self.declared]

    def _verdicts(self) -> NDArray[np.object_]:
        """A key of AGREEMENT for each parcel, the first reason that applies where it is not compared."""
        declared = np.array([code is not None for code in self._codes], dtype=bool)
        conditions = [self.found < 0, ~declared, self.expected < 0, self.expected == self.found]
        keys = (NOT_CLASSIFIED, NO_DECLARATION, CLASS_NOT_KNOWN, AGREES)
        return np.select(conditions, keys, DIFFERS).astype(object)

    def _not_judged(self) -> dict[str, Any]:
        """Why the other parcels are not compared, and how many are not."""
        verdicts = self._verdicts()
        counts = Counter(self._codes[row] for row in np.flatnonzero(verdicts == CLASS_NOT_KNOWN).tolist())
        return {
            "not_classified": int((verdicts == NOT_CLASSIFIED).sum()),
            "no_declared_crop": int((verdicts == NO_DECLARATION).sum()),
            "class_not_known": counts.total(),
            "codes": {str(code): count for code, count in counts.most_common()},
        }


@dataclass(frozen=True)
class Agreement:
    """`scores` and `reliability` are of the parcels that the model was not trained on in this season, None and [] where
    there are none; `judged` has the main scores of each group of TRAINED_ON; `not_judged` counts the other parcels.
    `verdicts` has a key of AGREEMENT for each parcel.
    """

    scores: Mapping[str, Any] | None
    reliability: list[dict[str, Any]]
    judged: tuple[Mapping[str, Any], ...]
    not_judged: Mapping[str, Any]
    verdicts: NDArray[np.object_]

    def parts(self) -> dict[str, Any]:
        """Its parts of a report document."""
        return {
            "scores": self.scores,
            "reliability": self.reliability,
            "judged": list(self.judged),
            "not_judged": dict(self.not_judged),
        }

    def warn(self, reporter: Reporter, parcels: int) -> None:
        left = self.not_judged
        count = left["not_classified"] + left["no_declared_crop"] + left["class_not_known"]
        if count:
            reporter.warning(
                "labels.not_judged",
                count=count,
                parcels=parcels,
                not_classified=left["not_classified"],
                no_declared_crop=left["no_declared_crop"],
                class_not_known=left["class_not_known"],
                codes=counted(left["codes"]),
            )
        groups = {group["trained_on"]: group["parcels"] for group in self.judged}
        if SEEN in groups:
            reporter.warning("scores.trained_on", count=groups[SEEN], judged=sum(groups.values()))
        if None in groups:
            reporter.warning("scores.not_told", count=groups[None], judged=sum(groups.values()))
