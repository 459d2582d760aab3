"""The report document as plain values, and numbers derived from it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from backend.vocabulary import CLASSIFIABLE

GREY = "#9a9a9a"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
SIMULATED = re.compile(r"simulat|made[- ]up|synthetic|fictitious", re.IGNORECASE)


def plain(value: Any) -> Any:
    """The value in JSON's own types: numpy's numbers converted, NaN and infinity as None, everything else as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def shown_colour(row: Mapping[str, Any]) -> str:
    """The colour of a class, grey where it has none that can be drawn."""
    colour = str(row.get("colour") or "")
    return colour if COLOUR.fullmatch(colour) else GREY


def simulation_notes(notes: Iterable[str]) -> list[str]:
    """The notes about a simulated region, which belong at the top of the page."""
    return [note for note in notes if SIMULATED.search(note)]


def calibration_error(bins: Sequence[Mapping[str, Any]]) -> float | None:
    """Expected calibration error: the mean distance of confidence to accuracy, weighted by the parcels of each bin.

    None when no bin holds a parcel. Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    filled = [row for row in bins if row["parcels"] and row["accuracy"] is not None]
    total = sum(row["parcels"] for row in filled)
    return sum(abs(row["confidence"] - row["accuracy"]) * row["parcels"] for row in filled) / total if total else None


def classified(flags: Sequence[Mapping[str, Any]]) -> int:
    """The number of parcels that were given a class, by their quality flags."""
    return sum(row["parcels"] for row in flags if row["quality"] in CLASSIFIABLE)
