"""How field values become classes: as they are, or through a class table; and what that means for a layer."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional

from ..engine.locate import engine_root

FOLDER = engine_root() / "resources" / "nomenclatures"


@dataclass(frozen=True)
class ClassShare:
    """A class as a layer would give it; `values` are the field's values that fall into it."""

    name: str
    colour: str
    parcels: int
    values: tuple[str, ...]


class UnreadableTable(ValueError):
    """Raised when a file is no class table; `str()` is fit to be shown."""


def read_table(path: Path) -> dict[str, tuple[str, str]]:
    """Code to class and colour, from a CSV with the columns code, name, class, colour. Raises UnreadableTable.

    The engine reads the table with care and names its faults by line; this is for the preview alone.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableTable(f"{path}: {error}") from error
    head = text.split("\n", 1)[0]
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ","))
    if not rows or not {"code", "class"} <= set(rows[0]):
        raise UnreadableTable(f"{path}: expected the columns code, name, class, colour")
    return {_key(row["code"]): (row["class"].strip(), (row.get("colour") or "").strip()) for row in rows if row["code"]}


def group(counts: Mapping[str, int], table: Optional[Mapping[str, tuple[str, str]]]) -> tuple[list[ClassShare], int]:
    """Classes, largest first, and the parcels whose value the table lacks; without a table each value is a class."""
    classes: dict[str, tuple[str, list[str], int]] = {}
    left_out = 0
    for value, parcels in counts.items():
        name, colour = (value, "") if table is None else table.get(_key(value), ("", ""))
        if not name:
            left_out += parcels
            continue
        _, values, total = classes.get(name, (colour, [], 0))
        classes[name] = (colour, [*values, value], total + parcels)
    shares = [ClassShare(name, colour, total, tuple(values)) for name, (colour, values, total) in classes.items()]
    return sorted(shares, key=lambda share: (-share.parcels, share.name)), left_out


def _key(code: str) -> str:
    return code.strip().casefold()
