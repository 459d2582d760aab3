"""The table of options: its rows are well formed, and what it says of values is right at the edges."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from backend import options
from backend.models import MODELS
from backend.options import OPTIONS, default, effective, if_not_given, option, trained_options


def test_a_command_has_one_option_of_a_name():
    names = Counter((command, row.name) for row in OPTIONS for command in row.commands)
    assert [name for name, count in names.items() if count > 1] == []
    parameters = Counter((command, row.qgis_name) for row in OPTIONS for command in row.commands)
    assert [name for name, count in parameters.items() if count > 1] == []


def test_texts_are_sentences_and_labels_are_phrases():
    assert [row.name for row in OPTIONS if not row.help[0].isupper() or not row.help.endswith(".")] == []
    assert [row.name for row in OPTIONS if row.label.endswith(".") or "  " in row.help + row.label] == []


def test_defaults_are_values_of_their_option():
    wrong = [row.name for row in OPTIONS if row.default is not None and not row.accepts(row.default)]
    assert wrong == []
    recipes = {name: value for model in MODELS.values() for name, value in model.recipe.items()}
    assert recipes and [name for name, value in recipes.items() if not option(name, "train").accepts(value)] == []
    assert all(option(name, "train").follows == options.ARCHITECTURE for name in recipes)


def test_an_option_that_commands_have_differently_needs_the_command():
    assert (option("batch_size", "train").minimum, option("batch_size", "classify").minimum) == (2, 1)
    assert (default("seed", "train"), default("epochs", "train")) == (0, 50)
    for name, command in (("batch_size", ""), ("epochs", "classify"), ("no_such", "")):
        with pytest.raises(KeyError, match=name):
            option(name, command)


@pytest.mark.parametrize(
    ("name", "good", "bad", "expected"),
    [
        ("learning_rate", (1e-9, 1), (0, -1, 1.1, float("nan")), "a number above 0, at most 1"),
        ("date_dropout", (0, 0.999), (1, -0.1), "a number from 0, below 1"),
        ("epochs", (1, 2.0), (0, 1.5, "3", True), "a whole number from 1"),
        ("mask_dilation_m", (0, 5000), (-1, 5000.5), "a number of metres from 0 to 5000"),
        ("max_gap_days", (0, 400), (-1,), "a whole number of days from 0"),
        ("cloud_probability", (0.1, 100), (0, 101), "a percentage above 0, at most 100"),
        ("filling", ("linear",), ("", "cubic"), "linear or nearest or whittaker or savitzky-golay"),
        ("start", ("2018-05-01", " 20180501", "2018-05-01T10:20:30Z", date(2018, 5, 1)), ("2018-02-30", "201805", "x"),
         "a date as YYYY-MM-DD or YYYYMMDD"),
        ("calendar", ("3", "-40, 3, 13", "every:10"), ("3,3", "13,3", "every:0", "every:", "every:3,4", "3;13", ","),
         "days of the season in rising order such as 3,13,43, or every:10"),
        ("scl_classes", ("4,5", (4,), "1,11"), ("4,4", "0", "12", "", "a"),
         "different whole numbers such as 4,5,6,7, each from 1 to 11"),
    ],
)  # fmt: skip
def test_values_at_the_edges(name, good, bad, expected):
    row = option(name, "train") if name in ("epochs", "date_dropout", "learning_rate") else option(name)
    assert [value for value in good if not row.accepts(value)] == []
    assert [value for value in bad if row.accepts(value)] == []
    assert row.expected == expected


def test_what_is_given_comes_before_what_is_followed_and_that_before_the_default():
    row = option("weight_decay")
    assert effective(row) == 0.0
    assert effective(row, None, {"weight_decay": 0.01, "epochs": 3}) == 0.01
    assert effective(row, 0, {"weight_decay": 0.01}) == 0
    assert effective(option("remove_outliers"), False, {"remove_outliers": True}) is False


def test_a_model_s_preparation_by_the_names_of_options():
    masks = {"scl_classes": [4, 5], "mask_dilation_m": 20.0, "cloud_probability": 40.0}
    series = {"filling": "nearest", "max_gap_days": None, "remove_outliers": False}
    found = trained_options({"series": series, "masks": masks, "inner_buffer_m": 0.0})
    assert found == {
        "filling": "nearest", "remove_outliers": False, "scl_classes": [4, 5], "mask_dilation_m": 20.0,
        "inner_buffer_m": 0.0,
    }  # fmt: skip
    assert effective(option("max_gap_days"), None, found) == 0
    assert trained_options({"series": series, "masks": None}) == {"filling": "nearest", "remove_outliers": False}
    assert [trained_options(nothing) for nothing in (None, {}, "text", {"series": 3})] == [{}] * 4


def test_words_for_what_holds_without_an_option():
    found = {
        (name, command): if_not_given(option(name, command), command)
        for name, command in (
            ("epochs", "train"), ("filling", "extract"), ("filling", "classify"), ("season", "extract"),
            ("scl_classes", "extract"), ("overwrite", "extract"), ("learning_rate", "train"),
        )
    }  # fmt: skip
    assert list(found.values()) == [
        "the architecture's, else 50", "linear", "as the model was trained", "from the dates of the images",
        "4,5,6,7", "", "the architecture's, else 0.001",
    ]  # fmt: skip
