"""The options that say how a model learns, for every command that trains; `TrainingSpec.of` takes them as they come."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from backend.commands.options import device_option
from backend.protocol import CLASS_WEIGHTS, DEFAULTS, LOSSES, PRECISIONS, SCHEDULES

Function = Callable[..., Any]


def _open(name: str, kind: click.ParamType[Any], help_text: str, paper: object) -> Function:
    """An option without a value of its own: left out, the architecture's recipe decides, else the paper."""
    return click.option(name, type=kind, help=f"{help_text}  [default: the architecture's, else {paper}]")


_OPTIONS = (
    _open("--epochs", click.IntRange(min=1), "Times that every training parcel is seen.", DEFAULTS.epochs),
    _open("--batch-size", click.IntRange(min=2), "Parcels per step.", DEFAULTS.batch_size),
    _open(
        "--learning-rate",
        click.FloatRange(min=0, min_open=True),
        "The highest, where a schedule moves it.",
        DEFAULTS.learning_rate,
    ),
    _open("--schedule", click.Choice(SCHEDULES), "The learning rate's course.", DEFAULTS.schedule),
    _open("--weight-decay", click.FloatRange(0, 1), "Pull of the weights to 0 (AdamW).", DEFAULTS.weight_decay),
    _open("--patience", click.IntRange(min=0), "Epochs without a better one, then stop; 0: never.", DEFAULTS.patience),
    _open("--loss", click.Choice(LOSSES), "What is lowered; focal: gamma 1.", DEFAULTS.loss),
    _open("--class-weights", click.Choice(CLASS_WEIGHTS), "Rare classes count more.", DEFAULTS.class_weights),
    _open(
        "--date-dropout",
        click.FloatRange(0, 1, max_open=True),
        "Share of dates taken from each training sample, filled as clouds are.",
        DEFAULTS.date_dropout,
    ),
    _open(
        "--precision",
        click.Choice(PRECISIONS),
        "Of the networks while they train; bfloat16 is slower on processors without it.",
        DEFAULTS.precision,
    ),
    click.option("--seed", type=click.IntRange(min=0), default=DEFAULTS.seed, show_default=True),
    click.option(
        "--min-samples",
        type=click.IntRange(min=5),
        default=DEFAULTS.min_samples,
        show_default=True,
        help="Rarer classes are left out.",
    ),
    device_option,
)


def training_options(function: Function) -> Function:
    """Adds the options; the command takes their values by name (`**figures`), None where one is left open."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
