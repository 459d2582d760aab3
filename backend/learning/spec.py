"""What a training run is asked to do."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from backend.errors import BadArgument, UnknownModel
from backend.models import MODELS
from backend.options import PAPER, default, options_of

from .permutations import ORDERS

PAPER_MODEL = "cnn-gru-0.9"  # the paper's best
MOST_SEED = 2**32 - 1
MOST_FOR_ALL_FOLDS = 3000


@dataclass(frozen=True)
class TrainingSpec:
    """Defaults are the paper's (section 2.2), but for one fold in place of five.

    `folds` of the splits are run, each with its own model; there are five, or one for each year; None: all, and one of
    more than MOST_FOR_ALL_FOLDS parcels. `min_samples` is five by default: a class then has a parcel in each part.
    `order`: the dates as they are, one permutation for all parcels, or one for each. `patience`: epochs without a
    better one after which a fold ends, 0 for never. `date_dropout`: share of the dates taken from each training sample.
    `time_shift_days`, `scale_noise`: each training sample is moved in time by up to so many days either way, and its
    reflectance multiplied by a factor of this relative spread (`Augmentation`).
    `precision` bfloat16: the networks' sums are rounded to 8 bits while they train, which is fast on GPUs and recent
    processors only; weights and predictions stay float32. `indices`: the spectral indices that the bands allow are
    bands of the model, too. `protocol`: as in the paper, whose models are those of the folds, or `refit`: the folds
    give the scores, the temperature and, where the learning rate stays constant, the number of epochs; the model learns
    from all parcels. `members`: networks that differ by their seed, whose probabilities are averaged; one with the
    paper's protocol.

    A model without epochs (`MODELS`) takes of these options `class_weights`, `indices`, `seed`, `folds` and
    `min_samples`.
    Raises UnknownModel, BadArgument.
    """

    model: str = PAPER_MODEL
    epochs: int = default("epochs", "train")
    folds: int | None = 1
    batch_size: int = default("batch_size", "train")
    learning_rate: float = default("learning_rate", "train")
    device: str = default("device", "train")
    seed: int = default("seed", "train")
    min_samples: int = default("min_samples", "train")
    order: str = ORDERS[0]
    loss: str = default("loss", "train")
    class_weights: str = default("class_weights", "train")
    schedule: str = default("schedule", "train")
    weight_decay: float = default("weight_decay", "train")
    patience: int = default("patience", "train")
    date_dropout: float = default("date_dropout", "train")
    time_shift_days: float = default("time_shift_days", "train")
    scale_noise: float = default("scale_noise", "train")
    precision: str = default("precision", "train")
    indices: str = default("indices", "train")
    protocol: str = PAPER
    members: int = 1

    @property
    def chooses_epoch(self) -> bool:
        """Whether a validation part decides on the epoch that is kept; without, it is the last one."""
        free = self.schedule == "constant" or bool(self.patience)
        return self.protocol == PAPER or (free and MODELS[self.model].in_epochs)

    @classmethod
    def of(cls, model: str = PAPER_MODEL, **given: Any) -> TrainingSpec:
        """What is given; what is None or absent as the architecture's recipe has it, else as the paper."""
        recipe = MODELS[model].recipe_of(given.get("protocol") or PAPER) if model in MODELS else {}
        return cls(model, **{**recipe, **{name: value for name, value in given.items() if value is not None}})

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UnknownModel(self.model, MODELS)
        if self.order not in ORDERS:
            raise BadArgument("order", " or ".join(ORDERS), self.order)
        if self.members > 1 and self.protocol == PAPER:
            raise BadArgument("members", "1 with the paper's protocol", self.members)
        for row in options_of("train"):
            value = getattr(self, row.name, None)
            if row.name in _CHECKED and not (value is None and row.otherwise) and not row.accepts(value):
                raise BadArgument(row.name, row.expected, getattr(self, row.name))


_CHECKED = {field.name for field in fields(TrainingSpec)} - {"model", "order"}
