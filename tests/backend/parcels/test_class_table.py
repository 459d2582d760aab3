"""Files of class tables as they come: of any spreadsheet, damaged, or no table at all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.errors import BadClassTable
from backend.parcels import class_table, nomenclature

TABLE = "code,name,class,colour\nBTH,Blé tendre d'hiver,Cereal,#e3a81c\nMIS,Maïs,Cereal,\nVRC,,Grapevine,#6D2494\n"


def refusal(path: Path) -> str:
    with pytest.raises(BadClassTable) as caught:
        nomenclature.read(path)
    assert caught.value.code == "classes.invalid_table"
    assert str(path) in caught.value.message
    return caught.value.message


def refused(folder: Path, content: bytes, name: str = "table.csv") -> str:
    (folder / name).write_bytes(content)
    return refusal(folder / name)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    """As pandas writes it, which quotes where a text holds the separator, a quote or a line's end."""
    names = ['He said "wheat"', "Maize; grain, wet\there", "two\nlines", " é "]
    frame = pd.DataFrame({"code": ["A", "0110", "C", "D"], "name": names, "class": "One", "colour": "#102030"})
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False, sep=separator, encoding=encoding, lineterminator=end)
    found = class_table.rows(path)
    expected = [{key: str(value).strip() for key, value in row.items()} for row in frame.to_dict("records")]
    assert [{key: text.replace("\r\n", "\n") for key, text in row.items()} for _, row in found] == expected
    assert [line for line, _ in found] == [2, 3, 4, 6]


def test_a_separator_in_the_other_columns_does_not_mislead(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("code;name;class;colour;a,b,c,d,e\nX;Y;Z;;1,2\n")
    assert class_table.rows(path) == [(2, {"code": "X", "name": "Y", "class": "Z", "colour": ""})]


def test_empty_cells_that_spreadsheets_leave_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("code,name,class,colour,,\nX,Y,Z,,,,,,\n,,,\n\nV,W,Z\n")
    assert [(line, row["code"]) for line, row in class_table.rows(path)] == [(2, "X"), (5, "V")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLE + "SOJ,Soya, green,Oilseed,#00ff00\n", "line 5: this line has 5 cells, the header 4"),
        (TABLE + 'SOJ,"Soya,Oilseed,\nTRN,Sunflower,Oilseed,\n', "line 5: this line is not CSV, check its quotes"),
        (TABLE + 'SOJ,"Soya" green,Oilseed,\n', "line 5: this line is not CSV, check its quotes"),
        ("code,name,class,colour,Code\nA,B,C,,D\n", "line 1: the column code is there twice"),
        (
            "code|name|class|colour\nA|B|C|\n",
            "line 1: the column code, name, class, colour is missing; found code|",
        ),
        (TABLE + "SOJ,Soya,,\n", "line 5: the class needs a name"),
        (TABLE + "SOJ,Soya,???,\n", "line 5: the class needs a name with a letter or digit, found '???'"),
        (TABLE + "SOJ,Soya,Oilseed,red\n", "line 5: the colour 'red' is not of the form #rrggbb"),
        (
            TABLE + "SOJ," + "x" * 200_000 + ",Oilseed,\n",
            "line 5: this line is not CSV, check its quotes: field",
        ),
    ],
)
def test_what_is_wrong_with_a_line(tmp_path: Path, text: str, said: str) -> None:
    message = refused(tmp_path, text.encode())
    assert said in message, message


def test_another_encoding_is_named_with_the_character(tmp_path: Path) -> None:
    text = "code,name,class,colour\nORH,Orge,Cereal,\nBTH,Blé,Cereal,\n"
    message = refused(tmp_path, text.encode("cp1252"))
    assert "line 3: this line is not UTF-8 (0xe9, 'é' in Windows-1252); save the table as CSV UTF-8" in message
    assert "this is UTF-16 text, Excel's 'Unicode Text'" in refused(tmp_path, text.encode("utf-16"))
    assert "line 1: this line holds a zero byte" in refused(tmp_path, text.encode("utf-16-le"))
    assert "line 2: this line holds a zero byte" in refused(tmp_path, b"code,name,class,colour\nA,\0,B,\n")


def test_other_kinds_of_files_are_called_by_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "table.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "this is a spreadsheet (xlsx, ods)" in refusal(tmp_path / "table.xlsx")
    assert "this is an old Excel file" in refused(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1"), "table.xls")
    assert "this is a GeoPackage" in refused(tmp_path, b"SQLite format 3\0", "parcels.gpkg")
    assert "this is a folder; choose the CSV file itself" in refusal(tmp_path)
    assert "there is no such file, nor a built-in table (" in refusal(tmp_path / "nowhere.csv")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_what_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "this is not a file" in refusal(tmp_path / "pipe")


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "table.csv").open("wb") as file:
        file.write(TABLE.encode())
        file.truncate(1 << 40)
    assert "it has more than 16 MB" in refusal(tmp_path / "table.csv")


def test_a_table_of_many_codes_is_read(tmp_path: Path) -> None:
    lines = (f"{n:06d},Crop {n},Class {n % 50}," for n in range(20_000))
    (tmp_path / "t.csv").write_text("\n".join(["code,name,class,colour", *lines]))
    table = nomenclature.read(tmp_path / "t.csv")
    assert (len(table.classes), len(table.crops), table.mapping["000051"].name) == (50, 20_000, "Class 1")


CELLS = [
    "a",
    "A",
    "é",
    ",",
    ";",
    "\t",
    '"',
    "\n",
    "\r",
    "\0",
    " ",
    "#12ab34",
    "+",
    "*",
    "0110",
    "ß",
    "\u2028",
    "\ufeff",
]


@settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(b'code,name,class,colour\na,"')
@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(st.sampled_from(CELLS), max_size=60).map(
            lambda parts: ("code,name,class,colour\n" + "".join(parts)).encode()
        ),
        st.builds(
            lambda at, length, new: TABLE.encode()[:at] + new + TABLE.encode()[at + length :],
            st.integers(0, len(TABLE)), st.integers(0, 30), st.binary(max_size=6),
        ),
    )
)  # fmt: skip
def test_any_bytes_are_a_table_or_a_refusal_that_names_the_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(data)
    try:
        table = nomenclature.read(path)
    except BadClassTable as error:
        assert error.message.startswith(str(path))
        return
    assert table.crops
    assert nomenclature.from_table(table.table()) == table
