"""Which runs each table of the paper needs, and in which order they are best done."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.learning.fitting import FOREST
from backend.learning.permutations import ORDERS
from backend.models import MODELS

FINDINGS = "findings"  # the conclusions of the paper, compared with all tables
ORDERED, SHUFFLED, SHUFFLED_PER_PARCEL = ORDERS
# as the paper has them, the baseline last; it is in every table
PAPER_MODELS = {
    "table1": ("cnn", "cnn-gru-0.7", "cnn-gru-0.8", "cnn-gru-0.9", "gru", "conv-lstm", FOREST),
    "table2": ("cnn", "cnn-gru-0.7", "cnn-gru-0.8", "cnn-gru-0.9", "gru", "conv-lstm", FOREST),
    "table3": ("cnn", "gru", "cnn-gru-0.9", "conv-lstm", FOREST),
    "table4": ("conv-lstm", "cnn-gru-0.7", "cnn-gru-0.9", "gru", FOREST),
}
# seconds that a network of the view needs for a parcel, by those of one on statistics (two cores, 24 dates)
VIEW_COST = {"statistics": 1, "observations": 1, "pixel_set": 6, "patch": 14}
MODEL_COST = {"conv-lstm": 45, "conv-lstm-64": 42}


@dataclass(frozen=True)
class Run:
    """One model, trained and tested on one fold (from 0) with its dates in one order."""

    model: str
    order: str
    fold: int

    @property
    def name(self) -> str:
        return f"{self.model}_{self.order}_fold-{self.fold + 1}"

    @property
    def title(self) -> str:
        return f"{self.model}{'' if self.order == ORDERED else f', {self.order}'}, fold {self.fold + 1}"


def models_of(table: str, asked: Sequence[str] = ()) -> tuple[str, ...]:
    """The paper's models, or the requested ones with the forest; none for a figure of the parcels only."""
    known = PAPER_MODELS.get(table, ())
    return tuple(dict.fromkeys((*asked, FOREST))) if asked and known else known


def cost(model: str) -> int:
    """How long a parcel takes, in no unit."""
    return MODEL_COST.get(model, VIEW_COST[MODELS[model].view])


def runs_of(tables: Iterable[str], asked: Sequence[str], folds: int) -> list[Run]:
    """Fold by fold, and in each the quick models first, so that tables have whole rows early."""
    pairs = {(model, order) for table in tables for model in models_of(table, asked) for order in _orders(table)}
    ranked = sorted(pairs, key=lambda pair: (ORDERS.index(pair[1]) > 0, cost(pair[0]), pair))
    return [Run(model, order, fold) for fold in range(folds) for model, order in ranked]


def _orders(table: str) -> tuple[str, ...]:
    return {"table2": (ORDERED,), "table3": (ORDERED,), "table4": ORDERS}.get(table, ())
