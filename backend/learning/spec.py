"""What a training run is asked to do."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.errors import BadArgument, UnknownModel
from backend.models import MODELS
from backend.protocol import CLASS_WEIGHTS, DEFAULTS, DEVICES, LOSSES, PRECISIONS, SCHEDULES

from .folds import PARTS
from .orders import ORDERS

_WORDS = {
    "order": ORDERS,
    "device": DEVICES,
    "loss": LOSSES,
    "class_weights": CLASS_WEIGHTS,
    "schedule": SCHEDULES,
    "precision": PRECISIONS,
}


@dataclass(frozen=True)
class TrainingSpec:
    """Defaults are the paper's (section 2.2), but for one fold in place of five.

    `folds` of the splits are run, each with its own model; there are five, or one for each year. `min_samples` is at
    least five: a class needs a parcel in each part. `order`: the dates as they are, one permutation for all parcels,
    or one for each. `patience`: epochs without a better one after which a fold ends, 0 for never. `date_dropout`: share
    of the dates taken from each training sample. `precision` bfloat16: the networks' sums are rounded to 8 bits while
    they train, which is fast on GPUs and recent processors only; weights and predictions stay float32.

    The forest has no epochs; of what is said here it takes `class_weights`, `seed`, `folds` and `min_samples`.
    Raises UnknownModel, BadArgument.
    """

    model: str = DEFAULTS.model
    epochs: int = DEFAULTS.epochs
    folds: int = DEFAULTS.folds
    batch_size: int = DEFAULTS.batch_size
    learning_rate: float = DEFAULTS.learning_rate
    device: str = DEFAULTS.device
    seed: int = DEFAULTS.seed
    min_samples: int = DEFAULTS.min_samples
    order: str = ORDERS[0]
    loss: str = DEFAULTS.loss
    class_weights: str = DEFAULTS.class_weights
    schedule: str = DEFAULTS.schedule
    weight_decay: float = DEFAULTS.weight_decay
    patience: int = DEFAULTS.patience
    date_dropout: float = DEFAULTS.date_dropout
    precision: str = DEFAULTS.precision

    @classmethod
    def of(cls, model: str = DEFAULTS.model, **given: Any) -> TrainingSpec:
        """What is given; what is None or absent as the architecture's recipe has it, else as the paper."""
        recipe = MODELS[model].recipe if model in MODELS else {}
        return cls(model, **{**recipe, **{name: value for name, value in given.items() if value is not None}})

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UnknownModel(self.model, MODELS)
        for name, good, expected in (
            ("epochs", self.epochs >= 1, "a whole number from 1"),
            ("folds", self.folds >= 1, "a whole number from 1"),
            ("batch_size", self.batch_size >= 1, "a whole number from 1"),
            ("learning_rate", 0 < self.learning_rate <= 1, "a number above 0, at most 1"),
            ("seed", 0 <= self.seed < 2**32, "a whole number from 0 to 4294967295"),
            ("min_samples", self.min_samples >= PARTS, f"a whole number from {PARTS}, one for each part of the split"),
            ("weight_decay", 0 <= self.weight_decay <= 1, "a number from 0 to 1"),
            ("patience", self.patience >= 0, "a whole number from 0 (never stop early)"),
            ("date_dropout", 0 <= self.date_dropout < 1, "a number from 0, below 1"),
            *((name, getattr(self, name) in words, " or ".join(words)) for name, words in _WORDS.items()),
        ):
            if not good:
                raise BadArgument(name, expected, getattr(self, name))
