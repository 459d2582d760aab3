"""The declared crops of the parcels as numbers of classes, and the messages about parcels without one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend import rare_classes
from backend.crop_codes import as_code
from backend.errors import BadArgument
from backend.options import GROUP, LEAVE_OUT, default, option
from backend.parcels import class_table, nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.protocol import Reporter
from backend.rare_classes import Group

from .seasons import Seasons

_MOST_LISTED = 12
TABLES = f"{', '.join(nomenclature.built_in())} or a CSV (code, name, class, colour)"


@dataclass(frozen=True)
class ClassOptions:
    """How the values of the crop field become classes; all None: each value is a class, named by itself.

    `rare_classes`: what becomes of those with too few parcels for a training. Raises BadArgument.
    """

    class_table: str | None = None
    name_field: str | None = None
    unknown_class: str | None = None
    rare_classes: str = default("rare_classes")

    def __post_init__(self) -> None:
        if not option("rare_classes").accepts(self.rare_classes):
            raise BadArgument("rare_classes", option("rare_classes").expected, self.rare_classes)

    def facts(self) -> dict[str, Any]:
        """What a model and its report remember of these."""
        facts = {"class table": self.class_table, "unknown codes go to": self.unknown_class}
        facts["rare classes"] = self.rare_classes if self.rare_classes != LEAVE_OUT else None
        return {name: value for name, value in facts.items() if value}


@dataclass(frozen=True)
class LabelledParcels:
    """`labels` `(parcels,)` int64 number the classes of `table`, -1 for none; `unknown` counts codes it lacks, `groups`
    are those that rare classes were put in.
    """

    table: Nomenclature
    labels: NDArray[np.int64]
    unknown: Mapping[str, int]
    groups: tuple[Group, ...] = ()

    def grouped(self) -> tuple[dict[str, Any], ...]:
        """`{code, name, parcels, group}` of each class that is now part of a group, of which `group` is the name."""
        pairs = [(*member, group.of.name) for group in self.groups for member in group.members]
        return tuple({"code": c.code, "name": c.name, "parcels": count, "group": name} for c, count, name in pairs)

    def facts(self) -> dict[str, Any]:
        """What a model remembers of the groups: the code of the group of each class, by the class's code."""
        homes = {member.code: group.of.code for group in self.groups for member, _ in group.members}
        return {"groups": homes} if homes else {}

    def notes(self) -> list[str]:
        """The notes of a report on rare classes that were grouped, and on all codes that are not in the table."""
        found = [f"Grouped, too few parcels: {text}." for text in map(described, self.groups)]
        if not self.unknown:
            return found
        fate = f"put in the class {self.table.fallback_class.name}" if self.table.fallback_class else "left out"
        return [*found, f"Codes that the class table lacks, {fate}: {', '.join(counted(self.unknown))}."]


def label_parcels(
    seasons: Seasons, class_field: str, options: ClassOptions, reporter: Reporter, min_samples: int | None = None
) -> LabelledParcels:
    """The class of each parcel; reports codes that no class holds, classes that differ only in capitals, and those that
    are grouped because they have fewer than `min_samples` usable parcels (None: the default).

    Raises BadClassTable, BadArgument, MissingField.
    """
    labelled = labelled_by(_table(seasons, class_field, options), seasons, class_field, reporter)
    if options.rare_classes != GROUP:
        return labelled
    return _with_groups(labelled, seasons.usable(), min_samples or default("min_samples", "train"), reporter)


def labelled_by(crops: Nomenclature, seasons: Seasons, class_field: str, reporter: Reporter) -> LabelledParcels:
    """The same by a class table that is there already. Raises MissingField."""
    _warn_of_capitals(crops, reporter)
    labels, unknown = crops.labels(seasons.column(class_field))
    if unknown:
        warn_of_unknown(unknown, crops, reporter)
    missing = len(labels) - int((labels >= 0).sum()) - (0 if crops.fallback_class else sum(unknown.values()))
    if missing:
        reporter.log(f"{missing} parcels have no declared crop and are not used for training.")
    return LabelledParcels(crops, labels, unknown)


def _with_groups(
    labelled: LabelledParcels, usable: NDArray[np.bool_], needed: int, reporter: Reporter
) -> LabelledParcels:
    """Rare classes in their parents, with the warning `labels.grouped`. Raises BadArgument where none has one."""
    crops, labels = labelled.table, labelled.labels
    if not rare_classes.has_parents(crops.matcher):
        columns = ",".join((*class_table.COLUMNS, class_table.PARENT))
        expected = f"{LEAVE_OUT}, or a class table with the column {class_table.PARENT} ({columns})"
        raise BadArgument("rare_classes", expected, GROUP)
    counts = np.bincount(labels[usable & (labels >= 0)], minlength=len(crops.classes))
    table, groups = crops.grouped(counts.tolist(), needed)
    if not groups:
        return labelled
    reporter.warning("labels.grouped", needed=needed, groups=[*map(described, groups)])
    position = {crop.code: number for number, crop in enumerate(table.classes)}
    labelled = replace(labelled, table=table, groups=groups)
    home = labelled.facts()["groups"]
    moved = np.array([*(position[home.get(crop.code, crop.code)] for crop in crops.classes), nomenclature.NO_LABEL])
    return replace(labelled, labels=moved[labels])


def described(group: Group) -> str:
    """`Rye (3), Oats (2) in Other cereals (now 5 parcels)`."""
    members = counted({crop.name: parcels for crop, parcels in group.members})
    return f"{', '.join(members)} in {group.of.name} (now {group.parcels} parcels)"


def _table(seasons: Seasons, class_field: str, options: ClassOptions) -> Nomenclature:
    """The class table, or one in which each value of the field is a class."""
    if options.class_table or options.unknown_class:
        return chosen_table(options.class_table, options.unknown_class)
    codes = seasons.column(class_field)
    if not options.name_field:
        return nomenclature.from_values(codes)
    called = {as_code(code): as_code(name) for code, name in zip(codes, seasons.column(options.name_field))}
    return nomenclature.from_values(codes, {code: name for code, name in called.items() if code and name})


def chosen_table(class_table: str | None, unknown_class: str | None) -> Nomenclature:
    """The table of that name or file, with its class for unknown codes. Raises BadClassTable, BadArgument."""
    if not class_table:
        raise BadArgument("class_table", "a class table with --unknown-class: without one every code is known", None)
    crops = nomenclature.read(class_table)
    return crops if unknown_class is None else crops.with_fallback_class(unknown_class)


def warn_of_unknown(unknown: Mapping[str, int], crops: Nomenclature, reporter: Reporter) -> None:
    """The warning `classes.unknown_codes`, the most frequent first."""
    reporter.warning(
        "classes.unknown_codes",
        parcels=sum(unknown.values()),
        fallback=crops.fallback_class.name if crops.fallback_class else None,
        codes=counted(unknown),
    )


def _warn_of_capitals(crops: Nomenclature, reporter: Reporter) -> None:
    """The warning `classes.differ_in_case`, with the classes' names or codes."""
    groups = [", ".join(group) for group in crops.matcher.differ_in_case()]
    if groups:
        reporter.warning("classes.differ_in_case", groups=groups)


def counted(counts: Mapping[str, int]) -> list[str]:
    """Codes with their counts, in their order: `["PPH (12)", "ZZZ (3)"]`."""
    return [f"{code} ({count})" for code, count in counts.items()]
