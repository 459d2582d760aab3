"""What to simulate, and what came of it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.errors import BadArgument
from backend.options import default, option
from backend.simulation.acquisitions import FIRST_YEAR, LAST_YEAR, most_dates
from backend.simulation.covers import CROPS

NOTICE = "Simulated region: every field, crop, cloud and reflectance is simulated. Not a satellite image."
MOST_PARCELS = 200_000  # the label raster and one date's reflectance must fit in memory


@dataclass(frozen=True)
class SimulationSpec:
    """A simulated region: the number of parcels, of acquisition dates, and the year; the seed decides everything else.

    The `crops` most common ones grow, each on `least_parcels` or more (None: on as many as its share makes, at least 5
    in a region of 500 or more). `season_shift_days`: how much later than usual crops come up, as in a colder region or
    year.

    Raises BadArgument when a number is not a whole number in its range.
    """

    parcels: int = default("parcels", "simulate")
    dates: int = default("dates", "simulate")
    seed: int = default("seed", "simulate")
    year: int = default("year", "simulate")
    crops: int = default("crops", "simulate")
    least_parcels: int | None = None
    season_shift_days: int = default("season_shift_days")

    def __post_init__(self) -> None:
        _whole("year", self.year, FIRST_YEAR, LAST_YEAR)
        _whole("parcels", self.parcels, 1, MOST_PARCELS)
        _whole("dates", self.dates, 1, most_dates(self.year))
        _whole("seed", self.seed, 0, 2**32 - 1)
        _whole("crops", self.crops, 1, len(CROPS))
        if self.least_parcels is not None:
            _whole("least_parcels", self.least_parcels, 1, self.parcels // self.crops)
        shift = option("season_shift_days")
        if not shift.accepts(self.season_shift_days):
            raise BadArgument(shift.name, shift.expected, self.season_shift_days)

    def has_all_crops(self) -> bool:
        """Whether every crop grows, in its own share."""
        return self.crops == len(CROPS) and self.least_parcels is None


@dataclass(frozen=True)
class SimulatedRegion:
    """The files of a simulated region: folders of images and masks, the parcel layer and the field with the true crop.

    `dates` are ISO days, in order; `previous_field` holds the crop of the year before, where that was simulated too.
    """

    imagery: Path
    masks: Path
    parcels: Path
    class_field: str
    parcel_count: int
    dates: tuple[str, ...]
    previous_field: str | None = None


def _whole(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadArgument(name, f"a whole number from {least} to {most}", value)
