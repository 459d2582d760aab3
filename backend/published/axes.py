"""The bands and dates of a data set: what its words for them mean, and which of them go into the store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadArgument, BadMeta, MissingBands, RepeatedSamples
from backend.imagery.names import band_in, parse_day
from backend.imagery.season import harvest_year
from backend.options import MOST_DAYS
from backend.protocol import Reporter
from backend.published.spec import ImportSpec
from backend.series.calendar import FIRST_SEASON, LAST_SEASON
from backend.vocabulary import BANDS

_MONTH = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])")
_MIDDLE_OF_MONTH = 15


@dataclass(frozen=True)
class Axes:
    """The kept bands and dates, in the store's order, and where each is in the source's arrays.

    `empty_bands` were left out because they have no data in the whole set.
    """

    bands: tuple[str, ...]
    band_positions: NDArray[np.int64]
    dates: tuple[date, ...]
    date_positions: NDArray[np.int64]
    empty_bands: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, bands: Sequence[str], dates: Sequence[date], spec: ImportSpec, where: object, reporter: Reporter
    ) -> Axes:
        """Raises MissingBands, RepeatedSamples, BadArgument (no date left)."""
        return cls(*kept_bands(bands, where, reporter), *kept_dates(dates, spec, where))

    def season(self, chosen: int | None) -> int:
        """The chosen year, else that of the harvest, by the dates. Raises BadArgument for one far from the dates."""
        season = chosen or harvest_year(self.dates)
        near = FIRST_SEASON <= season <= LAST_SEASON and all(abs(day) <= MOST_DAYS for day in self.days(season))
        if not near:
            dates = f"{self.dates[0]} to {self.dates[-1]}"
            raise BadArgument("season", f"a year from {FIRST_SEASON} to {LAST_SEASON}, near the dates {dates}", season)
        return season

    def days(self, season: int) -> tuple[int, ...]:
        """Days since 1 January of the season."""
        return tuple((day - date(season, 1, 1)).days for day in self.dates)

    def of_bands(self, kept: NDArray[np.bool_]) -> Axes:
        """Without the bands that are not `kept` `(bands,)`, which are empty."""
        bands, empty = (tuple(np.array(self.bands)[which].tolist()) for which in (kept, ~kept))
        return replace(self, bands=bands, band_positions=self.band_positions[kept], empty_bands=empty)

    def picked(self, values: NDArray[Any]) -> NDArray[Any]:
        """`(samples, source dates, source bands)` -> `(samples, dates, bands)`."""
        whole = values.shape[1:] == (len(self.dates), len(self.bands))
        if whole and (np.diff(self.date_positions) == 1).all() and (np.diff(self.band_positions) == 1).all():
            return values  # as it is, without a copy
        return values[:, self.date_positions[:, None], self.band_positions]


def kept_bands(names: Sequence[str], where: object, reporter: Reporter) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The Sentinel-2 bands of the store among `names` ("B2", "S2-L2A-B02"), and their positions; logs the others."""
    found = [band_in(name) or name for name in names]
    require_single(found, "band", where)
    kept = tuple(band for band in BANDS if band in found)
    if not kept:
        raise MissingBands(where, BANDS, names)
    unused = [name for name, band in zip(names, found, strict=True) if band not in kept]
    if unused:
        reporter.log(f"Bands left out because the models do not use them: {', '.join(unused)}.")
    return kept, np.array([found.index(band) for band in kept])


def kept_dates(dates: Sequence[date], spec: ImportSpec, where: object) -> tuple[tuple[date, ...], NDArray[np.int64]]:
    """The dates from `start` to `end`, in rising order, and their positions."""
    require_single(dates, "date", where)
    moved = [day + timedelta(days=spec.shift_days) for day in dates]
    wanted = [
        place
        for place in np.argsort(np.array(moved, "datetime64[D]"), kind="stable")
        if (spec.start or date.min) <= moved[place] <= (spec.end or date.max)
    ]
    if not wanted:
        raise BadArgument("start, end", f"a span with some of the {len(dates)} dates", f"{spec.start} to {spec.end}")
    return tuple(moved[place] for place in wanted), np.array(wanted, np.int64)


def day_of(text: str, where: object) -> date:
    """A date as text; a month ("2017-03") means its middle. Raises UnreadableDate."""
    month = _MONTH.fullmatch(text.strip())
    if month:
        return date(int(month[1]), int(month[2]), _MIDDLE_OF_MONTH)
    return parse_day(text, where).date()


def listed_days(path: Path) -> list[date]:
    """The dates of a text file, one per line. Raises BadMeta, UnreadableDate."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadMeta(path, f"it is not a list of dates ({error})") from error
    return [day_of(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]


def require_single(values: Iterable[Hashable], what: str, where: object) -> None:
    """Raises RepeatedSamples for values that occur more than once."""
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise RepeatedSamples(where, what, repeated)
