"""What a training run is asked to do."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

from backend.errors import BadArgument, UnknownModel
from backend.models import MODELS
from backend.protocol import DEFAULTS, DEVICES

from .folds import PARTS
from .orders import ORDERS


@dataclass(frozen=True)
class TrainingSpec:
    """Defaults are the paper's (section 2.2), but for one fold in place of five.

    `folds` of the splits are run, each with its own model; there are five, or one for each year. `min_samples` is at
    least five: a class needs a parcel in each part. `order`: the dates as they are, one permutation for all parcels,
    or one for each. Raises UnknownModel, BadArgument.
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

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UnknownModel(self.model, MODELS)
        for name, good, expected in (
            ("epochs", self.epochs >= 1, "a whole number from 1"),
            ("folds", self.folds >= 1, "a whole number from 1"),
            ("batch_size", self.batch_size >= 1, "a whole number from 1"),
            ("learning_rate", 0 < self.learning_rate <= 1, "a number above 0, at most 1"),
            ("order", self.order in ORDERS, " or ".join(ORDERS)),
            ("device", self.device in DEVICES, " or ".join(DEVICES)),
            ("seed", 0 <= self.seed < 2**32, "a whole number from 0 to 4294967295"),
            ("min_samples", self.min_samples >= PARTS, f"a whole number from {PARTS}, one for each part of the split"),
        ):
            if not good:
                raise BadArgument(name, expected, getattr(self, name))
