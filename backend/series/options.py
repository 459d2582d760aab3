"""How series are made from a pixel's clear dates: outliers, filling and its limit."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from backend.errors import BadArgument
from backend.options import EXACT_FILLINGS, default, option


@dataclass(frozen=True)
class SeriesOptions:
    """`max_gap_days`: None fills gaps of any length; `remove_outliers`: as `outliers` finds them."""

    filling: str = default("filling")
    max_gap_days: int | None = None
    remove_outliers: bool = default("remove_outliers")

    def __post_init__(self) -> None:
        """Raises BadArgument."""
        if not option("filling").accepts(self.filling):
            raise BadArgument("filling", option("filling").expected, self.filling)
        if self.max_gap_days is not None and self.max_gap_days < 1:
            raise BadArgument("max_gap_days", "a number of days above 0", self.max_gap_days)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> SeriesOptions:
        """Those that a store was made with; series that were imported are filled linearly."""
        return cls(**manifest.get("series", {}))

    @property
    def keeps_observations(self) -> bool:
        return self.filling in EXACT_FILLINGS

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        limit = "" if self.max_gap_days is None else f", gaps up to {self.max_gap_days} days"
        return f"{self.filling}{limit}{', outliers removed' if self.remove_outliers else ''}"
