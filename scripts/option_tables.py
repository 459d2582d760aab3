"""Writes the tables of options into `docs/contracts.md`, from `backend/options.py`; a test compares the two.

python scripts/option_tables.py
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "contracts.md"
START, END = "<!-- options: written by scripts/option_tables.py -->", "<!-- end of options -->"


def tables() -> str:
    """The options of each command by name, then what each option is, group by group."""
    table = runpy.run_path(str(ROOT / "backend" / "options.py"))
    rows = table["OPTIONS"]
    commands = dict.fromkeys(command for row in rows for command in row.commands)
    names = [f"| {command} | {', '.join(row.name for row in table['options_of'](command))} |" for command in commands]
    parts = ["\n".join(["| command | options |", "|---|---|", *names])]
    for group in dict.fromkeys(row.group for row in rows):
        own = [_line(row, table) for row in rows if row.group == group]
        head = f"| {group} | commands | value | if not given | meaning |"
        parts.append("\n".join([head, "|---|---|---|---|---|", *own]))
    return "\n\n".join(parts)


def _line(row: Any, table: Mapping[str, Any]) -> str:
    several = ", several" if row.repeated else ""
    value = row.expected.replace(" or ", ", ") if row.choices else row.expected
    cells = (f"`{row.name}`", ", ".join(row.commands), f"{value}{several}", _if_not_given(row, table), row.help)
    return f"| {' | '.join(cells)} |"


def _if_not_given(row: Any, table: Mapping[str, Any]) -> str:
    if row.required:
        return "required"
    found = dict.fromkeys(table["if_not_given"](row, command) for command in row.commands)
    return "; when classifying ".join(filter(None, found))


def page(text: str) -> str:
    """The page with the tables of now between the two marks."""
    before, rest = text.split(START)
    return f"{before}{START}\n\n{tables()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
