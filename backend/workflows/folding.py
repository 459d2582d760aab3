"""The split of the parcels into folds, from the user's options."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.errors import BadArgument
from backend.learning.folds import RANDOM, Folding, GroupFolds, YearFolds, squares
from backend.options import default

from .seasons import Seasons


@dataclass(frozen=True)
class FoldingOptions:
    """`split`: what stays together; `block_size_m`: side of the squares of blocks; `split_field`: of group and year."""

    split: str = default("split")
    block_size_m: float = default("block_size_m")
    split_field: str | None = None


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
