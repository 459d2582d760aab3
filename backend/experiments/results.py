"""Records brought together: for each model and order of dates, its folds."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from backend.learning.metrics import class_reliability, scores
from backend.models import MODELS

from .records import Record


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (divisor n - 1) over folds; None where there are too few folds."""

    mean: float | None
    std: float | None

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        known = np.array(list(values), dtype=np.float64)
        mean = float(known.mean()) if len(known) else None
        return cls(mean, float(known.std(ddof=1)) if len(known) > 1 else None)

    def named(self, key: str) -> dict[str, float | None]:
        return {f"{key}_mean": self.mean, f"{key}_std": self.std}


@dataclass(frozen=True)
class Results:
    """The finished folds of one model with its dates in one order, sorted; at least one."""

    records: tuple[Record, ...]

    @cached_property
    def folds(self) -> dict[int, Mapping[str, Any]]:
        """The scores of each fold, by its number."""
        return {record.run.fold: record.scores for record in self.records}

    @cached_property
    def pooled(self) -> Mapping[str, Any]:
        """The scores of the tested parcels of all folds as one set."""
        truth, predicted = (np.concatenate([r.tested[name] for r in self.records]) for name in ("truth", "predicted"))
        return scores(truth, predicted, self.records[0].classes)

    @cached_property
    def class_reliability(self) -> list[dict[str, Any]]:
        """Of each class, over the tested parcels of all folds; [] where not all folds have kept probabilities."""
        parts = [record.probabilities for record in self.records]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return []
        truth = np.concatenate([record.tested["truth"] for record in self.records])
        return class_reliability(truth, np.concatenate(known))

    def spread(self, metric: str) -> Spread:
        """Over the folds that have the score: those of probabilities are not known of every record."""
        return Spread.of(fold[metric] for fold in self.folds.values() if metric in fold)

    def class_spread(self, number: int) -> Spread:
        """F of a class over the folds whose truth has it."""
        rows = [fold["classes"][number] for fold in self.folds.values()]
        return Spread.of(row["f"] for row in rows if row["support"])

    def change(self, other: Results, metric: str) -> Spread:
        """What `other` has more of, fold by fold, over the folds that both have."""
        both = sorted({*self.folds} & {*other.folds})
        return Spread.of(other.folds[fold][metric] - self.folds[fold][metric] for fold in both)


def by_model(records: Iterable[Record]) -> dict[tuple[str, str], Results]:
    """Results by (model, order); models in the order of MODELS."""
    ranked = sorted(records, key=lambda record: record.run.fold)
    names: dict[tuple[str, str], list[Record]] = {}
    for record in ranked:
        names.setdefault((record.run.model, record.run.order), []).append(record)
    return {key: Results(tuple(names[key])) for key in sorted(names, key=_rank)}


def _rank(key: tuple[str, str]) -> tuple[int, str]:
    return list(MODELS).index(key[0]), key[1]
