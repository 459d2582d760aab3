"""Learning curves as they are read back from a file: one row for each epoch, from the first, and the best of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.json_document import as_list, as_number, as_object, as_whole, expect, member_of

MOST_EPOCHS = 1_000_000
MOST_OF = {"train_loss": 1e300, "validation_loss": 1e300, "validation_oa": 1.0, "validation_mean_f": 1.0}
RANKED = ("validation_loss", "validation_mean_f")  # the criteria for the best epoch


def curves_of(
    curves: Any, best_epoch: Any, needed: Sequence[str] = ()
) -> tuple[tuple[Mapping[str, Any], ...], int]:  # fmt: skip
    """The rows and the best epoch, checked; each row has the numbers `needed`. Raises Fault."""
    rows = tuple(as_object(row, "curves") for row in as_list(curves, "curves", 1, MOST_EPOCHS))
    for epoch, row in enumerate(rows, start=1):
        expect(as_whole(member_of(row, "epoch", "curves"), "curves epoch", 1, MOST_EPOCHS) == epoch,
               "curves epoch", str(epoch), row["epoch"])  # fmt: skip
        for name in (*needed, *(name for name in MOST_OF if name in row)):
            as_number(member_of(row, name, "curves"), f"curves {name}", 0, MOST_OF[name])
    return rows, as_whole(best_epoch, "best_epoch", 1, len(rows))
