"""The declared crops of the parcels as numbers of classes, and the messages about parcels without one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.crop_codes import as_code
from backend.errors import BadArgument
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.protocol import Reporter

from .seasons import Seasons

_MOST_LISTED = 12
TABLES = f"{', '.join(nomenclature.built_in())} or a CSV (code, name, class, colour)"


@dataclass(frozen=True)
class ClassOptions:
    """How the values of the crop field become classes; all None: each value is a class, named by itself."""

    class_table: str | None = None
    name_field: str | None = None
    unknown_class: str | None = None

    def facts(self) -> dict[str, Any]:
        """What a model and its report remember of these."""
        facts = {"class table": self.class_table, "unknown codes go to": self.unknown_class}
        return {name: value for name, value in facts.items() if value}


@dataclass(frozen=True)
class LabelledParcels:
    """`labels` `(parcels,)` int64 number the classes of `table`, -1 for none; `unknown` counts codes it lacks."""

    table: Nomenclature
    labels: NDArray[np.int64]
    unknown: Mapping[str, int]

    def notes(self) -> list[str]:
        """The note of a report on codes that are not in the table: all of them."""
        if not self.unknown:
            return []
        fate = f"put in the class {self.table.fallback_class.name}" if self.table.fallback_class else "left out"
        return [f"Codes that the class table lacks, {fate}: {', '.join(counted(self.unknown))}."]


def label_parcels(seasons: Seasons, class_field: str, options: ClassOptions, reporter: Reporter) -> LabelledParcels:
    """The class of each parcel; reports codes that no class holds, and classes that differ only in capitals.

    Raises BadClassTable, BadArgument, MissingField.
    """
    crops = _table(seasons, class_field, options)
    _warn_of_capitals(crops, reporter)
    labels, unknown = crops.labels(seasons.column(class_field))
    if unknown:
        warn_of_unknown(unknown, crops, reporter)
    missing = len(labels) - int((labels >= 0).sum()) - (0 if crops.fallback_class else sum(unknown.values()))
    if missing:
        reporter.log(f"{missing} parcels have no declared crop and are not used for training.")
    return LabelledParcels(crops, labels, unknown)


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
