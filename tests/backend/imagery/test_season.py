"""The year of a season by its dates, whatever clouds leave of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date

import pytest

from backend.imagery.season import harvest_year


@pytest.mark.parametrize(
    ("first", "last", "year"),
    [
        ((2017, 1, 3), (2017, 10, 15), 2017),  # the paper's
        ((2017, 8, 3), (2018, 11, 26), 2018),  # Flanders, 118 dates
        ((2017, 10, 1), (2018, 9, 30), 2018),
        ((2017, 9, 1), (2018, 1, 31), 2018),  # winter wheat until January
        ((2018, 3, 1), (2018, 11, 30), 2018),
        ((2018, 1, 1), (2018, 12, 31), 2018),
        ((2018, 10, 5), (2018, 12, 20), 2019),  # sown, not yet grown
        ((2017, 10, 1), (2018, 4, 30), 2018),  # south of the equator
        ((2018, 6, 1), (2018, 6, 1), 2018),
    ],
)
def test_the_year_of_the_harvest(first, last, year):
    assert harvest_year([date(*last), date(*first)]) == year


def test_clouds_do_not_decide():
    """Two stores of one crop year, one with many images of the autumn, one with few."""
    autumn = [date(2017, 10, day) for day in range(1, 29)]
    summer = [date(2018, month, 15) for month in (4, 5, 6, 9)]
    assert harvest_year(autumn + summer) == harvest_year(autumn[:1] + summer) == 2018
