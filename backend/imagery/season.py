"""The season that images belong to: the year of its harvest, which days are counted from."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

_AHEAD = timedelta(days=61)


def harvest_year(days: Iterable[date]) -> int:
    """The year of the harvest of a season with these dates, at least one: that of their middle, two months ahead.

    Winter crops are sown from September on, and harvested the year after: images from September 2017 to January 2018
    are the season 2018, as are those from October 2017 to September 2018 and from March to November 2018. The first
    and the last date decide, not the number of images in each year, since clouds decide that one.
    """
    ordered = sorted(days)
    first, last = ordered[0], ordered[-1]
    return (first + (last - first) / 2 + _AHEAD).year
