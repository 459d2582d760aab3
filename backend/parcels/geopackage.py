"""An existing GeoPackage: whether another program uses it, and a copy of it to which a layer is added."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from backend.errors import DiskFull, TableExists

SUFFIX = ".gpkg"
_TABLES = "SELECT table_name FROM gpkg_contents"
_OF_QGIS = ("layer_styles", "qgis_projects")  # what QGIS keeps beside layers
_LOGS = (b"", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")  # first bytes; one that is open may have none yet
_WAIT_S = 0.2  # for a lock of another program


def is_geopackage(path: Path) -> bool:
    return path.suffix.lower() == SUFFIX


def require_free(path: Path) -> None:
    """Raises OSError when another program uses the file: a lock, or an open GeoPackage's journal beside it.

    A write-ahead log that a program left behind is merged into the file first.
    """
    with path.open("r+b"):
        pass
    if not is_geopackage(path):
        return
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and not _is_log(log):
        raise OSError(f"{log.name} is beside it and is not a log of SQLite")
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            database.execute("BEGIN EXCLUSIVE").connection.rollback()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise OSError("another program has it open (the database is locked)") from error
    if log.exists():  # the last program that closes the file removes it
        raise OSError(f"another program has it open ({log.name} is beside it)")


def kept_tables(path: Path, layer: str) -> list[str]:
    """The tables of a GeoPackage that a new layer of this name must not remove; none where it is not one."""
    return [name for name in _tables(path) if name.lower() != layer.lower()]


def holds(path: Path, layer: str) -> bool:
    """Whether a GeoPackage has a table of this name; SQLite's names have no case."""
    return layer.lower() in map(str.lower, _tables(path))


def require_new(path: Path, layer: str, overwrite: bool) -> None:
    """Raises TableExists where the file holds a layer of this name beside others, unless it may be replaced. A file
    of this layer only is an earlier output, which is replaced like any other.
    """
    others = [name for name in kept_tables(path, layer) if name not in _OF_QGIS]
    if others and not overwrite and holds(path, layer):
        raise TableExists(path, layer, others)


def copy(path: Path, target: Path) -> tuple[int, int, int]:
    """Copies the file while it is locked, and returns its `stamp` of that time. Raises DiskFull, OSError."""
    size, free = path.stat().st_size, shutil.disk_usage(target.parent).free
    if size * 1.05 > free:
        raise DiskFull(path, size * 1.05 / 1e6, free / 1e6)
    with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OSError(f"another program writes to it ({error})") from error
        shutil.copyfile(path, target)
        found = stamp(path)
        database.rollback()
    return found


def settle(path: Path) -> None:
    """Brings a write-ahead log of a prepared file into it, so that it is one file. A damaged one is noticed later."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def stamp(path: Path) -> tuple[int, int, int]:
    """Differs where the file was changed or replaced."""
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def _is_log(path: Path) -> bool:
    """Whether it is a write-ahead log; SQLite would remove anything else of that name."""
    try:
        with path.open("rb") as file:
            return file.read(4) in _LOGS
    except OSError:
        return False


def _tables(path: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)) as database:
            return [str(name) for (name,) in database.execute(_TABLES)]
    except sqlite3.DatabaseError:
        return []
