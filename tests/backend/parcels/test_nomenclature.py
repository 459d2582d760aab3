"""Class tables: reading and matching codes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.errors import BadArgument, BadClassTable
from backend.parcels import nomenclature
from backend.vocabulary import CropClass

TABLE = "code,name,class,colour\nBTH,Blé tendre d'hiver,Cereal,#e3a81c\nMIS,Maïs,Cereal,\nVRC,,Grapevine,#6D2494\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_reads_classes_in_the_order_of_the_table(tmp_path: Path) -> None:
    table = nomenclature.read(written(tmp_path, TABLE))
    assert table.classes == (CropClass("cereal", "Cereal", "#e3a81c"), CropClass("grapevine", "Grapevine", "#6d2494"))
    assert table.mapping["MIS"].code == "cereal"
    assert [crop.name for crop in table.crops] == ["Blé tendre d'hiver", "Maïs", "VRC"]  # an empty name is the code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(("separator", "end"), [(",", "\n"), (";", "\n"), (";", "\r\n"), (",", "\r")])
def test_reads_the_common_forms_of_csv(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    text = TABLE.replace(",", separator).replace("\n", end)
    assert nomenclature.read(written(tmp_path, text, encoding)) == nomenclature.from_table(
        list(csv.DictReader(TABLE.splitlines()))
    )


def test_columns_may_come_in_any_order_and_with_others(tmp_path: Path) -> None:
    text = "Colour; CLASS;remark;code;name\n#e3a81c;Cereal;winter;BTH;Wheat\n"
    assert nomenclature.read(written(tmp_path, text)).table() == [
        {"code": "BTH", "name": "Wheat", "class": "Cereal", "colour": "#e3a81c", "class_code": "cereal"}
    ]


def test_a_table_survives_the_way_through_a_model_file(tmp_path: Path) -> None:
    table = nomenclature.read(written(tmp_path, TABLE))
    assert nomenclature.from_table(table.table()) == table


def test_a_repeated_row_is_no_error(tmp_path: Path) -> None:
    table = nomenclature.read(written(tmp_path, TABLE + "BTH,Wheat again,Cereal,#e3a81c\n"))
    assert [crop.code for crop in table.crops] == ["BTH", "MIS", "VRC"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("code,name,class\nBTH,Wheat,Cereal\n", 1, "colour is missing"),
        ("", 1, "code, name, class, colour is missing"),
        ("code,name,class,colour\n", 1, "no rows"),
        (TABLE + ",No code,Cereal,\n", 5, "code is empty"),
        (TABLE + "TRN,Sunflower,,#ffff00\n", 5, "needs a name"),
        (TABLE + "\n\nTRN,Sunflower,Oilseed,yellow\n", 7, "'yellow' is not"),
        (TABLE + "TRN,Sunflower,Oilseed,#ffff0\n", 5, "'#ffff0' is not"),
        (TABLE + "BTH,Wheat,Grapevine,\n", 5, "the code BTH is in the class 'Cereal' already"),
        (TABLE + "BTP,Wheat,Cereal,#000000\n", 5, "has the colour #e3a81c already"),
        (TABLE + "ORH,Barley,Céreal!,\n", 5, "too similar"),
        (TABLE + 'TRN,"Sun\nflower",Oilseed,blue\n', 5, "'blue' is not"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadClassTable, match=said) as caught:
        nomenclature.read(path)
    assert f"table.csv, line {line}: " in caught.value.message


# Matching


def test_labels_match_exactly_then_without_case(tmp_path: Path) -> None:
    table = nomenclature.read(written(tmp_path, TABLE))
    labels, unknown = table.labels(["BTH", " MIS ", "vrc", None, "", float("nan"), pd.NA, "XYZ", "ABC", "XYZ"])
    assert labels.tolist() == [0, 0, 1, -1, -1, -1, -1, -1, -1, -1]
    assert labels.dtype == np.int64
    assert list(unknown.items()) == [("XYZ", 2), ("ABC", 1)]


def test_codes_that_differ_only_in_case_keep_their_classes() -> None:
    rows = [{"code": code, "name": "", "class": name, "colour": ""} for code, name in [("a", "One"), ("A", "Two")]]
    labels, unknown = nomenclature.from_table(rows).labels(["A", "a"])
    assert labels.tolist() == [1, 0]
    assert unknown == {}


def table_of(*codes_and_classes: str) -> nomenclature.Nomenclature:
    """Of texts `code:class`, or `code:class:name`."""
    parts = [(*text.split(":"), "")[:3] for text in codes_and_classes]
    return nomenclature.from_table({"code": c, "name": n, "class": k, "colour": ""} for c, k, n in parts)


@pytest.mark.parametrize(
    "values",
    [
        ["0110", "110", "00110", "110.0", "110.", " 0110 "],
        np.array([110, 110], dtype=np.int16),
        np.array([110.0, 110.0]),
        pd.Series([110, 110], dtype="Int64"),
        ["0110.00", 110],
    ],
)
@pytest.mark.parametrize("code", ["0110", "110"])
def test_leading_zeros_and_decimals_that_a_field_lost_or_gained(code: str, values: object) -> None:
    labels, unknown = table_of(f"{code}:Barley", "11:Wheat", "1100:Oats").labels(values)
    assert set(labels.tolist()) == {0}
    assert unknown == {}


def test_codes_that_differ_only_in_zeros_keep_their_classes() -> None:
    labels, unknown = table_of("0110:Barley", "110:Wheat").labels(["0110", "110", 110, 110.0, "00110", 110.5])
    assert labels.tolist() == [0, 1, 1, 1, -1, -1]
    assert unknown == {"00110": 1, "110.5": 1}


def test_large_codes_survive_a_field_of_floats() -> None:
    codes = ["3301010101", "3301010102", "9007199254740991"]
    table = table_of(*(f"{code}:{code}" for code in codes))
    assert table.labels(np.array(codes, dtype=np.float64))[0].tolist() == [0, 1, 2]


def test_a_field_of_names_matches_the_crops_names() -> None:
    swiss = ("513:Wheat:Winterweizen (ohne Futterweizen)", "613:Grass:Übrige Dauerwiesen")
    table = table_of(*swiss, "1:Wheat:Rye", "2:Grass:Rye")
    names = ["winterweizen ohne futterweizen", "UBRIGE DAUERWIESEN", "613", "Rye", "Winterweizen"]
    labels, unknown = table.labels(names)
    assert labels.tolist() == [0, 1, 1, -1, -1]  # rye is in two classes here, by its name no one can tell which
    assert unknown == {"Rye": 1, "Winterweizen": 1}


def test_a_code_comes_before_a_name() -> None:
    assert table_of("A:One:B", "B:Two:A").labels(["A", "b"])[0].tolist() == [0, 1]


# Codes that the table lacks


def test_unknown_codes_go_to_a_class_of_the_user_s_choice() -> None:
    table = table_of("A:One", "B:Two")
    codes = ["A", "X", "B", "X", "Y", None, "", float("nan")]
    assert table.fallback_class is None
    for name, position, classes in (("Other crops", 2, 3), ("two", 1, 2), ("One", 0, 2)):
        chosen = table.with_fallback_class(name)
        labels, unknown = chosen.labels(codes)
        assert labels.tolist() == [0, position, 1, position, position, -1, -1, -1]
        assert unknown == {"X": 2, "Y": 1}
        assert len(chosen.classes) == classes
        assert chosen.fallback_class == chosen.classes[position]
        assert chosen.classes[:2] == table.classes


def test_the_choice_survives_the_way_through_a_model_file_and_a_second_one() -> None:
    table = table_of("A:One", "B:Two").with_fallback_class("Other crops")
    assert nomenclature.from_table(table.table()) == table
    assert table.with_fallback_class("Two").labels(["?"])[0].tolist() == [1]


def test_a_row_of_the_table_itself_may_take_all_others(tmp_path: Path) -> None:
    table = nomenclature.read(written(tmp_path, TABLE + "*,,Everything else,#808080\n"))
    assert table.fallback_class == CropClass("everything_else", "Everything else", "#808080")
    assert table.labels(["BTH", "zzz"])[0].tolist() == [0, 2]


@pytest.mark.parametrize("name", ["", " ", "?!"])
def test_a_class_for_unknown_codes_needs_a_name(name: str) -> None:
    with pytest.raises(BadArgument, match="unknown_class"):
        table_of("A:One").with_fallback_class(name)


@pytest.mark.parametrize(
    "values",
    [
        np.array([1200, 90, 1200]),
        np.array([1200.0, 90.0, 1200.0], dtype=np.float32),
        ["1200", " 90", "1200 "],
        pd.Series([1200, 90, 1200], dtype="Int32", index=[5, 5, 7]),
        pd.Series(["1200", "90", "1200"], dtype="category"),
    ],
)
def test_numeric_codes_are_the_same_text_in_every_type(values: object) -> None:
    table = nomenclature.from_values(values)
    assert [c.code for c in table.classes] == ["90", "1200"]  # by size, not by alphabet
    assert table.labels(values)[0].tolist() == [1, 0, 1]


def test_own_values_leave_out_nulls_and_take_names() -> None:
    table = nomenclature.from_values([1200.0, None, "Maize", "", float("nan"), 7.5], names={"1200": "Grass"})
    assert [(c.code, c.name) for c in table.classes] == [("1200", "Grass"), ("7.5", "7.5"), ("Maize", "Maize")]
    assert table.labels([None, "", 1200])[0].tolist() == [-1, -1, 0]


def test_no_values_make_no_class() -> None:
    assert nomenclature.from_values([]).classes == ()
    assert nomenclature.from_values([None, None]).labels([None])[0].tolist() == [-1]


def test_labels_of_a_whole_country_take_no_loop_over_parcels() -> None:
    table = nomenclature.read("paper")
    codes = np.array(["BTH", "VRC", "nowhere"], dtype=object)[np.random.default_rng(0).integers(0, 3, 1_000_000)]
    labels, unknown = table.labels(codes)
    assert (labels == table.labels(["BTH"])[0][0]).sum() == (codes == "BTH").sum()
    assert unknown == {"nowhere": int((codes == "nowhere").sum())}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Fruit, Vegetable, Flower", "fruit_vegetable_flower"),
        ("Aromatic/Medicinal Plant", "aromatic_medicinal_plant"),
        ("  Blé tendre ", "ble_tendre"),
        ("小麦", "小麦"),
        ("?!", ""),
    ],
)
def test_class_codes(name: str, code: str) -> None:
    assert nomenclature.slug(name) == code
