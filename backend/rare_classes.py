"""Classes with few parcels, grouped with the class that the table names as their parent.

Standard library only and valid on Python 3.9, as `backend/crop_codes.py`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Mapping, Sequence

from .crop_codes import ClassTable, TableClass, class_cells, from_rows, nfc, slug


@dataclass(frozen=True)
class Group:
    """A class of the grouped table with all its `parcels`, and the rare classes that are now part of it with theirs."""

    of: TableClass
    parcels: int
    members: tuple[tuple[TableClass, int], ...]


def has_parents(table: ClassTable) -> bool:
    return any(cls.parent for cls in table.classes)


def grouped(table: ClassTable, parcels: Sequence[int], needed: int) -> tuple[ClassTable, tuple[Group, ...]]:
    """The table in which a class with at least one and fewer than `needed` parcels belongs to its parent, and the
    groups that this makes. `parcels` has a number for each class.

    A parent is a class of the table, by its code or name, or a new class. A group that is still rare goes on to the
    parent of its class, if that has one. A class without parcels stays: no model learns it under another name.
    """
    known = {cls.code: cls for cls in table.classes}
    count = {cls.code: number for cls, number in zip(table.classes, parcels)}
    home = {code: code for code in known}  # the class that the crops of each class of the table belong to now
    moved: set[str] = set()
    while moving := _moving(known, count, needed, moved):
        for code, parent in moving.items():
            known.setdefault(parent.code, parent)
            count[parent.code] = count.get(parent.code, 0) + count.pop(code)
            home = {own: parent.code if now == code else now for own, now in home.items()}
            moved.add(code)
    rows = [
        {"code": crop.code, "name": crop.name, **class_cells(known[home[table.classes[crop.position].code]])}
        for crop in table.crops
    ]
    members = [(cls, number) for cls, number in zip(table.classes, parcels) if home[cls.code] != cls.code and number]
    groups = (
        Group(known[code], count[code], tuple(member for member in members if home[member[0].code] == code))
        for code in dict.fromkeys(home[cls.code] for cls, _ in members)
    )
    return from_rows(list(enumerate(rows, 1)), "The class table"), tuple(groups)


def _moving(
    known: Mapping[str, TableClass], count: Mapping[str, int], needed: int, moved: Collection[str]
) -> dict[str, TableClass]:
    """The parent of each rare class by its code, but of those that other rare classes may still join, and of those
    whose parents lead back to themselves.
    """
    rare = [code for code, parcels in count.items() if 0 < parcels < needed and known[code].parent]
    parents = {code: _parent(known[code], known) for code in rare}
    awaited = {parent.code for parent in parents.values()}
    return {code: parents[code] for code in rare if code not in awaited and parents[code].code not in moved}


def _parent(cls: TableClass, known: Mapping[str, TableClass]) -> TableClass:
    """The class of that code or name, or a new one."""
    same = (c for c in known.values() if nfc(c.code) == nfc(cls.parent) or slug(c.name) == slug(cls.parent))
    return next(same, TableClass(slug(cls.parent), nfc(cls.parent)))
