"""The parcel series that a classification keeps, as messages describe them: where they are and how large."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingUtils
from qgis.PyQt.QtCore import QLocale

from .engine.protocol import store_files
from .translation import tr

BYTES_PER_MB = 1_000_000
LEAST_SHOWN_MB = 0.1


def size_mb(store: str) -> float:
    """Of all files of the store, for a background thread; raises OSError."""
    return store_files.size_bytes(Path(store)) / BYTES_PER_MB


def kept_text(store: str, megabytes: float) -> str:
    """`The parcel series are kept in /maps/crops.parcels (84.2 MB).`, by the user's locale."""
    size = QLocale().toString(max(megabytes, LEAST_SHOWN_MB), "f", 1)
    if _is_temporary(store):
        return tr("The parcel series are kept in {0} ({1} MB) until QGIS is closed.").format(store, size)
    return tr("The parcel series are kept in {0} ({1} MB).").format(store, size)


def _is_temporary(store: str) -> bool:
    return Path(QgsProcessingUtils.tempFolder()) in Path(store).parents
