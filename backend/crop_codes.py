"""Crop codes: which text a field's value is, what a class table must be, and which class a value belongs to.

Standard library only and valid on Python 3.9: the plugin loads this file by path into QGIS's own interpreter, so that
the preview of a training counts exactly what the engine trains on.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Iterable, Mapping, Optional, Sequence

ANY_OTHER = "*"  # the code of a row that holds for every code no other row has
COLOUR = re.compile(r"#[0-9a-f]{6}")
PANDAS_NULLS = ("NAType", "NaTType")  # by name: pandas is not in QGIS's standard library


class BadRow(ValueError):
    """Raised when the rows make no class table; `line` is that of the row, `problem` what is wrong with it."""

    def __init__(self, path: object, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")
        self.path, self.line, self.problem = path, line, problem


# Texts


def as_code(value: Any) -> Optional[str]:
    """A field's value as a crop code: stripped text in NFC, whole numbers without their point.

    None for null (of Python, pandas or Qt), NaN and empty. What QGIS, pandas and numpy give for one value of a field
    becomes the same text.
    """
    if isinstance(value, str):
        return nfc(value).strip() or None
    if value is None or type(value).__name__ in PANDAS_NULLS or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, (Real, Decimal)) and not isinstance(value, bool):
        return _number(value)
    return nfc(str(value)).strip() or None


def _number(value: Any) -> Optional[str]:
    if isinstance(value, Integral):
        return str(int(value))
    number = float(value)
    if number != number:
        return None
    if number.is_integer():
        return str(int(number))
    # QGIS gives a field of single precision as doubles, 0.1 as 0.10000000149011612; numpy prints it as 0.1.
    short = float(f"{number:.7g}")
    (single,) = struct.unpack("f", struct.pack("f", short))
    return repr(short if single == number else number)


def nfc(text: str) -> str:
    """The text with its accents composed (Unicode's normal form C), in which codes are compared."""
    return unicodedata.normalize("NFC", text)


def caseless(text: str) -> str:
    """The text without regard to case and composition (Unicode's canonical caseless matching, D145)."""
    return nfc(unicodedata.normalize("NFD", text).casefold())


def folded_code(code: str) -> str:
    """A code without regard to case, leading zeros and the decimals of a whole number: `0110` and `110.0` are `110`."""
    number = re.fullmatch(r"0*([0-9]+)(?:\.0*)?", code)
    return number[1] if number else caseless(code)


def slug(name: str) -> str:
    """A class name as a code: `Fruit, Vegetable, Flower` becomes `fruit_vegetable_flower`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


# Classes


@dataclass(frozen=True)
class TableClass:
    """A class; `colour` is `#rrggbb`, `parent` the name of the class that it is grouped with where it is rare; each is
    empty where the table gives none.
    """

    code: str
    name: str
    colour: str = ""
    parent: str = ""


@dataclass(frozen=True)
class Crop:
    """A row of a class table: a crop code of the parcel layer, its name, and the position of its class."""

    code: str
    name: str
    position: int


@dataclass(frozen=True)
class ClassCount:
    """The parcels of a class, and the codes that brought them there."""

    of: TableClass
    parcels: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """`classes`: those with parcels; `unknown`: the parcels of each code that the table lacks, the most frequent first.

    The parcels of unknown codes are among `classes` where the table has a class for them; otherwise they are left out.
    """

    classes: tuple[ClassCount, ...]
    unknown: Mapping[str, int]


@dataclass(frozen=True)
class ClassTable:
    """The classes in their order, and the crops that belong to each."""

    classes: tuple[TableClass, ...]
    crops: tuple[Crop, ...]

    @property
    def fallback_class(self) -> Optional[int]:
        """The class of every code that no row has; None where such codes have none."""
        return self._exact.get(ANY_OTHER)

    def position(self, code: str) -> Optional[int]:
        """The class of a code as `as_code` gives it, None where no row has it, whatever `fallback_class` is.

        It matches a row's code exactly, then by `folded_code`, then a crop's name without regard to case, accents and
        punctuation; what would then belong to two classes matches neither.
        """
        if code in self._exact:
            return self._exact[code]
        found = self._folded.get(folded_code(code))
        return self._named.get(slug(code)) if found is None else found

    def count(self, codes: Mapping[str, int]) -> Counts:
        """What a training makes of a layer with so many parcels of each code (as `as_code` gives them)."""
        found = {code: self.position(code) for code in codes}
        unknown = {code: parcels for code, parcels in codes.items() if found[code] is None}
        members: dict[int, list[str]] = {}
        for code, own in found.items():
            position = self.fallback_class if own is None else own
            if position is not None:
                members.setdefault(position, []).append(code)
        counts = (
            ClassCount(self.classes[position], sum(codes[code] for code in members[position]), tuple(members[position]))
            for position in sorted(members)
        )
        return Counts(tuple(counts), dict(sorted(unknown.items(), key=lambda item: -item[1])))

    def differ_in_case(self) -> tuple[tuple[str, ...], ...]:
        """The names of classes, or their codes, that differ only in capitals: each such group, in the table's order."""
        groups = [
            *_alike_in_case(cls.name for cls in self.classes),
            *_alike_in_case(cls.code for cls in self.classes),
        ]
        return tuple(dict.fromkeys(groups))

    def with_fallback_class(self, name: str) -> ClassTable:
        """The table in which codes that it lacks belong to the class `name`, one of its own or a new one at its end.

        Raises BadRow for a name without a letter or digit.
        """
        same = (c for c in self.classes if nfc(name) in (nfc(c.code), nfc(c.name)) or slug(c.name) == slug(name))
        chosen = next(same, TableClass(slug(name), nfc(name).strip()))
        row = {"code": ANY_OTHER, "name": "", "class": chosen.name, "colour": "", "class_code": chosen.code}
        rows = [*(row for row in self.rows() if row["code"] != ANY_OTHER), row]
        return from_rows(list(enumerate(rows, 1)), "The class table")

    def rows(self) -> list[dict[str, str]]:
        """The rows `{code, name, class, colour, class_code}`, with `parent` where a class has one, for `from_rows`."""
        pairs = ((crop, self.classes[crop.position]) for crop in self.crops)
        return [{"code": crop.code, "name": crop.name, **class_cells(c)} for crop, c in pairs]

    # Each is made on first use: where every value is a class, the exact codes are enough.

    @cached_property
    def _exact(self) -> dict[str, int]:
        return {nfc(crop.code): crop.position for crop in reversed(self.crops)}  # the first row of a code counts

    @cached_property
    def _folded(self) -> dict[str, int]:
        return _of_one_class((folded_code(nfc(crop.code)), crop.position) for crop in self.crops)

    @cached_property
    def _named(self) -> dict[str, int]:
        return _of_one_class((slug(crop.name), crop.position) for crop in self.crops)


def class_cells(of: TableClass) -> dict[str, str]:
    """The cells of a row that are those of its class."""
    cells = {"class": of.name, "colour": of.colour, "class_code": of.code}
    return {**cells, "parent": of.parent} if of.parent else cells


def from_rows(rows: Sequence[tuple[int, Mapping[str, str]]], where: object) -> ClassTable:
    """The class table of rows `{code, name, class, colour}`, and `parent` where there is one, with their lines; raises
    BadRow with `where` and the line.

    A row's `class_code` is its class's code; without it the code is made from the class's name.
    """
    if not rows:
        raise BadRow(where, 1, "the table has no rows")
    classes: dict[str, _Class] = {}
    crops: dict[str, Crop] = {}
    for line, row in rows:
        try:
            _add(row, classes, crops)
        except ValueError as problem:
            raise BadRow(where, line, str(problem)) from problem
    found = (TableClass(code, c.name, c.colour, c.parent) for code, c in classes.items())
    return ClassTable(tuple(found), tuple(crops.values()))


def from_values(codes: Iterable[Optional[str]], names: Optional[Mapping[str, str]] = None) -> ClassTable:
    """Every distinct code (as `as_code` gives it) as a class of its own: numbers by size, then texts by alphabet.

    `names` gives the name of a code where it is known. None makes no class.
    """
    distinct = sorted({code for code in codes if code is not None}, key=_natural)
    classes = tuple(TableClass(code, (names or {}).get(code, code)) for code in distinct)
    return ClassTable(classes, tuple(Crop(c.code, c.name, position) for position, c in enumerate(classes)))


# Building and matching


@dataclass
class _Class:
    """A class while its rows are read; `colour` and `parent` are empty until a row gives them."""

    position: int
    name: str
    colour: str = ""
    parent: str = ""


def _add(row: Mapping[str, str], classes: dict[str, _Class], crops: dict[str, Crop]) -> None:
    """Adds a row's class and crop; the message of a ValueError describes the fault."""
    if not row["code"]:
        raise ValueError("the code is empty")
    # A model's rows stay as they are: those of version 0.1.0 may hold two compositions of a code as two classes.
    text = str if row.get("class_code") else nfc
    code, name = text(row["code"]), text(row["class"])
    position = _add_class(row.get("class_code") or slug(name), name, row["colour"].lower(), classes)
    _add_parent(text(row.get("parent") or "").strip(), list(classes.values())[position])
    crop = crops.setdefault(code, Crop(code, text(row["name"]) or code, position))
    if crop.position != position:
        other = list(classes.values())[crop.position].name
        raise ValueError(f"the code {crop.code} is in the class {other!r} already, here it is in {name!r}")


def _add_class(code: str, name: str, colour: str, classes: dict[str, _Class]) -> int:
    if not code:
        raise ValueError(f"the class needs a name with a letter or digit, found {name!r}")
    if colour and not COLOUR.fullmatch(colour):
        raise ValueError(f"the colour {colour!r} is not of the form #rrggbb")
    known = classes.setdefault(code, _Class(len(classes), name))
    if caseless(known.name) != caseless(name):
        raise ValueError(f"the class names {known.name!r} and {name!r} are too similar to distinguish")
    if colour and known.colour and known.colour != colour:
        raise ValueError(f"the class {known.name!r} has the colour {known.colour} already, here {colour}")
    known.colour = known.colour or colour
    return known.position


def _add_parent(name: str, known: _Class) -> None:
    """A class that is named as its own parent has none."""
    if name and not slug(name):
        raise ValueError(f"the parent needs a name with a letter or digit, found {name!r}")
    if slug(name) == slug(known.name):
        return
    if name and known.parent and slug(known.parent) != slug(name):
        raise ValueError(f"the class {known.name!r} has the parent {known.parent!r} already, here {name!r}")
    known.parent = known.parent or name


def _of_one_class(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Class positions by key, leaving out empty keys and those that would belong to two classes."""
    positions: dict[str, set[int]] = {}
    for key, position in pairs:
        positions.setdefault(key, set()).add(position)
    return {key: found.pop() for key, found in positions.items() if key and len(found) == 1}


def _alike_in_case(texts: Iterable[str]) -> list[tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = {}
    for text in texts:
        groups.setdefault(caseless(text), {})[nfc(text)] = None
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _natural(code: str) -> tuple[bool, int, str]:
    number = int(code) if re.fullmatch(r"-?[0-9]{1,18}", code) else None
    return (number is None, number or 0, code)
