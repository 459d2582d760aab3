"""Growing degree days against numpy's cumulative sums, and every way in which a table of temperatures can be wrong."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from backend.errors import BadTemperatures
from backend.series.temperatures import Temperatures

FIRST = date(2016, 10, 1)
DAYS = np.arange(400)
MEANS = np.round(10 - 12 * np.cos(2 * np.pi * (DAYS - 110) / 365), 2)


def written(path, days=DAYS, means=MEANS, header="date,mean_temperature", mark=","):
    lines = [f"{FIRST + timedelta(days=int(day))}{mark}{mean}" for day, mean in zip(days, means)]
    path.write_text("\n".join([header, *lines, ""]), "utf-8")
    return path


@pytest.mark.parametrize("base", [0.0, 5.0, 9.5])
def test_degree_days_are_the_cumulative_sums(tmp_path, base):
    """From the start of 1 January, which is day 92 of the table, to the start of each day."""
    total = np.concatenate([[0], np.cumsum(np.clip(MEANS - base, 0, None))])
    days = (-80, -1, 0, 1, 45, 200, 300)
    expected = [total[92 + day] - total[92] for day in days]
    found = Temperatures.read(written(tmp_path / "t.csv")).degree_days(base, 2017, days)
    assert found == pytest.approx(expected) and found[0] < 0 == found[2] < found[-1]


@pytest.mark.parametrize("days", [(40, 80), (-60, -20)])
def test_a_season_on_one_side_of_1_january(tmp_path, days):
    above = np.clip(MEANS - 5, 0, None)
    found = Temperatures.read(written(tmp_path / "t.csv")).degree_days(5, 2017, days)
    expected = [above[92 : 92 + day].sum() if day > 0 else -above[92 + day : 92].sum() for day in days]
    assert found == pytest.approx(expected)


def test_other_columns_separators_and_blank_lines(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\ufeffStation;Date; Mean_Temperature\nA;2017-01-01;3.5\n\nA;2017-01-02;-7\n", "utf-8")
    assert Temperatures.read(path).means == {date(2017, 1, 1): 3.5, date(2017, 1, 2): -7.0}


def test_dates_outside_the_season_do_not_matter(tmp_path):
    whole, part = Temperatures.read(written(tmp_path / "a.csv")), slice(92, 300)
    only = Temperatures.read(written(tmp_path / "b.csv", DAYS[part], MEANS[part]))
    assert np.array_equal(whole.degree_days(5, 2017, (3, 200)), only.degree_days(5, 2017, (3, 200)))


def test_the_first_missing_day_is_named(tmp_path):
    left = np.isin(DAYS, [150, 160], invert=True)
    known = Temperatures.read(written(tmp_path / "t.csv", DAYS[left], MEANS[left]))
    assert len(known.degree_days(5, 2017, (10, 58))) == 2
    with pytest.raises(BadTemperatures, match=str(FIRST + timedelta(days=150))):
        known.degree_days(5, 2017, (10, 59))


def test_another_year_lacks_all_days(tmp_path):
    known = Temperatures.read(written(tmp_path / "t.csv"))
    with pytest.raises(BadTemperatures, match="2019-01-01 is missing.*found 2016-10-01 to 2017-11-04"):
        known.degree_days(5, 2019, (10, 59))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("day,mean_temperature\n2017-01-01,3\n", "column date is missing; found day, mean_temperature"),
        ("date,t\n2017-01-01,3\n", "column mean_temperature is missing"),
        ("", "missing; found none"),
        ("date,mean_temperature\n2017-01-01,3\n2017-01-01,4\n", "line 3: 2017-01-01 is there twice"),
        ("date,mean_temperature\n2017-01-01,278.4\n", "from -90 to 60, found '278.4' (Kelvin?)"),
        ("date,mean_temperature\n2017-01-01,-120\n", "from -90 to 60, found '-120'"),
        ("date,mean_temperature\n2017-01-01,\n", "found ''"),
        ("date,mean_temperature\n2017-01-01,nan\n", "found 'nan'"),
        ("date,mean_temperature\n2017-01-01,3;5\n", "found '3;5'"),
        ("date,mean_temperature\n2017-01-01\n", "found ''"),
        ("date,mean_temperature\n01.02.2017,3\n", "expected a date as YYYY-MM-DD, found '01.02.2017'"),
        ("date,mean_temperature\n2017-02-30,3\n", "found '2017-02-30'"),
        ('date,mean_temperature\n"2017-01-01,3\n', "line"),
    ],
)
def test_bad_tables_are_refused(tmp_path, content, words):
    path = tmp_path / "t.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(BadTemperatures) as error:
        Temperatures.read(path)
    assert words in error.value.fields["problem"]
    assert "mean_temperature (degrees Celsius)" in error.value.advice


@pytest.mark.parametrize("content", [b"\xff\xfed\0a\0", b"date\xe9,"])
def test_other_encodings_are_refused(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(BadTemperatures, match="not UTF-8"):
        Temperatures.read(tmp_path / "t.csv")
