"""The user's description of a data set, where the set lacks one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backend.options import default


@dataclass(frozen=True)
class ImportSpec:
    """None (or empty) uses the files' own. `shift_days` is added to every date before `start` and `end` apply."""

    labels: Path | None = None
    id_field: str | None = None
    date_field: str | None = None
    dates_file: Path | None = None
    band_names: tuple[str, ...] = ()
    nodata: float | None = None
    scale: float | None = None
    offset: float = 0.0
    shift_days: int = 0
    start: date | None = None
    end: date | None = None
    season: int | None = None
    crs: str | None = None
    few_pixels: int = default("few_pixels")
    overwrite: bool = False
