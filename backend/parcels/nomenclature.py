"""Class tables: which crop code belongs to which class, under which name and colour."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

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

from backend.errors import BadArgument, BadClassTable
from backend.locations import resource
from backend.parcels import class_table
from backend.parcels.palette import palette
from backend.vocabulary import CropClass

NO_LABEL = -1
ANY_OTHER = "*"  # the code of a row that holds for every code no other row has
BUILT_IN = resource("nomenclatures")
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
    _known: tuple[Mapping[str, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        exact = {crop.code: crop.position for crop in self.crops}
        folded = _of_one_class((folded_code(crop.code), crop.position) for crop in self.crops)
        names = _of_one_class((slug(crop.name), crop.position) for crop in self.crops)
        object.__setattr__(self, "_known", (exact, folded, names))

    @property
    def mapping(self) -> dict[str, CropClass]:
        """The class of every crop code."""
        return {crop.code: self.classes[crop.position] for crop in self.crops}

    @property
    def others(self) -> CropClass | None:
        """The class of every code that no row has; None where such codes have none."""
        position = self._known[0].get(ANY_OTHER)
        return None if position is None else self.classes[position]

    def with_others_in(self, name: str) -> Nomenclature:
        """The table in which codes that it lacks belong to the class `name`, one of its own or a new one at its end.

        Raises BadArgument for a name without a letter or digit.
        """
        if not slug(name):
            raise BadArgument("unknown_class", "a class name with a letter or digit", name)
        own = next((c for c in self.classes if name in (c.code, c.name) or slug(c.name) == slug(name)), None)
        chosen = own or CropClass(slug(name), name.strip(), "")
        row = {"code": ANY_OTHER, "name": "", "class": chosen.name, "colour": "", "class_code": chosen.code}
        return from_table([*(row for row in self.table() if row["code"] != ANY_OTHER), row])

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
        frequent first; they have the label of `others` where there is such a class. A value matches a code exactly
        once stripped, else by `folded_code`, else a crop's name without regard to case, accents and punctuation. A
        null or empty value is no label, and not an unknown one.
        """
        inverse, texts = _factorised(codes)
        found = np.array([self._position(text) for text in texts] + [NO_LABEL], dtype=np.int64)
        counts = np.bincount(inverse[inverse >= 0], minlength=len(texts))
        unknown: Counter[str] = Counter()
        others = self._known[0].get(ANY_OTHER, NO_LABEL)
        for place, (text, count) in enumerate(zip(texts, counts, strict=True)):
            if text is not None and found[place] == NO_LABEL:
                unknown[text] += int(count)
                found[place] = others
        return found[inverse], dict(unknown.most_common())

    def _position(self, text: str | None) -> int:
        if text is None:
            return NO_LABEL
        keys = (text, folded_code(text), slug(text))
        return next((known[key] for known, key in zip(self._known, keys, strict=True) if key in known), NO_LABEL)


def built_in() -> tuple[str, ...]:
    """The names of the class tables that come with the product."""
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.csv")))


def read(source: str | Path) -> Nomenclature:
    """The class table in a CSV file, or a built-in one by its name (`paper`, `rpg_groups`).

    The columns are `code,name,class,colour`, in UTF-8. An empty name takes the code, an empty colour one of the
    palette. Raises BadClassTable with the line.
    """
    path = BUILT_IN / f"{source}.csv" if str(source) in built_in() else Path(source)
    try:
        rows = class_table.rows(path)
    except FileNotFoundError:
        raise BadClassTable(path, 0, f"there is no such file, nor a built-in table ({', '.join(built_in())})") from None
    return _build(path, rows)


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


def folded_code(code: str) -> str:
    """A code without regard to case, leading zeros and the decimals of a whole number: `0110` and `110.0` are `110`."""
    number = re.fullmatch(r"0*([0-9]+)(?:\.0*)?", code)
    return number[1] if number else code.casefold()


def slug(name: str) -> str:
    """A class name as a code: `Fruit, Vegetable, Flower` becomes `fruit_vegetable_flower`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


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


def _of_one_class(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Class positions by key, leaving out empty keys and those that would belong to two classes."""
    positions: dict[str, set[int]] = {}
    for key, position in pairs:
        positions.setdefault(key, set()).add(position)
    return {key: found.pop() for key, found in positions.items() if key and len(found) == 1}


def _factorised(values: Sequence[Any] | NDArray[Any] | pd.Series) -> tuple[NDArray[np.int64], list[str | None]]:
    """For each value the position of its distinct text (-1 for null), and those texts."""
    inverse, uniques = pd.factorize(pd.Series(values, dtype=None if len(values) else object))
    return inverse.astype(np.int64), [as_code(value) for value in uniques]


def _natural(code: str) -> tuple[bool, int, str]:
    number = int(code) if re.fullmatch(r"-?[0-9]{1,18}", code) else None
    return (number is None, number or 0, code)
