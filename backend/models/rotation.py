"""Crop rotation: a model's table of crops after crops, and the prior that it gives."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.model_file import RotationTable


@dataclass(frozen=True, eq=False)
class Rotation:
    """`lift` `(previous, classes)`: how many times its usual share each class has after each of the classes `previous`.

    That is p(class | last year's class) / p(class). A classifier's p(class | images) times it is, up to a constant,
    p(class | images, last year's class), where images and last year's crop depend on each other only through the class:
    the change of a classifier's prior of Saerens et al. (2002, Neural Computation 14). Raises ValueError.
    """

    previous: tuple[str, ...]  # codes of classes
    lift: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.lift.ndim != 2 or len(self.lift) != len(self.previous):
            raise ValueError(f"rotation of {len(self.previous)} crops with a table {self.lift.shape}")
        if not (np.isfinite(self.lift) & (self.lift > 0)).all():
            raise ValueError("rotation with numbers that are not above 0")

    def log_prior(self, previous: Iterable[str | None]) -> NDArray[np.float32]:
        """What to add to each parcel's log probabilities `(parcels, classes)`: 0 where its last crop is not known."""
        rows = {code: row for row, code in enumerate(self.previous)}
        table = np.vstack([np.log(self.lift), np.zeros(self.lift.shape[1])]).astype(np.float32)
        return table[np.array([rows.get(code, -1) if code is not None else -1 for code in previous], dtype=np.int64)]

    def document(self) -> dict[str, Any]:
        """As model.json keeps it."""
        return {"previous": list(self.previous), "lift": self.lift.tolist()}

    @classmethod
    def of(cls, table: RotationTable, classes: int) -> Rotation:
        """From the checked table of a model.json; without any known crop of the year before it has no row."""
        return cls(table.previous, np.array(table.lift, dtype=np.float64).reshape(-1, classes))
