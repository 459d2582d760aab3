"""The options that say how a model learns, for every command that trains; `TrainingSpec.of` takes them as they come."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from backend.commands.options import device_option
from backend.protocol import DEFAULTS

Function = Callable[..., Any]

_OPTIONS = (
    click.option("--epochs", type=click.IntRange(min=1), default=DEFAULTS.epochs, show_default=True),
    click.option("--batch-size", type=click.IntRange(min=2), default=DEFAULTS.batch_size, show_default=True),
    click.option(
        "--learning-rate",
        type=click.FloatRange(min=0, min_open=True),
        default=DEFAULTS.learning_rate,
        show_default=True,
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
    """Adds the options; the command takes their values by name (`**figures`)."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
