"""How field values become classes: as they are, or through a class table; and what that means for a layer."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import re
import unicodedata
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
    """Class and colour by the keys of codes and names, from a CSV with the columns code, name, class, colour.

    Raises UnreadableTable. The engine reads the table with care and names its faults by line; this is for the preview.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableTable(f"{path}: {error}") from error
    head = text.split("\n", 1)[0]
    rows = list(csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=head.count)))
    if not rows or not {"code", "class"} <= set(rows[0]):
        raise UnreadableTable(f"{path}: expected the columns code, name, class, colour")
    told = [(row, ((row["class"] or "").strip(), (row.get("colour") or "").strip())) for row in rows if row["code"]]
    names: dict[str, set[tuple[str, str]]] = {}
    for row, found in told:
        names.setdefault(_name_key(row.get("name") or ""), set()).add(found)
    of_one_class = {key: found.pop() for key, found in names.items() if key and len(found) == 1}
    return {**of_one_class, **{_key(row["code"]): found for row, found in told}}


def group(
    counts: Mapping[str, int], table: Optional[Mapping[str, tuple[str, str]]], others: str = ""
) -> tuple[list[ClassShare], int]:
    """Classes, largest first, and the parcels whose value the table lacks and which no class `others` takes.

    Without a table each value is a class.
    """
    classes: dict[str, tuple[str, list[str], int]] = {}
    left_out = 0
    for value, parcels in counts.items():
        name, colour = (value, "") if table is None else _class_of(value, table, others)
        if not name:
            left_out += parcels
            continue
        known, values, total = classes.get(name, ("", [], 0))
        classes[name] = (known or colour, [*values, value], total + parcels)
    shares = [ClassShare(name, colour, total, tuple(values)) for name, (colour, values, total) in classes.items()]
    return sorted(shares, key=lambda share: (-share.parcels, share.name)), left_out


def _class_of(value: str, table: Mapping[str, tuple[str, str]], others: str) -> tuple[str, str]:
    found = table.get(_key(value)) or table.get(_name_key(value))
    if found:
        return found
    own = next((pair for pair in table.values() if others and _name_key(pair[0]) == _name_key(others)), None)
    return own or ((others, "") if others else table.get("*", ("", "")))


def _key(code: str) -> str:
    """As the engine matches codes: without regard to case, leading zeros and the decimals of a whole number."""
    number = re.fullmatch(r"\s*0*([0-9]+)(?:\.0*)?\s*", code)
    return number[1] if number else code.strip().casefold()


def _name_key(name: str) -> str:
    """As the engine matches names: without regard to case, accents and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")
