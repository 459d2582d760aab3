"""Cells that a spreadsheet would run as formulas, in the tables that are written for people."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from backend import spreadsheet
from backend.reports import comparison, tables

FORMULAS = ["=1+2", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+2"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_a_text(text):
    assert spreadsheet.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, -0.5, np.float32(-2.5), None, True, "-12", "+33.5", "-1e-3", "", "B-4", "a=b"])
def test_numbers_and_other_texts_stay_as_they_are(value):
    assert spreadsheet.cell(value) is value


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_tables_of_a_report(formula):
    row = {"code": formula, "name": formula, "f": -0.25, "support": 2, "colour": "#000000"}
    scores = {"classes": [row], "confusion": [[2]]}
    head, cells = rows_of(tables.as_csv({"scores": scores}))
    assert dict(zip(head, cells)).items() >= {"code": f"'{formula}", "name": f"'{formula}", "f": "-0.25"}.items()
    assert rows_of(tables.confusion_csv(scores)) == [["truth \\ prediction", f"'{formula}"], [f"'{formula}", "2"]]


def test_a_comparison_of_models():
    head, first, second = rows_of(comparison.as_csv({"rows": [{"model": "=1+2", "oa": 0.5}, {"oa": -0.5, "n": 3}]}))
    assert (head, first, second) == (["model", "oa", "n"], ["'=1+2", "0.5", ""], ["", "-0.5", "3"])
