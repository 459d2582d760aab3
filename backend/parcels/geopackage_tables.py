"""The tables of a GeoPackage, and which of them a new layer would replace.

Standard library only and valid on Python 3.9: the plugin loads this file by path, too, so that it asks before a run
where the engine would refuse.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import List

SUFFIX = ".gpkg"
WAIT_S = 0.2  # for a lock of another program
_TABLES = "SELECT table_name FROM gpkg_contents"
_OF_QGIS = ("layer_styles", "qgis_projects")  # what QGIS keeps beside layers


def is_geopackage(path: Path) -> bool:
    return path.suffix.lower() == SUFFIX


def kept_tables(path: Path, layer: str) -> List[str]:
    """The tables of a GeoPackage that a new layer of this name must not remove; none where it is not one."""
    return [name for name in _tables(path) if name.lower() != layer.lower()]


def other_layers(path: Path, layer: str) -> List[str]:
    """As `kept_tables`, without what QGIS keeps there itself."""
    return [name for name in kept_tables(path, layer) if name not in _OF_QGIS]


def holds(path: Path, layer: str) -> bool:
    """Whether a GeoPackage has a table of this name; SQLite's names have no case."""
    return layer.lower() in map(str.lower, _tables(path))


def _tables(path: Path) -> List[str]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)) as database:
            return [str(name) for (name,) in database.execute(_TABLES)]
    except sqlite3.DatabaseError:
        return []
