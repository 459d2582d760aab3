"""What a fine-tuning is asked to do."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from backend.options import REFIT, default

from .spec import TrainingSpec

# The highest learning rate as a part of the architecture's own: the first up to so many labels of a class on average,
# from there on as many times it as there are more labels, up to the second (docs/finetuning.md).
SLOWEST, FASTEST, FEW = 0.1, 1 / 3, 10


@dataclass(frozen=True)
class FinetuningSpec:
    """Fields are as in TrainingSpec; `learning_rate` None: by the number of labels. Raises BadArgument."""

    epochs: int = default("epochs", "finetune")
    learning_rate: float | None = None
    time_shift_days: float = default("time_shift_days", "finetune")
    scale_noise: float = default("scale_noise", "finetune")
    folds: int | None = None
    device: str = default("device", "finetune")
    seed: int = default("seed", "finetune")
    min_samples: int = default("min_samples", "finetune")

    protocol = REFIT

    def tuned(self, architecture: str, members: int, labels: float) -> TrainingSpec:
        """How the networks of this architecture are carried on with so many `labels` of a class on average."""
        recipe = TrainingSpec.of(architecture, protocol=REFIT)
        given = asdict(self)
        if self.learning_rate is None:
            given["learning_rate"] = part(labels) * recipe.learning_rate
        return replace(recipe, **given, schedule="cosine", patience=0, members=members)

    def anew(self, architecture: str, members: int) -> TrainingSpec:
        """How a model of this architecture is trained from the beginning: by its own recipe."""
        own = {name: getattr(self, name) for name in ("folds", "device", "seed", "min_samples")}
        return replace(TrainingSpec.of(architecture, protocol=REFIT), **own, members=members)


def part(labels: float) -> float:
    """Of the architecture's learning rate, for so many labels of a class on average."""
    return min(max(SLOWEST * labels / FEW, SLOWEST), FASTEST)
