"""Class tables: which crop code belongs to which class, under which name and colour."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.errors import BadClassTable
from backend.parcels.palette import palette
from backend.vocabulary import CropClass

COLUMNS = ("code", "name", "class", "colour")
NO_LABEL = -1
BUILT_IN = Path(__file__).resolve().parents[2] / "resources" / "nomenclatures"
COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Crop:
    """A row of a class table: a crop code of the parcel layer, its name, and the position of its class."""

    code: str
    name: str
    position: int


@dataclass(frozen=True)
class Nomenclature:
    """The classes in their order, and the crops that belong to each."""

    classes: tuple[CropClass, ...]
    crops: tuple[Crop, ...]
    _exact: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _folded: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_exact", {crop.code: crop.position for crop in self.crops})
        object.__setattr__(self, "_folded", _folded(self.crops))

    @property
    def mapping(self) -> dict[str, CropClass]:
        """The class of every crop code."""
        return {crop.code: self.classes[crop.position] for crop in self.crops}

    def table(self) -> list[dict[str, str]]:
        """The rows `{code, name, class, colour, class_code}` that a model file keeps; `from_table` reads them back."""
        rows = ((crop, self.classes[crop.position]) for crop in self.crops)
        return [
            {"code": crop.code, "name": crop.name, "class": c.name, "colour": c.colour, "class_code": c.code}
            for crop, c in rows
        ]

    def labels(self, codes: Sequence[Any] | NDArray[Any] | pd.Series) -> tuple[NDArray[np.int64], dict[str, int]]:
        """Class positions of crop codes, and the codes that no class holds.

        Returns `(parcels,)` int64 with -1 where there is no label, and the count of each unknown code, the most
        frequent first. Codes match exactly once stripped, else without regard to case. A null or empty code is no
        label, and not an unknown one.
        """
        inverse, texts = _factorised(codes)
        found = np.array([self._position(text) for text in texts] + [NO_LABEL], dtype=np.int64)
        counts = np.bincount(inverse[inverse >= 0], minlength=len(texts))
        unknown: Counter[str] = Counter()
        for text, count, position in zip(texts, counts, found, strict=False):
            if text is not None and position == NO_LABEL:
                unknown[text] += int(count)
        return found[inverse], dict(unknown.most_common())

    def _position(self, code: str | None) -> int:
        if code is None:
            return NO_LABEL
        return self._exact.get(code, self._folded.get(code.casefold(), NO_LABEL))


def built_in() -> tuple[str, ...]:
    """The names of the class tables that come with the product."""
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.csv")))


def read(source: str | Path) -> Nomenclature:
    """The class table in a CSV file, or a built-in one by its name (`paper`, `rpg_groups`).

    The columns are `code,name,class,colour`, separated by commas or semicolons, in UTF-8. An empty name takes the
    code, an empty colour one of the palette. Raises BadClassTable with the line.
    """
    path = BUILT_IN / f"{source}.csv" if str(source) in built_in() else Path(source)
    return _build(path, _rows(path, _text(path)))


def from_table(rows: Iterable[Mapping[str, str]], where: object = "The class table") -> Nomenclature:
    """The class table from rows `{code, name, class, colour}`; raises BadClassTable with the row's number.

    A row's `class_code` is its class's code; without it the code is made from the class's name.
    """
    return _build(where, [(number, row) for number, row in enumerate(rows, 1)])


def from_values(
    values: Sequence[Any] | NDArray[Any] | pd.Series, names: Mapping[str, str] | None = None
) -> Nomenclature:
    """Every distinct value of a crop field as a class of its own: numbers by size, then texts by alphabet.

    `names` gives the name of a code where it is known. Nulls, NaN and empty texts make no class.
    """
    codes = sorted({text for text in _factorised(values)[1] if text is not None}, key=_natural)
    colours = palette(len(codes))
    called = [(names or {}).get(code, code) for code in codes]
    classes = tuple(CropClass(*parts) for parts in zip(codes, called, colours, strict=True))
    return Nomenclature(classes, tuple(Crop(c.code, c.name, position) for position, c in enumerate(classes)))


def as_code(value: Any) -> str | None:
    """A field's value as a crop code: stripped text, whole floats without their point; None for null, NaN and empty."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if np.isnan(number):
            return None
        return f"{number:.0f}" if number.is_integer() and not isinstance(value, Integral) else str(value)
    return str(value).strip() or None


