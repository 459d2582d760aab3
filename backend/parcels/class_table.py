"""The file of a class table: its rows with their lines, or what is wrong with it.

Standard library only and valid on Python 3.9: the plugin loads this file by path, too, so that its preview reads what
the engine reads. What the rows mean is in `backend/crop_codes.py`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Iterator, Mapping, Sequence

COLUMNS = ("code", "name", "class", "colour")
PARENT = "parent"  # a column that may be missing: the class that a rare one is grouped with
DELIMITERS = ",;\t"
MOST_MB = 16  # every crop code of a continent takes less than one
SAVE_AS = "save the table as CSV UTF-8"
# What is given in place of a CSV, by the first bytes of the file.
OTHER_FILES = (
    (b"PK\x03\x04", "a spreadsheet (xlsx, ods) or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (xls)"),
    (b"SQLite format 3", "a GeoPackage or another database"),
    (b"\xff\xfe", "UTF-16 text, Excel's 'Unicode Text'"),
    (b"\xfe\xff", "UTF-16 text"),
)


class BadFile(ValueError):
    """Raised when a file holds no class table; `line` is 0 when the whole file is meant."""

    def __init__(self, path: object, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}" if line else f"{path}: {problem}")
        self.path, self.line, self.problem = path, line, problem


def rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows `{code, name, class, colour}` of a CSV with the number of the line each begins on, and their `parent`
    where there is such a column.

    Cells are separated by commas, semicolons or tabs, as the header shows; they are stripped, and those missing at a
    line's end are empty. Blank lines and other columns are passed over. Raises FileNotFoundError, BadFile.
    """
    text = _text(path, _bytes(path))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    lines = _lines(path, reader)
    _, header = next(lines, (1, []))
    columns = _columns(path, header)
    return [
        (line, _row(path, line, columns, len(header), cells)) for line, cells in lines if any(map(str.strip, cells))
    ]


def _bytes(path: Path) -> bytes:
    try:
        folder, other = path.is_dir(), path.exists() and not path.is_file()
        data = b"" if folder or other else _start(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as reason:
        raise BadFile(path, 0, f"it cannot be read: {reason}") from reason
    if folder:
        raise BadFile(path, 0, "this is a folder; choose the CSV file itself")
    if other:
        raise BadFile(path, 0, "this is not a file; choose a CSV file")
    if len(data) > MOST_MB * 2**20:
        raise BadFile(path, 0, f"it has more than {MOST_MB} MB; a class table has a line for each crop code")
    return data


def _start(path: Path) -> bytes:
    """No more than shows that there is too much."""
    with path.open("rb") as file:
        return file.read(MOST_MB * 2**20 + 1)


def _text(path: Path, data: bytes) -> str:
    for start, kind in OTHER_FILES:
        if data.startswith(start):
            raise BadFile(path, 0, f"this is {kind}; {SAVE_AS}")
    if b"\0" in data:
        raise BadFile(path, _line_of(data, data.index(b"\0")), f"this line holds a zero byte, no text; {SAVE_AS}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        found = data[reason.start : reason.start + 1]
        guess = found.decode("cp1252", errors="replace")
        problem = f"this line is not UTF-8 (0x{found.hex()}, {guess!r} in Windows-1252); {SAVE_AS}"
        raise BadFile(path, _line_of(data, reason.start), problem) from reason


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _delimiter(text: str) -> str:
    """The one by which the first line falls into the most of our columns."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return max(DELIMITERS, key=lambda mark: len({_column(cell.strip('" ')) for cell in first.split(mark)} & {*COLUMNS}))


def _lines(path: Path, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on; a quoted cell may go over several."""
    while True:
        line = reader.line_num + 1  # type: ignore[attr-defined]
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as reason:
            raise BadFile(path, line, f"this line is not CSV, check its quotes: {reason}") from reason
        yield line, cells


def _column(cell: str) -> str:
    return cell.strip().lower()


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    found = [_column(cell) for cell in header]
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        names = ", ".join(cell for cell in found if cell) or "none"
        raise BadFile(path, 1, f"the column {', '.join(missing)} is missing; found {names}")
    twice = [name for name in (*COLUMNS, PARENT) if found.count(name) > 1]
    if twice:
        raise BadFile(path, 1, f"the column {', '.join(twice)} is there twice; leave one of them")
    return {name: found.index(name) for name in (*COLUMNS, PARENT) if name in found}


def _row(path: Path, line: int, columns: Mapping[str, int], width: int, cells: Sequence[str]) -> dict[str, str]:
    if any(map(str.strip, cells[width:])):
        problem = f"this line has {len(cells)} cells, the header {width}; quote a text that holds the separator"
        raise BadFile(path, line, problem)
    return {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
