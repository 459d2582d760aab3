"""Tables that compare models, as Markdown, CSV and JSON; the table documents are those of docs/contracts.md."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.reports.document import plain
from backend.reports.writing import write_all
from backend.spreadsheet import write_records

Table = Mapping[str, Any]


def write_table(table: Table, folder: Path) -> Path:
    """Writes NAME.md, .csv and .json into the folder; returns the Markdown's path. Raises NotWritable, DiskFull."""
    stem = folder / table["name"]
    content = {
        ".csv": as_csv(table).encode("utf-8-sig"),  # spreadsheets need the byte order mark
        ".json": (json.dumps(plain(table), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode(),
        ".md": as_markdown(table).encode(),
    }
    write_all({stem.with_name(stem.name + ending): data for ending, data in content.items()})
    return stem.with_name(f"{stem.name}.md")


def as_markdown(table: Table, known: Collection[str] = ()) -> str:
    """Heading, the notes that are not in `known`, and the columns as people read them."""
    head = [column["title"] for column in table["columns"]]
    rule = ["---" if column["form"] == "text" else "---:" for column in table["columns"]]
    cells = [[cell(row, column) for column in table["columns"]] for row in table["rows"]]
    lines = [f"| {' | '.join(row)} |" for row in (head, rule, *cells)]
    notes = "".join(f"{note}\n\n" for note in table["notes"] if note not in known)
    return f"## {table['title']}\n\n{notes}" + "\n".join(lines) + "\n"


def as_csv(table: Table) -> str:
    """All values of the rows, not only the displayed ones; shares are 0..1, unknown values are empty cells."""
    text = io.StringIO()
    keys = list(dict.fromkeys(key for row in table["rows"] for key in row))
    write_records(text, keys, table["rows"])
    return text.getvalue()


def cell(row: Mapping[str, Any], column: Mapping[str, str]) -> str:
    """The text of a cell: `spread`, `change` and `figure` use KEY_mean and KEY_std; a figure is not in per cent."""
    key, form = column["key"], column["form"]
    if form == "figure":
        mean, std = row.get(f"{key}_mean"), row.get(f"{key}_std")
        return "-" if mean is None else f"{mean:.3f}" + ("" if std is None else f" ± {std:.3f}")
    if form in ("spread", "change"):
        sign = "+z" if form == "change" else ""
        mean, std = row.get(f"{key}_mean"), row.get(f"{key}_std")
        return "-" if mean is None else f"{100 * mean:{sign}.1f}" + ("" if std is None else f" ± {100 * std:.1f}")
    value = row.get(key)
    return "-" if value is None else _FORMS[form](value)


_FORMS = {
    "text": lambda value: str(value).replace("|", r"\|"),
    "count": lambda value: f"{value:,}",
    "signed": lambda value: f"{value:+,}",
    "percent": lambda value: f"{100 * value:.1f}",
    "points": lambda value: f"{100 * value:+z.1f}",
}


def as_page(
    title: str, introduction: Sequence[str], tables: Sequence[Table], pictures: Mapping[str, Sequence[str]]
) -> str:
    """One Markdown page of all tables, each note once; `pictures` are file names by the table that they follow."""
    parts, written = [f"# {title}\n", *(f"{paragraph}\n" for paragraph in introduction)], set[str]()
    for table in tables:
        parts.append(as_markdown(table, written))
        written |= {*table["notes"]}
        parts += [f"![{Path(name).stem}]({name})\n" for name in pictures.get(table["name"], ())]
    return "\n".join(parts)
