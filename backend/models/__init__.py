"""The architectures: MODELS names each, its file and its hyperparameters. Standard library only; the files load on use.

The plugin reads this table by path for its drop-down list, so nothing heavy may be imported here.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping


@dataclass(frozen=True)
class Architecture:
    """`location` is `file:Class` inside this folder; `view` the samples it takes; `hyperparameters` its own.

    `recipe` holds the fields of `learning.spec.TrainingSpec` that this architecture is trained with where the user
    leaves them open, such as `{"schedule": "cosine"}`; empty: the paper's. `in_epochs`: it learns by gradients, epoch
    by epoch; the others have a method `fit` and learn in one step.
    """

    location: str
    view: str  # "patch", "statistics", "pixel_set" or "observations"
    title: str
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    in_epochs: bool = True
    refit: Mapping[str, Any] = field(default_factory=dict)

    def recipe_of(self, protocol: str) -> Mapping[str, Any]:
        """The recipe; `refit` adds what goes with a model of all parcels, whose last epoch is kept."""
        return {**self.recipe, **self.refit} if protocol == "refit" else self.recipe

    @property
    def channels_per_band(self) -> int:
        return 2 if self.view in TWO_PER_BAND else 1

    @property
    def free_dates(self) -> bool:
        return self.view in FREE_DATES


TWO_PER_BAND = ("statistics", "observations")  # views whose channels are the bands' means, then their deviations
FREE_DATES = ("observations",)  # views on the dates that there are; the others are on their model's calendar

# what the later models are trained with, where the user leaves it open: a usual choice, tried on two folds of real
# Canadian series, not searched for; the paper's models keep the paper's
LATER = {"schedule": "one-cycle", "learning_rate": 0.003, "weight_decay": 0.01, "batch_size": 64}

# models without epochs, whose baseline stays the paper's: rare classes count as much as frequent ones
BALANCED = {"class_weights": "balanced", "indices": "all"}

MODELS = {
    "cnn": Architecture("cnn:CNN", "patch", "CNN, maximum over dates"),
    "cnn-gru-0.7": Architecture(
        "cnn_gru:CNNGRU", "patch", "CNN + GRU, 70 % of parameters in time", {"kernels": (16, 32, 64), "hidden": 64}
    ),
    "cnn-gru-0.8": Architecture(
        "cnn_gru:CNNGRU", "patch", "CNN + GRU, 80 % of parameters in time", {"kernels": (16, 32, 36), "hidden": 96}
    ),
    "cnn-gru-0.9": Architecture(
        "cnn_gru:CNNGRU", "patch", "CNN + GRU, 90 % of parameters in time", {"kernels": (16, 16, 16), "hidden": 128}
    ),
    "gru": Architecture("gru:GRU", "statistics", "GRU on band means and deviations", {"hidden": 156}),
    "conv-lstm": Architecture("conv_lstm:ConvLSTM", "patch", "Convolutional LSTM", {"kernels": (30, 64), "hidden": 22}),
    "conv-lstm-64": Architecture(
        "conv_lstm_64:ConvLSTM64",
        "patch",
        "Convolutional LSTM of the paper's size, 1 x 1 gates",
        {"kernels": (30, 64), "hidden": 64},
    ),
    "spectral-gru": Architecture(
        "spectral_gru:SpectralGRU",
        "pixel_set",
        "GRU on learned spectral features",
        {"spectral": (32, 32), "hidden": 132},
        LATER,
    ),
    "pse-ltae": Architecture(
        "pse_ltae:PSELTAE",
        "pixel_set",
        "Pixel sets + lightweight attention (PSE + L-TAE)",
        {"heads": 16, "keys": 8, "width": 256, "out": 128},
        LATER,
    ),
    "pse-ltae-small": Architecture(
        "pse_ltae:PSELTAE",
        "pixel_set",
        "Pixel sets + lightweight attention, small",
        {"heads": 8, "keys": 8},
        LATER,
    ),
    "temp-cnn": Architecture(
        "temp_cnn:TempCNN",
        "statistics",
        "Convolutions in time (TempCNN)",
        {"kernels": 64, "dense": 256, "dropout": 0.5},
        LATER,
    ),
    "transformer": Architecture(
        "transformer:Transformer",
        "statistics",
        "Transformer with day-of-year positions",
        {"width": 64, "heads": 4, "layers": 3, "dropout": 0.1},
        LATER,
    ),
    "dated-gru": Architecture(
        "dated_gru:DatedGRU", "observations", "GRU on clear observations, any dates", {"hidden": 150}, LATER
    ),
    "dated-ltae": Architecture(
        "dated_ltae:DatedLTAE",
        "observations",
        "Lightweight attention on clear observations, any dates",
        {"width": 192, "heads": 16, "keys": 8, "dropout": 0.2},
        LATER,
        refit={"epochs": 80, "date_dropout": 0.3},
    ),
    "random-forest": Architecture(
        "random_forest:RandomForest", "statistics", "Random forest (baseline)", {"trees": 400}, in_epochs=False
    ),
    "extra-trees": Architecture(
        "extra_trees:ExtraTrees",
        "statistics",
        "Extremely randomised trees with indices",
        {"trees": 500},
        BALANCED,
        in_epochs=False,
    ),
    "minirocket": Architecture(
        "minirocket:MiniRocket",
        "statistics",
        "Fixed kernels in time with a ridge and indices (MiniRocket)",
        {"thresholds": 119},
        BALANCED,
        in_epochs=False,
    ),
    "lda": Architecture(
        "lda:LDA",
        "statistics",
        "Linear discriminants on principal components",
        {"components": 64},
        {"class_weights": "balanced"},
        in_epochs=False,
    ),
    "gradient-boosting": Architecture(
        "gradient_boosting:GradientBoosting",
        "statistics",
        "Gradient boosting of trees with indices",
        {"rounds": 100},
        BALANCED,
        in_epochs=False,
    ),
}
