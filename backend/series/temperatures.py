"""A CSV of daily mean temperatures, and the growing degree days that it makes of the days of a season."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadTemperatures
from backend.options import is_date

COLUMNS = DATE, MEAN = ("date", "mean_temperature")
DELIMITERS = ",;\t"
COLDEST, WARMEST = -90.0, 60.0  # degrees Celsius, on Earth
MOST_BYTES = 64 << 20  # thousands of years


@dataclass(frozen=True)
class Temperatures:
    """Daily means in degrees Celsius by date."""

    path: Path
    means: Mapping[date, float]

    @classmethod
    def read(cls, path: Path) -> Temperatures:
        """A CSV with the columns `date` (YYYY-MM-DD) and `mean_temperature`; others are passed over. Raises
        BadTemperatures.
        """
        means: dict[date, float] = {}
        for line, day, text in _rows(path):
            if not is_date(day) or len(day) != 10:
                raise BadTemperatures(path, f"line {line}: expected a date as YYYY-MM-DD, found {day!r}")
            when = date.fromisoformat(day.replace("_", "-"))
            if when in means:
                raise BadTemperatures(path, f"line {line}: {when} is there twice")
            means[when] = _degrees(path, line, text)
        return cls(path, means)

    def degree_days(self, base: float, season: int, days: Sequence[int]) -> NDArray[np.float64]:
        """Growing degree days `(days,)` above the temperature `base` from the start of 1 January of `season` to that
        of each of the ascending `days`, which count from it; below 0 before it.

        Raises BadTemperatures, which names the first day that is needed and missing.
        """
        first, end = min(0, days[0]), max(0, days[-1])
        above = np.maximum([self._mean(season, day) - base for day in range(first, end)], 0)
        total = np.concatenate([[0.0], np.cumsum(above)])
        return np.asarray((total - total[-first])[np.asarray(days) - first])

    def _mean(self, season: int, day: int) -> float:
        when = date(season, 1, 1) + timedelta(days=day)
        if when not in self.means:
            found = f"{min(self.means)} to {max(self.means)}" if self.means else "none"
            raise BadTemperatures(self.path, f"{when} is missing, which the season {season} needs; found {found}")
        return self.means[when]


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    """Each row's line, date and temperature, as text."""
    text = _text(path)
    first = text.split("\n", 1)[0].lower()
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or []}
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BadTemperatures(path, f"the column {', '.join(missing)} is missing; found {', '.join(names) or 'none'}")
    try:
        for row in reader:
            cells = [(row[names[name]] or "").strip() for name in COLUMNS]
            if any(cells):
                yield reader.line_num, cells[0], cells[1]
    except csv.Error as reason:
        raise BadTemperatures(path, f"line {reader.line_num}: {reason}") from reason


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadTemperatures(path, f"it has more than {MOST_BYTES >> 20} MB")
        return content.decode("utf-8-sig")
    except OSError as reason:
        raise BadTemperatures(path, f"it cannot be read: {reason}") from reason
    except UnicodeDecodeError as reason:
        raise BadTemperatures(path, "it is not UTF-8 text") from reason


def _degrees(path: Path, line: int, text: str) -> float:
    try:
        degrees = float(text)
    except ValueError:
        degrees = float("nan")
    if not COLDEST <= degrees <= WARMEST:
        kelvin = " (Kelvin?)" if degrees > WARMEST else ""
        wanted = f"degrees Celsius from {COLDEST:g} to {WARMEST:g}"
        raise BadTemperatures(path, f"line {line}: expected {wanted}, found {text!r}{kelvin}")
    return degrees
