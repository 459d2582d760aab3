"""An existing GeoPackage: whether another program uses it, and a copy of it to which a layer is added."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import itertools
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from backend.errors import DiskFull, OutputInUse, TableExists
from backend.parcels.geopackage_tables import WAIT_S, is_geopackage, other_layers
from backend.parcels.geopackage_tables import holds as holds
from backend.parcels.geopackage_tables import kept_tables as kept_tables

_LOGS = (b"", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")  # first bytes; one that is open may have none yet


def require_free(path: Path) -> None:
    """Raises OutputInUse when another program uses the file: a lock, or an open GeoPackage's journal beside it; OSError
    when it cannot be written at all. A write-ahead log that a program left behind is merged into the file first.
    """
    with path.open("r+b"):
        pass
    if not is_geopackage(path):
        return
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and not _is_log(log):
        raise OSError(f"{log.name} is beside it and is not a log of SQLite")
    try:
        with closing(sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            database.execute("BEGIN EXCLUSIVE").connection.rollback()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise OutputInUse(path, "another program has it open (the database is locked)") from error
    if log.exists():  # the last program that closes the file removes it
        raise OutputInUse(path, f"another program has it open ({log.name} is beside it)")


def require_new(path: Path, layer: str, overwrite: bool) -> None:
    """Raises TableExists where the file holds a layer of this name beside others, unless it may be replaced. A file
    of this layer only is an earlier output, which is replaced like any other.
    """
    others = other_layers(path, layer)
    if others and not overwrite and holds(path, layer):
        raise TableExists(path, layer, others)


def copy(path: Path, target: Path) -> tuple[int, int, int]:
    """Copies the file while it is locked; returns its `stamp` of that time. Raises DiskFull, OutputInUse, OSError."""
    size, free = path.stat().st_size, shutil.disk_usage(target.parent).free
    if size * 1.05 > free:
        raise DiskFull(path, size * 1.05 / 1e6, free / 1e6)
    with closing(sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OutputInUse(path, f"another program writes to it ({error})") from error
        shutil.copyfile(path, target)
        found = stamp(path)
        database.rollback()
    return found


def free_name(path: Path) -> Path:
    """`CROPS_2.gpkg` for `CROPS.gpkg`, or the first further number that no file or folder beside it has in its name."""
    taken = [entry.name.removeprefix(".").lower() for entry in path.parent.iterdir()]
    stems = (f"{path.stem}_{number}" for number in itertools.count(2))
    free = next(stem for stem in stems if not any(name.startswith(_of(stem)) for name in taken))
    return path.with_name(free + path.suffix)


def _of(stem: str) -> tuple[str, ...]:
    """How the names of an output begin, and of what is written with it: `CROPS_2.results`, `CROPS_2_report.html`."""
    return f"{stem.lower()}.", f"{stem.lower()}_"


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
