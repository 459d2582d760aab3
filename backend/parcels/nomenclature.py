"""Class tables in the engine: built-in ones by name, a colour for every class, labels as arrays."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend import crop_codes
from backend.crop_codes import ClassTable, Crop, as_code, slug
from backend.errors import BadArgument, BadClassTable
from backend.locations import resource
from backend.parcels import class_table
from backend.parcels.palette import palette
from backend.rare_classes import Group, grouped
from backend.vocabulary import CropClass

NO_LABEL = -1
BUILT_IN = resource("nomenclatures")
OF_ONE_KIND = ("string", "integer", "floating", "boolean", "empty")  # values that are equal have the same code


@dataclass(frozen=True)
class Nomenclature:
    """A class table, each of whose classes has a colour."""

    matcher: ClassTable

    @cached_property
    def classes(self) -> tuple[CropClass, ...]:
        """The classes in their order."""
        return tuple(CropClass(c.code, c.name, c.colour) for c in self.matcher.classes)

    @property
    def crops(self) -> tuple[Crop, ...]:
        """The rows: a crop's code, its name, the position of its class."""
        return self.matcher.crops

    @property
    def mapping(self) -> dict[str, CropClass]:
        """The class of every crop code."""
        return {crop.code: self.classes[crop.position] for crop in self.crops}

    @property
    def fallback_class(self) -> CropClass | None:
        """The class of every code that no row has; None where such codes have none."""
        position = self.matcher.fallback_class
        return None if position is None else self.classes[position]

    def with_fallback_class(self, name: str) -> Nomenclature:
        """The table in which codes that it lacks belong to the class `name`, one of its own or a new one at its end.

        Raises BadArgument for a name without a letter or digit.
        """
        if not slug(name):
            raise BadArgument("unknown_class", "a class name with a letter or digit", name)
        return Nomenclature(_coloured(self.matcher.with_fallback_class(name)))

    def grouped(self, parcels: Sequence[int], needed: int) -> tuple[Nomenclature, tuple[Group, ...]]:
        """The table with rare classes in their parents, and the groups, as `rare_classes.grouped` makes them."""
        table, groups = grouped(self.matcher, parcels, needed)
        return Nomenclature(_coloured(table)), groups

    def regrouped(self, homes: Mapping[str, CropClass]) -> Nomenclature:
        """The table with other classes, of its own or new, in place of those with the codes in `homes`."""
        own = {crop.code: crop for crop in self.classes}
        rows = []
        for row in self.table():
            home = homes.get(row["class_code"])
            taken = own.get(home.code, home) if home else None
            cells = {"class": taken.name, "colour": taken.colour, "class_code": taken.code} if taken else {}
            rows.append({**row, **cells})
        return from_table(rows)

    def table(self) -> list[dict[str, str]]:
        """The rows `{code, name, class, colour, class_code}` that a model file keeps; `from_table` reads them back."""
        return [{name: cell for name, cell in row.items() if name != class_table.PARENT} for row in self.matcher.rows()]

    def labels(self, codes: Sequence[Any] | NDArray[Any] | pd.Series) -> tuple[NDArray[np.int64], dict[str, int]]:
        """Class positions of crop codes, and the codes that no class holds.

        Returns `(parcels,)` int64 with -1 where there is no label, and the count of each unknown code, the most
        frequent first; they have the label of the `fallback_class` where there is one. A value matches as
        `crop_codes.ClassTable.position` describes. A null or empty value is no label, and not an unknown one.
        """
        inverse, texts = _factorised(codes)
        counts = np.bincount(inverse[inverse >= 0], minlength=len(texts))
        fallback = NO_LABEL if self.matcher.fallback_class is None else self.matcher.fallback_class
        labels = np.full(len(texts) + 1, NO_LABEL, dtype=np.int64)  # the last is that of null
        unknown: Counter[str] = Counter()
        for row, (text, parcels) in enumerate(zip(texts, counts, strict=True)):
            if text is None:
                continue
            position = self.matcher.position(text)
            labels[row] = fallback if position is None else position
            if position is None:
                unknown[text] += int(parcels)
        return labels[inverse], dict(unknown.most_common())


def built_in() -> tuple[str, ...]:
    """The names of the class tables that come with the product."""
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.csv")))


def read(source: str | Path) -> Nomenclature:
    """The class table in a CSV file, or a built-in one by its name (`paper`, `rpg_groups`).

    The columns are `code,name,class,colour`, and `parent` where rare classes may be grouped, in UTF-8. An empty name
    takes the code, an empty colour one of the palette. Raises BadClassTable with the line.
    """
    path = BUILT_IN / f"{source}.csv" if str(source) in built_in() else Path(source)
    try:
        with _refusals():
            return Nomenclature(_coloured(crop_codes.from_rows(class_table.rows(path), path)))
    except FileNotFoundError:
        raise BadClassTable(path, 0, f"there is no such file, nor a built-in table ({', '.join(built_in())})") from None


def from_table(rows: Iterable[Mapping[str, str]], where: object = "The class table") -> Nomenclature:
    """The class table from rows `{code, name, class, colour}`; raises BadClassTable with the row's number.

    A row's `class_code` is its class's code; without it the code is made from the class's name.
    """
    with _refusals():
        return Nomenclature(_coloured(crop_codes.from_rows(list(enumerate(rows, 1)), where)))


def from_values(
    values: Sequence[Any] | NDArray[Any] | pd.Series, names: Mapping[str, str] | None = None
) -> Nomenclature:
    """Every distinct value of a crop field as a class of its own: numbers by size, then texts in alphabetical order.

    `names` gives the name of a code where it is known. Nulls, NaN and empty texts make no class.
    """
    return Nomenclature(_coloured(crop_codes.from_values(_factorised(values)[1], names)))


@contextmanager
def _refusals() -> Iterator[None]:
    """Errors of the shared module as the engine's error."""
    try:
        yield
    except (class_table.BadFile, crop_codes.BadRow) as problem:
        raise BadClassTable(problem.path, problem.line, problem.problem) from problem


def _coloured(table: ClassTable) -> ClassTable:
    given = [c.colour for c in table.classes if c.colour]
    fresh = iter(palette(len(table.classes) - len(given), given))
    return replace(table, classes=tuple(replace(c, colour=c.colour or next(fresh)) for c in table.classes))


def _factorised(values: Sequence[Any] | NDArray[Any] | pd.Series) -> tuple[NDArray[np.int64], list[str | None]]:
    """For each value the position of a text (-1 for null), and the texts, of which some may be the same."""
    series = pd.Series(values, dtype=None if isinstance(values, (np.ndarray, pd.Series)) else object)
    if series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) not in OF_ONE_KIND:
        series = pd.Series([as_code(value) for value in series], dtype=object)  # pandas takes 1 and True for the same
    inverse, uniques = pd.factorize(series)
    return inverse.astype(np.int64), [as_code(value) for value in uniques]
