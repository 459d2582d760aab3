"""How series are made of what a pixel showed at its clear dates: cleaned, filled, and where they are not filled."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from backend.errors import BadArgument
from backend.protocol import DEFAULTS, FILLINGS

_EXACT = ("linear", "nearest")  # give a clear observation back as it was


@dataclass(frozen=True)
class SeriesOptions:
    """`max_gap_days`: None fills gaps of any length; `remove_outliers`: as `outliers` finds them."""

    filling: str = DEFAULTS.filling
    max_gap_days: int | None = None
    remove_outliers: bool = False

    def __post_init__(self) -> None:
        """Raises BadArgument."""
        if self.filling not in FILLINGS:
            raise BadArgument("filling", f"one of {', '.join(FILLINGS)}", self.filling)
        if self.max_gap_days is not None and self.max_gap_days < 1:
            raise BadArgument("max_gap_days", "a number of days above 0", self.max_gap_days)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> SeriesOptions:
        """Those that a store was made with; series that were imported are filled linearly."""
        return cls(**manifest.get("series", {}))

    @property
    def keeps_observations(self) -> bool:
        return self.filling in _EXACT

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        limit = "" if self.max_gap_days is None else f", gaps up to {self.max_gap_days} days"
        return f"{self.filling}{limit}{', outliers removed' if self.remove_outliers else ''}"
