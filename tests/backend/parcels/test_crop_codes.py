"""Values and class tables give the engine's labels and the counts of the plugin's preview alike."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.errors import BadClassTable
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from crop_classifier_plugin.engine import protocol as plugin
from crop_classifier_plugin.ui.class_table import UnreadableTable, classes_of

COMPOSED, DECOMPOSED = "bl\u00e9", "ble\u0301"

# Values as pandas and numpy give them, and as QGIS gives the same value of the same field.
SAME_VALUES = [
    ("BTH ", "BTH ", "BTH"),
    (DECOMPOSED, COMPOSED, COMPOSED),
    (np.str_("a"), "a", "a"),
    (np.int16(110), 110, "110"),
    (np.uint64(2**64 - 1), 2**64 - 1, "18446744073709551615"),
    (np.float64(110.0), 110, "110"),
    (np.float32(0.1), 0.10000000149011612, "0.1"),
    (np.float32(110.25), 110.25, "110.25"),
    (np.float32(1234.567), 1234.5670166015625, "1234.567"),
    (np.float64(0.1), 0.1, "0.1"),
    (1234567.125, 1234567.125, "1234567.125"),
    (-0.0, 0.0, "0"),
    (3301010101.0, 3301010101, "3301010101"),
    (1e300, 1e300, str(int(1e300))),
    (Decimal("110.50"), 110.5, "110.5"),
    (Decimal("110.00"), 110.0, "110"),
    (np.bool_(True), True, "True"),
    (float("inf"), float("inf"), "inf"),
    *((null, None, None) for null in (pd.NA, pd.NaT, np.float32("nan"), float("nan"), Decimal("nan"), "", " \t")),
]


@pytest.mark.parametrize(("in_pandas", "in_qgis", "text"), SAME_VALUES)
def test_a_value_has_one_text_on_both_sides(in_pandas: Any, in_qgis: Any, text: str | None) -> None:
    assert nomenclature.as_code(in_pandas) == text
    assert plugin.crop_codes.as_code(in_qgis) == text


def test_a_null_of_qt_is_no_value() -> None:
    class Variant:
        def isNull(self) -> bool:
            return True

    assert plugin.crop_codes.as_code(Variant()) is None


def test_what_the_plugin_loads_is_not_the_engine_s_module_but_its_file() -> None:
    for loaded, own in ((plugin.crop_codes, nomenclature.crop_codes), (plugin.class_table, nomenclature.class_table)):
        assert loaded is not own and loaded.__file__ == own.__file__


# The engine's labels and the plugin's preview


def written(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "name", "class", "colour"), *rows])
    return path


def engine_counts(table: Nomenclature, values: Any) -> tuple[dict[str, int], dict[str, int], int]:
    """Parcels of each class by its name, those of each unknown code, those without a label."""
    labels, unknown = table.labels(values)
    assert labels.shape == (len(values),)
    parcels = Counter(labels.tolist())
    without = parcels.pop(-1, 0)
    return {table.classes[position].name: count for position, count in parcels.items()}, unknown, without


def preview_counts(path: Path | None, others: str, values: Any) -> tuple[dict[str, int], dict[str, int], int]:
    """The same as the Train dialog makes it of the values that QGIS gives it."""
    counts = Counter(plugin.crop_codes.as_code(_in_qgis(value)) or "" for value in values)
    empty = counts.pop("", 0)
    table = classes_of(counts, path, others)
    counted = table.count(counts)
    left_out = sum(counted.unknown.values()) if table.fallback_class is None else 0
    return {share.of.name: share.parcels for share in counted.classes}, dict(counted.unknown), empty + left_out


def _in_qgis(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return value.item() if isinstance(value, np.generic) else value


def assert_alike(path: Path, others: str, values: Any) -> None:
    try:
        table = nomenclature.read(path)
    except BadClassTable as refusal:
        with pytest.raises(UnreadableTable) as caught:
            classes_of([], path, others)
        assert str(caught.value) == refusal.message
        return
    table = table.with_fallback_class(others) if others else table
    assert engine_counts(table, values) == preview_counts(path, others, values)
    assert engine_counts(nomenclature.from_values(values), values) == preview_counts(None, "", values)


TEXTS = [
    *("0110", "110", "00110", "110.0", "110.", "0", "000", "1", "1.0", "-1", "1e3", "7.5", "07.50"),
    *("a", "A", "Rye", "rye", "RYE!", "winter rye", "Winter-Rye", "*", "True", "nan", "", " ", "\u00a0", " a "),
    *(COMPOSED, DECOMPOSED, COMPOSED.upper(), DECOMPOSED.upper(), "ble", "\u0390", "\u03b9\u0308\u0301", "\u0344"),
    *("\u00df", "SS", "\u017f", "\u0130", "i\u0307", "\u212b", "\u00c5", "A\u030a", "\ubc00", "\ufb01", "fi", "?!"),
]
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
CODES = st.one_of(st.sampled_from(TEXTS), st.sampled_from(TEXTS), LETTERS)
NAMES = st.one_of(st.sampled_from(TEXTS), LETTERS, st.just(""))
ROWS = st.lists(
    st.tuples(CODES, NAMES, st.sampled_from(["One", "ONE", "Two", "Three", COMPOSED, DECOMPOSED, "Rye"]), st.just("")),
    min_size=1, max_size=8,
)  # fmt: skip
OTHERS = st.sampled_from(["", "", "two", "Rest", COMPOSED, DECOMPOSED])
NUMBERS = st.one_of(st.sampled_from([0, 1, 7, 110]), st.integers(-(2**63), 2**63 - 1))
FLOATS = st.one_of(st.sampled_from([110.0, 1.0, 7.5, -0.0, 0.1]), st.floats(), st.floats(width=32))
NULLS = st.sampled_from([None, float("nan"), pd.NA])
ANYTHING = st.one_of(CODES, NUMBERS, FLOATS, NULLS, st.booleans(), st.sampled_from([np.int64(1), np.float32(0.1)]))


def columns_of(values: st.SearchStrategy[Any], make: Any) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=12).map(make)


def in_objects(values: list[Any]) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


COLUMNS = st.one_of(
    columns_of(CODES, list),
    columns_of(ANYTHING, list),
    columns_of(ANYTHING, in_objects),
    columns_of(st.one_of(CODES, st.none()), in_objects),
    columns_of(CODES, lambda texts: np.array(texts, dtype=str)),
    columns_of(NUMBERS, lambda numbers: np.array(numbers, dtype=np.int64)),
    columns_of(FLOATS, lambda numbers: np.array(numbers, dtype=np.float64)),
    columns_of(st.floats(width=32), lambda numbers: np.array(numbers, dtype=np.float32)),
    columns_of(st.one_of(NUMBERS, st.none()), lambda numbers: pd.Series(numbers, dtype="Int64")),
    columns_of(st.one_of(CODES, st.none()), lambda texts: pd.Series(texts, dtype="string")),
    columns_of(st.one_of(CODES, st.none()), lambda texts: pd.Series(texts, dtype="category")),
    columns_of(st.one_of(st.booleans(), st.none()), lambda flags: pd.Series(flags, dtype="boolean")),
)


@settings(
    max_examples=1500,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example([("1", "", "One", "")], "", in_objects([True, 1, 1.0, "1"]))  # equal to Python, and so to pandas
@example([("1", "", "One", "")], "", [2**53 + 1, None])  # a list that pandas would make floats of
@example([(COMPOSED, "", "One", ""), (DECOMPOSED, "", "Two", "")], "", [COMPOSED])
@given(rows=ROWS, others=OTHERS, values=COLUMNS)
def test_labels_and_preview_are_alike(tmp_path: Path, rows: list[Any], others: str, values: Any) -> None:
    assert_alike(written(tmp_path / "table.csv", rows), others, values)


def test_zeros_and_capitals_that_a_table_tells_apart(tmp_path: Path) -> None:
    path = written(
        tmp_path / "table.csv",
        [("0110", "", "Wheat", ""), ("110", "", "Rye", ""), ("a", "", "One", ""), ("A", "", "Two", "")],
    )
    values = ["0110"] * 10 + ["110"] * 20 + ["00110"] * 5 + ["a"] + ["A"] * 2
    expected = ({"Wheat": 10, "Rye": 20, "One": 1, "Two": 2}, {"00110": 5}, 5)
    assert engine_counts(nomenclature.read(path), values) == expected
    assert preview_counts(path, "", values) == expected


# Composition and capitals


def test_two_compositions_are_one_code_and_one_class(tmp_path: Path) -> None:
    table = nomenclature.from_values([COMPOSED, DECOMPOSED, COMPOSED])
    assert [(c.code, c.name) for c in table.classes] == [(COMPOSED, COMPOSED)]
    assert table.labels([DECOMPOSED, COMPOSED])[0].tolist() == [0, 0]
    rows = [("1", "", f"{COMPOSED} dur", "#aa8800"), ("2", "", f"{DECOMPOSED} dur", ""), (DECOMPOSED, "", "Spelt", "")]
    table = nomenclature.read(written(tmp_path / "table.csv", rows))
    assert [c.name for c in table.classes] == [f"{COMPOSED} dur", "Spelt"]
    assert table.labels([COMPOSED, DECOMPOSED, COMPOSED.upper(), DECOMPOSED.upper()])[0].tolist() == [1, 1, 1, 1]
    assert table.with_fallback_class(f"{DECOMPOSED} dur").fallback_class == table.classes[0]


def test_two_compositions_of_a_code_in_two_classes_are_refused_with_the_line(tmp_path: Path) -> None:
    path = written(tmp_path / "table.csv", [(COMPOSED, "", "One", ""), (DECOMPOSED, "", "Two", "")])
    with pytest.raises(BadClassTable, match=f"line 3: the code {COMPOSED} is in the class 'One' already"):
        nomenclature.read(path)


def test_a_model_of_an_older_version_that_holds_both_compositions_is_read() -> None:
    """Version 0.1.0 took them for two classes."""
    rows = [
        {"code": code, "name": code, "class": code, "colour": colour, "class_code": code}
        for code, colour in ((COMPOSED, "#111111"), (DECOMPOSED, "#222222"))
    ]
    table = nomenclature.from_table(rows)
    assert [c.code for c in table.classes] == [COMPOSED, DECOMPOSED]
    assert table.table() == rows
    assert table.labels([DECOMPOSED, COMPOSED])[0].tolist() == [0, 0]


def test_classes_that_differ_only_in_capitals_stay_and_are_named() -> None:
    table = nomenclature.from_values(["b", "a", "A", "B", "c", DECOMPOSED, COMPOSED.upper()])
    accented = (COMPOSED.upper(), COMPOSED)
    assert len(table.classes) == 7
    assert table.matcher.differ_in_case() == (("A", "a"), ("B", "b"), accented)
    named = nomenclature.from_values([1, 2, 3], {"1": "Wheat", "2": "WHEAT", "3": "Rye"})
    assert named.matcher.differ_in_case() == (("Wheat", "WHEAT"),)
    assert nomenclature.from_values([1, 2], {"1": "Wheat", "2": "Wheat"}).matcher.differ_in_case() == ()
    assert nomenclature.read("paper").matcher.differ_in_case() == ()


def test_folding_goes_by_unicode_s_caseless_match() -> None:
    """Composition and case together: D145 of the standard's section 3.13."""
    for text in TEXTS:
        decomposed = unicodedata.normalize("NFD", text)
        forms = {
            text,
            decomposed,
            text.casefold(),
            decomposed.upper(),
            unicodedata.normalize("NFC", decomposed.upper()),
        }
        if text not in ("\u0130", "i\u0307"):  # a dotted capital I has no capital of its own in other languages
            assert len({nomenclature.crop_codes.caseless(form) for form in forms}) == 1, text
