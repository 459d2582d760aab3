"""How the parcels are split into folds: the options, and the folding that they ask for."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import click
import numpy as np
import pandas
from numpy.typing import NDArray

from backend.commands.options import options_of
from backend.commands.seasons import Seasons
from backend.errors import BadArgument
from backend.learning.folds import RANDOM, Folding, GroupFolds, YearFolds, squares
from backend.protocol import DEFAULTS, SPLITS


@dataclass(frozen=True)
class FoldingOptions:
    split: str
    block_size_m: float
    split_field: str | None


folding_options = options_of(
    FoldingOptions,
    "folding_options",
    click.option(
        "--split",
        type=click.Choice(SPLITS),
        default=DEFAULTS.split,
        show_default=True,
        help="What stays together: single parcels, those of one square (blocks), of one value of --split-field "
        "(group), or of one year (of --split-field, else each store's season); one year is tested, the others train.",
    ),
    click.option(
        "--block-size-m",
        type=click.FloatRange(min=1),
        default=DEFAULTS.block_size_m,
        show_default=True,
        help="Side of the squares of --split blocks.",
    ),
    click.option("--split-field", help="Field with the group, or the year, of each parcel."),
)


def folding_of(options: FoldingOptions, seasons: Seasons) -> Folding:
    """Raises BadArgument where options do not go together, MissingField, NoOutlines."""
    field = options.split_field
    if options.split == "group" and not field:
        raise BadArgument("split_field", "the field to group by, for --split group", field)
    if field and options.split not in ("group", "year"):
        raise BadArgument("split_field", "none, or --split group or year", f"{field} with --split {options.split}")
    if options.split == "blocks":
        return GroupFolds(f"by squares of {options.block_size_m:g} m", squares(seasons.points(), options.block_size_m))
    if options.split == "group":
        return GroupFolds(f"by {field}", _numbered(seasons.column(str(field))))
    if options.split == "year":
        return YearFolds(_numbered(seasons.column(field)) if field else seasons.years())
    return RANDOM


def _numbered(values: NDArray[np.object_]) -> NDArray[np.int64]:
    """A number for each value, in rising order; parcels without one form a group, numbered -1."""
    numbers, _ = pandas.factorize(values, sort=True)
    return numbers.astype(np.int64)
