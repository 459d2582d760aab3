"""Whether the images of one season show the days of another: of a model's training, or of a first store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from backend.errors import SeasonsDoNotOverlap
from backend.protocol import Reporter
from backend.series.store import Store

_NEAR_DAYS = 15  # a date this far from an image is still taken from it without a warning


@dataclass(frozen=True)
class ImageSeason:
    """The first and last day with images, counted from 1 January of the harvest year `year`; `name` for messages."""

    name: str
    year: int
    first: int
    last: int

    @classmethod
    def of(cls, store: Store) -> ImageSeason:
        days = store.manifest.sentinel_2.acquisition_days
        return cls(str(store.path), store.manifest.season, days[0], days[-1])

    def outside(self, calendar: Sequence[int]) -> list[int]:
        """The days of `calendar` that are not near any image."""
        return [day for day in calendar if not self.first - _NEAR_DAYS <= day <= self.last + _NEAR_DAYS]

    def require_overlap(self, calendar: Sequence[int], of: str) -> None:
        """Raises SeasonsDoNotOverlap where no day of the `calendar` of the model or store `of` is near an image.

        Every value would then be that of the first or the last image: a constant, from which nothing is learned.
        """
        if len(self.outside(calendar)) == len(calendar):
            raise SeasonsDoNotOverlap(
                images=self.name,
                first=self.first,
                last=self.last,
                season=self.year,
                of=of,
                start=calendar[0],
                end=calendar[-1],
                fitting=self._fitting_year(calendar),
            )

    def warn_of_gaps(self, calendar: Sequence[int], of: str, reporter: Reporter) -> None:
        """A warning where some days have no image near: they take the nearest one, which costs accuracy."""
        outside = self.outside(calendar)
        if outside:
            reporter.warning(
                "season.not_covered",
                images=self.name,
                first=self.first,
                last=self.last,
                season=self.year,
                outside=len(outside),
                dates=len(calendar),
                of=of,
            )

    def _fitting_year(self, calendar: Sequence[int]) -> int | None:
        """The year before or after, if the images would overlap the calendar in it."""
        for year in (self.year - 1, self.year + 1):
            shift = (date(year, 1, 1) - date(self.year, 1, 1)).days
            moved = ImageSeason(self.name, year, self.first - shift, self.last - shift)
            if len(moved.outside(calendar)) < len(calendar):
                return year
        return None
