"""Last year's crops of the parcels, as the codes of classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.commands.seasons import Seasons
from backend.parcels.nomenclature import Nomenclature
from backend.protocol import Reporter

_MOST_LISTED = 12


def previous_crops(seasons: Seasons, field: str, crops: Nomenclature, reporter: Reporter) -> NDArray[np.object_]:
    """The class code of each parcel's crop of the year before; None where there is none, or no class holds it.

    Codes without a class are told with their counts. Raises MissingField.
    """
    labels, unknown = crops.labels(seasons.column(field))
    if unknown:
        listed = ", ".join(f"{code} ({count})" for code, count in list(unknown.items())[:_MOST_LISTED])
        more = len(unknown) - _MOST_LISTED
        reporter.warning(
            "previous.unknown_codes",
            f"{sum(unknown.values())} parcels have a crop of last year ({field}) that the class table lacks: {listed}"
            + (f" and {more} more." if more > 0 else "."),
            "The images alone decide on them. Choose the field that holds last year's crop in the same codes.",
        )
    codes = np.array([*(crop.code for crop in crops.classes), None], dtype=object)
    found = codes[labels]
    missing = sum(code is None for code in found)
    reporter.log(f"Last year's crop is known for {len(found) - missing} of {len(found)} parcels ({field}).")
    return found
