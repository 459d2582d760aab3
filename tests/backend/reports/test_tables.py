"""The tables of a report and the sentences drawn from them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import report_documents as documents
from scipy.stats import binomtest

from backend.reports import document, tables

SCORES = documents.scored(
    ["Wheat", "Vines", "Rice"], np.array([0] * 6 + [1] * 4), np.array([0, 0, 0, 0, 0, 1, 1, 1, 0, 0])
)


def test_terminal_table_is_aligned_and_right() -> None:
    few, rare, *lines = tables.as_text(SCORES).splitlines()
    assert few.startswith("These scores are of 10 parcels only")
    assert rare.startswith("Fewer than 5 parcels were compared of Vines:")  # not of Rice, which was not compared
    assert lines[0].split() == ["Class", "Precision", "Recall", "F-score", "Truth", "Predicted"]
    assert lines[2].split() == ["Wheat", "71.4", "83.3", "76.9", "6", "7"]  # 5 of 7, 5 of 6
    assert lines[3].split() == ["Vines", "66.7", "50.0", "57.1", "4", "3"]
    assert lines[4].split() == ["Rice", "-", "-", "-", "0", "0"]
    assert lines[6].split() == ["Mean", "of", "classes", "69.0", "66.7", "67.0"]
    assert "70.0 % of 10 parcels" in lines[7]
    low, high = binomtest(7, 10).proportion_ci(0.95, "wilson")
    assert f"overall accuracy {100 * low:.1f} and {100 * high:.1f} %" in lines[8]
    assert {len(line) for line in lines[:5]} == {len(lines[0])}


def test_terminal_table_keeps_its_columns_with_long_names() -> None:
    lines = tables.as_text(documents.scores(["x" * 90, "Short"])).splitlines()
    assert {len(line) for line in lines[:4]} == {len(lines[0])}
    assert max(map(len, lines)) <= 90


def test_summary_of_scores() -> None:
    few, rare, agreement, interval, extremes, mistake = tables.in_short({"scores": SCORES})
    assert "10 parcels only" in few and "Vines" in rare
    assert "39.7 and 89.2 %" in interval  # Wilson's interval of 7 of 10
    assert agreement.startswith("7 of 10 parcels")
    assert extremes == "Highest F-scores: Wheat (76.9 %). Lowest: Vines (57.1 %)."
    assert "Vines classified as Wheat (2 parcels, 50.0 % of Vines)" in mistake


def test_a_perfect_score_has_no_error() -> None:
    perfect = documents.scored(["a", "b"], np.array([0, 1]), np.array([0, 1]))
    assert not [sentence for sentence in tables.in_short({"scores": perfect}) if "error" in sentence]


def test_summary_without_truth() -> None:
    coverage, largest = tables.in_short(documents.classification(["Wheat", "Vines"]))
    assert coverage == "30,932 of 30,973 parcels were classified; the other 41 have a flag with the reason."
    assert largest.startswith("Most frequent: Wheat (69.7 % of the parcels)")  # 9000 of 12917


def test_headline_of_scores_and_of_a_map() -> None:
    assert tables.headline({"scores": SCORES})[0] == ("70.0", "%", "Overall accuracy")
    assert [name for *_, name in tables.headline(documents.classification(["Wheat"]))] == [
        "Parcels",
        "Classified",
        "Classes found",
        "Area classified",
        "Acquisitions",
    ]


def test_long_names_are_numbered_so_that_they_stay_apart() -> None:
    long = [{"name": f"Mixture of fodder legumes sown for {year}"} for year in (2015, 2016)]
    assert len(set(tables.labels(long))) == 2
    assert all(len(label) <= 30 for label in tables.labels(long))
    assert tables.labels([{"name": "Wheat"}]) == ["Wheat"]


def test_expected_calibration_error() -> None:
    bins = [
        {"confidence": 0.9, "accuracy": 0.8, "parcels": 30},
        {"confidence": 0.6, "accuracy": 0.8, "parcels": 10},
        {"confidence": 0.1, "accuracy": None, "parcels": 0},
    ]
    assert document.calibration_error(bins) == pytest.approx(0.1 * 0.75 + 0.2 * 0.25)
    assert document.calibration_error([]) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.5, np.inf]]), [[1.5, None]]),
        ((1, {"a": np.float32(0.25)}), [1, {"a": 0.25}]),
        (float("-inf"), None),
        (None, None),
    ],
)
def test_plain_values(value: object, expected: object) -> None:
    assert document.plain(value) == expected


def test_folds_in_a_line() -> None:
    rows = [{"oa": oa, "mean_f": 0.5, "mean_precision": 0.25, "mean_recall": 1.0} for oa in (0.8, 0.9, 0.7, 0.8)]
    line = tables.folds_as_text(rows)
    assert line.startswith("Over 4 folds, mean ± standard deviation: overall accuracy 80.0 ± 8.2, mean F-score 50.0")
    assert tables.folds_as_text(rows[:1]) == ""