def slug(name: str) -> str:
    """A class name as a code: `Fruit, Vegetable, Flower` becomes `fruit_vegetable_flower`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


# Reading


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadClassTable(path, 0, f"there is no such file, nor a built-in table ({', '.join(built_in())})") from None
    except (OSError, ValueError) as reason:
        raise BadClassTable(path, 0, f"it cannot be read: {reason}") from reason
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = data.count(b"\n", 0, reason.start) + 1
        raise BadClassTable(path, line, "this line is not UTF-8; save the table as CSV UTF-8") from reason


def _rows(path: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    """The rows with the number of the line each ends on; blank lines are passed over."""
    header, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ",")
    try:
        columns = _columns(path, next(reader, []))
        return [(reader.line_num, _row(columns, cells)) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as reason:
        raise BadClassTable(path, reader.line_num, f"this line is no CSV: {reason}") from reason


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    found = [cell.strip().lower() for cell in header]
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        names = ", ".join(cell for cell in found if cell) or "none"
        raise BadClassTable(path, 1, f"the column {', '.join(missing)} is missing; found {names}")
    return {name: found.index(name) for name in COLUMNS}


def _row(columns: Mapping[str, int], cells: Sequence[str]) -> dict[str, str]:
    return {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}


# Building


@dataclass
class _Class:
    """A class while its rows are read; `colour` is empty until a row gives it."""

    position: int
    name: str
    colour: str = ""


def _build(where: object, rows: Sequence[tuple[int, Mapping[str, str]]]) -> Nomenclature:
    if not rows:
        raise BadClassTable(where, 1, "the table has no rows")
    classes: dict[str, _Class] = {}
    crops: dict[str, Crop] = {}
    for line, row in rows:
        try:
            _add(row, classes, crops)
        except ValueError as problem:
            raise BadClassTable(where, line, str(problem)) from problem
    return Nomenclature(_coloured(classes), tuple(crops.values()))


def _add(row: Mapping[str, str], classes: dict[str, _Class], crops: dict[str, Crop]) -> None:
    """Adds a row's class and crop; ValueError says what is wrong with the row."""
    if not row["code"]:
        raise ValueError("the code is empty")
    position = _add_class(row.get("class_code") or slug(row["class"]), row["class"], row["colour"].lower(), classes)
    crop = crops.setdefault(row["code"], Crop(row["code"], row["name"] or row["code"], position))
    if crop.position != position:
        other = list(classes.values())[crop.position].name
        raise ValueError(f"the code {crop.code} is in the class {other!r} already, here it is in {row['class']!r}")


def _add_class(code: str, name: str, colour: str, classes: dict[str, _Class]) -> int:
    if not code:
        raise ValueError(f"the class needs a name with a letter or digit, found {name!r}")
    if colour and not COLOUR.fullmatch(colour):
        raise ValueError(f"the colour {colour!r} is not of the form #rrggbb")
    known = classes.setdefault(code, _Class(len(classes), name))
    if known.name.casefold() != name.casefold():
        raise ValueError(f"the class names {known.name!r} and {name!r} are too alike to tell apart")
    if colour and known.colour and known.colour != colour:
        raise ValueError(f"the class {known.name!r} has the colour {known.colour} already, here {colour}")
    known.colour = known.colour or colour
    return known.position


def _coloured(classes: Mapping[str, _Class]) -> tuple[CropClass, ...]:
    given = [c.colour for c in classes.values() if c.colour]
    fresh = iter(palette(len(classes) - len(given), given))
    return tuple(CropClass(code, c.name, c.colour or next(fresh)) for code, c in classes.items())


# Matching


def _folded(crops: Iterable[Crop]) -> dict[str, int]:
    """Positions by code without regard to case, leaving out codes that would then belong to two classes."""
    positions: dict[str, set[int]] = {}
    for crop in crops:
        positions.setdefault(crop.code.casefold(), set()).add(crop.position)
    return {code: found.pop() for code, found in positions.items() if len(found) == 1}


def _factorised(values: Sequence[Any] | NDArray[Any] | pd.Series) -> tuple[NDArray[np.int64], list[str | None]]:
    """For each value the position of its distinct text (-1 for null), and those texts."""
    inverse, uniques = pd.factorize(pd.Series(values, dtype=None if len(values) else object))
    return inverse.astype(np.int64), [as_code(value) for value in uniques]


def _natural(code: str) -> tuple[bool, int, str]:
    number = int(code) if re.fullmatch(r"-?[0-9]{1,18}", code) else None
    return (number is None, number or 0, code)
