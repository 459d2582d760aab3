"""The declared crops of the parcels as numbers of classes, and what is told of those that have none."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.commands.seasons import Seasons
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.protocol import Reporter

_MOST_LISTED = 12


def crops_of(seasons: Seasons, class_field: str, class_table: str | None, name_field: str | None) -> Nomenclature:
    """The class table, or one in which each value of the field is a class. Raises BadClassTable, MissingField."""
    if class_table:
        return nomenclature.read(class_table)
    codes = seasons.column(class_field)
    names = seasons.column(name_field) if name_field else codes
    called = {nomenclature.as_code(c): str(n) for c, n in zip(codes, names) if c is not None and n is not None}
    return nomenclature.from_values(codes, {code: name for code, name in called.items() if code})


def labels_of(seasons: Seasons, class_field: str, crops: Nomenclature, reporter: Reporter) -> NDArray[np.int64]:
    """The class of each parcel, -1 for none; codes that no class holds are told with their counts."""
    labels, unknown = crops.labels(seasons.column(class_field))
    if unknown:
        listed = ", ".join(f"{code} ({count})" for code, count in list(unknown.items())[:_MOST_LISTED])
        more = len(unknown) - _MOST_LISTED
        reporter.warning(
            "classes.unknown_codes",
            f"{sum(unknown.values())} parcels have a code that the class table lacks: {listed}"
            + (f" and {more} more." if more > 0 else "."),
            "They are not trained on. Add their codes to a class table of your own to use them.",
        )
    missing = int((labels < 0).sum()) - sum(unknown.values())
    if missing:
        reporter.log(f"{missing} parcels have no declared crop and are not trained on.")
    return labels
