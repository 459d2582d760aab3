"""The classes that a training would make of a layer, by the engine's own reading and matching.

Nothing here needs Qt or QGIS: `tests/backend/parcels/test_crop_codes.py` compares it with the engine's labels.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping, Optional

from ..engine.protocol import class_table, crop_codes, options, rare_classes


@dataclass(frozen=True)
class RareClasses:
    """What becomes of classes with fewer than `needed` parcels: a choice of the option `rare_classes`."""

    needed: int
    way: str = options.LEAVE_OUT

    def in_table(
        self, table: crop_codes.ClassTable, codes: Mapping[str, int]
    ) -> tuple[crop_codes.ClassTable, tuple[rare_classes.Group, ...]]:
        """The table that a training makes of this one, and the groups; as it is, and none, where they are left out."""
        if self.way != options.GROUP:
            return table, ()
        parcels = {count.of.code: count.parcels for count in table.count(codes).classes}
        return rare_classes.grouped(table, [parcels.get(cls.code, 0) for cls in table.classes], self.needed)

    def left_out(self, counted: crop_codes.Counts) -> list[crop_codes.ClassCount]:
        return [count for count in counted.classes if count.parcels < self.needed]


class UnreadableTable(ValueError):
    """Raised when a file is not a class table; `str()` is fit to be shown."""


def classes_of(codes: Iterable[str], path: Optional[Path], fallback_class: str = "") -> crop_codes.ClassTable:
    """The class table of a training: the file's, with a class for other codes, or each code as a class.

    Raises UnreadableTable.
    """
    if path is None:
        return crop_codes.from_values(codes)
    try:
        table = crop_codes.from_rows(class_table.rows(path), path)
        return table.with_fallback_class(fallback_class) if fallback_class else table
    except (OSError, class_table.BadFile, crop_codes.BadRow) as problem:
        raise UnreadableTable(f"{problem}.") from problem
