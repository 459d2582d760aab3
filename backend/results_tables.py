"""The tables of a classification's results in SQLite: a row for each parcel, and the mean course of each class.

Standard library only and valid on Python 3.9, as `results_folder.py`, which is the way to them.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
from array import array
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Tuple

PREDICTED, DECLARED = "predicted", "declared"  # kinds of courses
_TABLE = """
CREATE TABLE parcel (
    position INTEGER PRIMARY KEY,
    parcel_id TEXT NOT NULL,
    quality TEXT NOT NULL,
    crop INTEGER,
    confidence REAL,
    probabilities BLOB,
    declared INTEGER,
    trained_on TEXT,
    first_pixel INTEGER,
    n_pixels INTEGER,
    row_px INTEGER,
    column_px INTEGER,
    height_px INTEGER,
    width_px INTEGER
)"""
_INSERT = "INSERT INTO parcel VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = ("position", "parcel_id", "quality", "crop", "confidence", "probabilities")
_ADDED = ("declared", "trained_on", "first_pixel", "n_pixels", "row_px", "column_px", "height_px", "width_px")  # 0.2.0
_SELECT_COURSES = "SELECT kind, crop, parcels, mean, deviation FROM course WHERE crop = ?"
_COURSE_TABLE = "CREATE TABLE course (kind TEXT, crop INTEGER, parcels INTEGER, mean BLOB, deviation BLOB)"


@dataclass(frozen=True)
class Place:
    """A parcel's pixels in the arrays of its store, and their bounding box on the grid."""

    first_pixel: int
    n_pixels: int
    row_px: int
    column_px: int
    height_px: int
    width_px: int


@dataclass(frozen=True)
class Parcel:
    """A parcel of the layer: `position` in it, `crop` the position of its class, `probabilities` one for each class.

    These three are None where it was not classified; `declared` is the position of the declared class, None where it is
    not known; `trained_on` says whether the model was trained on it, None where that is not known; `place` is None in
    results of 0.1.0.
    """

    position: int
    parcel_id: str
    quality: str
    crop: Optional[int]
    confidence: Optional[float]
    probabilities: Optional[Tuple[float, ...]]
    declared: Optional[int] = None
    trained_on: Optional[str] = None
    place: Optional[Place] = None


@dataclass(frozen=True)
class ClassCourse:
    """The mean of the series of a class's parcels, and the deviation between them (divisor n).

    `kind` is PREDICTED or DECLARED, `crop` the position of the class; `mean` and `deviation` are `(days, bands)` in C
    order, in reflectance (indices -1..1), NaN where no parcel was observed.
    """

    kind: str
    crop: int
    parcels: int
    mean: Tuple[float, ...]
    deviation: Tuple[float, ...]


def read_parcels(database: sqlite3.Connection, where: str, values: Iterable[Any]) -> Iterator[Parcel]:
    """In the layer's order, all or those that a condition of SQL takes. Raises sqlite3.Error, ValueError, TypeError."""
    there = columns_of(database, "parcel")
    names = ", ".join([*_COLUMNS, *(name if name in there else "NULL" for name in _ADDED)])
    query = f"SELECT {names} FROM parcel {f'WHERE {where}' if where else ''} ORDER BY position"  # noqa: S608 # nosec
    for row in database.execute(query, tuple(values)):
        position, parcel_id, quality, crop, confidence, probabilities, declared, trained_on, *pixels = row
        known = (declared, trained_on, None if None in pixels else Place(*pixels))
        yield Parcel(position, parcel_id, quality, crop, confidence, _numbers(probabilities), *known)


def read_courses(database: sqlite3.Connection, crops: Iterable[int]) -> List[ClassCourse]:
    """Those of the classes at these positions; none in results of 0.1.0. Raises as `read_parcels`."""
    if not columns_of(database, "course"):
        return []
    rows = [row for crop in crops for row in database.execute(_SELECT_COURSES, (crop,))]
    return [
        ClassCourse(kind, crop, parcels, _numbers(mean) or (), _numbers(deviation) or ())
        for kind, crop, parcels, mean, deviation in rows
    ]


def write_tables(path: Path, parcels: Iterable[Parcel], courses: Iterable[ClassCourse]) -> None:
    """Makes the database, which is not there yet. Raises OSError."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # a folder that is not finished is never read
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            database.execute(_TABLE)
            database.executemany(_INSERT, map(_row, parcels))
            database.execute(_COURSE_TABLE)
            of_classes = ((c.kind, c.crop, c.parcels, _blob(c.mean), _blob(c.deviation)) for c in courses)
            database.executemany("INSERT INTO course VALUES (?, ?, ?, ?, ?)", of_classes)
            database.execute("CREATE INDEX parcel_by_id ON parcel (parcel_id)")
            database.execute("CREATE INDEX parcel_by_crop ON parcel (crop)")
            database.execute("COMMIT")
    except sqlite3.Error as error:
        full = "full" in str(error) or shutil.disk_usage(path.parent).free < (1 << 20)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error


def _row(parcel: Parcel) -> Tuple[Any, ...]:
    place = astuple(parcel.place) if parcel.place else (None,) * 6
    known = (parcel.position, parcel.parcel_id, parcel.quality, parcel.crop, parcel.confidence)
    return (*known, _blob(parcel.probabilities), parcel.declared, parcel.trained_on, *place)


def columns_of(database: sqlite3.Connection, table: str) -> List[str]:
    """The names of a table's columns, none where there is no such table."""
    return [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _blob(probabilities: Optional[Tuple[float, ...]]) -> Optional[bytes]:
    """Little-endian float32."""
    if probabilities is None:
        return None
    numbers = array("f", probabilities)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(blob: Optional[bytes]) -> Optional[Tuple[float, ...]]:
    if blob is None:
        return None
    numbers = array("f")
    numbers.frombytes(blob)
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)
