"""Tables for people as CSV: a text that a spreadsheet would run as a formula stays a text.

Standard library only and valid on Python 3.9: the plugin loads this file by path.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from typing import Any, Iterable, Mapping, Sequence, TextIO

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width characters as well


def cell(value: Any) -> Any:
    """The value, a text with an apostrophe before it where a spreadsheet would evaluate it; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and text == text.strip() and "_" not in text


def write_rows(stream: TextIO, rows: Iterable[Sequence[Any]], line_end: str = "\r\n") -> None:
    """Writes rows of cells."""
    csv.writer(stream, lineterminator=line_end).writerows([cell(value) for value in row] for row in rows)


def write_records(stream: TextIO, columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Writes a head and a row for each record: only these columns, empty where a record has none."""
    write_rows(stream, [columns, *([record.get(name) for name in columns] for record in records)])
