"""Last year's crops of the parcels, as the codes of classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.parcels.nomenclature import Nomenclature
from backend.protocol import Reporter
from backend.workflows.labels import counted
from backend.workflows.seasons import Seasons


def previous_crops(seasons: Seasons, field: str, crops: Nomenclature, reporter: Reporter) -> NDArray[np.object_]:
    """The class code of each parcel's crop of the year before; None where there is none, or no class holds it.

    Warns of codes that are not in the table, with their counts, unless it has a class for them. Raises MissingField.
    """
    labels, unknown = crops.labels(seasons.column(field))
    if unknown and not crops.fallback_class:
        reporter.warning(
            "previous.unknown_codes",
            parcels=sum(unknown.values()),
            field=field,
            codes=counted(unknown),
        )
    codes = np.array([*(crop.code for crop in crops.classes), None], dtype=object)
    found = codes[labels]
    missing = sum(code is None for code in found)
    reporter.log(f"Last year's crop is known for {len(found) - missing} of {len(found)} parcels ({field}).")
    return found
