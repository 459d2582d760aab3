"""The classes that a training would make of a layer, by the engine's own reading and matching.

Nothing here needs Qt or QGIS: `tests/backend/parcels/test_crop_codes.py` compares it with the engine's labels.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Iterable, Optional

from ..engine.protocol import ROOT, class_table, crop_codes

FOLDER = ROOT / "resources" / "nomenclatures"


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
