"""What `--model auto` tries: architectures with settings, the quickest and most often chosen first.

The order matters only where the time is used up. docs/models.md has the figures that these were taken by.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.models import MODELS
from backend.options import AUTO, REFIT, default

from .spec import TrainingSpec


@dataclass(frozen=True)
class Candidate:
    """`settings`: fields of TrainingSpec besides the architecture's recipe."""

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`temp-cnn, epochs 100`: the architecture and what is set."""
        facts = [f"{key.replace('_', ' ')} {value}" for key, value in self.settings.items()]
        return ", ".join([self.model, *facts])

    @property
    def view(self) -> str:
        return MODELS[self.model].view

    @property
    def indices(self) -> str:
        return str({**MODELS[self.model].recipe, **self.settings}.get("indices", default("indices")))


CANDIDATES = (
    Candidate("extra-trees"),
    Candidate("lda"),
    Candidate("dated-ltae", {"class_weights": "square-root"}),
    Candidate("dated-ltae", {"indices": "all"}),
    Candidate("minirocket"),
    Candidate("temp-cnn", {"epochs": 100}),
    Candidate("dated-ltae", {"epochs": 120, "date_dropout": 0.5}),
    Candidate("transformer"),
)


@dataclass(frozen=True)
class SearchSpec:
    """What `--model auto` is asked to do; fields are as in TrainingSpec.

    `time_budget_min`: minutes that the search may take; the networks that it chooses are trained afterwards. `members`:
    how many networks are averaged.
    """

    folds: int | None = None
    members: int = 3
    device: str = default("device", "train")
    seed: int = default("seed", "train")
    min_samples: int = default("min_samples", "train")
    time_budget_min: float = default("time_budget_min", "train")
    candidates: tuple[Candidate, ...] = CANDIDATES

    protocol = REFIT
    model = AUTO

    def spec(self, candidate: Candidate) -> TrainingSpec:
        """As the candidate is trained."""
        own = {name: getattr(self, name) for name in ("device", "seed", "min_samples", "protocol")}
        return TrainingSpec.of(candidate.model, **candidate.settings, **own)
