"""What a classification leaves beside its layer, `NAME.results/`: every class probability of every parcel.

Standard library only and valid on Python 3.9: the engine writes it, the plugin and later steps read it. `results.json`
describes it (docs/contracts.md); `parcels.sqlite` has a row for each parcel of the layer, in its order.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import sys
from array import array
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Optional, Set, Tuple

from .json_document import Fault, NewerSchema, as_list, as_object, as_text, as_whole, member_of, read_object

SCHEMA = 1
DESCRIPTION, PARCELS = "results.json", "parcels.sqlite"
MOST_BYTES, MOST_VALUES = 1 << 20, 10_000  # of results.json
MOST_CLASSES, MOST_PARCELS = 512, 2**53
_TEXTS = ("made", "engine", "layer", "model", "model_sha256", "architecture")
_CLASS = ("code", "name", "colour")
_TABLE = """
CREATE TABLE parcel (
    position INTEGER PRIMARY KEY,
    parcel_id TEXT NOT NULL,
    quality TEXT NOT NULL,
    crop INTEGER,
    confidence REAL,
    probabilities BLOB,
    declared INTEGER,
    trained_on TEXT
)"""
_INSERT = "INSERT INTO parcel VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = ("position", "parcel_id", "quality", "crop", "confidence", "probabilities")
_ADDED = ("declared", "trained_on")  # since 0.2.0; results of 0.1.0 lack them


class NotResults(ValueError):
    """Raised when a folder is not one of results, or is damaged; `str()` gives the reason."""


@dataclass(frozen=True)
class Description:
    """`results.json`. `classes`: code, name, colour, in the order of the probabilities; `store` None: not kept.

    `provenance` has facts by name, as in the report, by which the run can be repeated. `report`: the path of the page;
    `id_field` and `truth`: fields of the layer, None where none was given; all three are None in results of 0.1.0.
    """

    made: str
    engine: str
    layer: str
    model: str
    model_sha256: str
    architecture: str
    store: Optional[str]
    classes: Tuple[Mapping[str, str], ...]
    parcels: int
    classified: int
    provenance: Mapping[str, Any] = field(default_factory=dict)
    report: Optional[str] = None
    id_field: Optional[str] = None
    truth: Optional[str] = None
    schema: int = SCHEMA

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Description:
        """Checks types and relations; keys of a newer minor version are ignored. Raises Fault, NewerSchema."""
        part = partial(member_of, document, where=DESCRIPTION)
        schema = as_whole(part("schema"), "schema", 1, MOST_PARCELS)
        if schema > SCHEMA:
            raise NewerSchema(schema, SCHEMA)
        parcels = as_whole(part("parcels"), "parcels", 0, MOST_PARCELS)
        texts: Mapping[str, Any] = {name: as_text(part(name), name) for name in _TEXTS}
        return cls(
            **texts,
            store=_text_or_none(part("store"), "store"),
            report=_text_or_none(document.get("report"), "report"),
            id_field=_text_or_none(document.get("id_field"), "id_field"),
            truth=_text_or_none(document.get("truth"), "truth"),
            classes=tuple(_class(entry) for entry in as_list(part("classes"), "classes", 1, MOST_CLASSES)),
            parcels=parcels,
            classified=as_whole(part("classified"), "classified", 0, parcels),
            provenance=as_object(document.get("provenance", {}), "provenance"),
        )


@dataclass(frozen=True)
class Parcel:
    """A parcel of the layer: `position` in it, `crop` the position of its class, `probabilities` one for each class.

    These three are None where it was not classified. `declared` is the position of its declared class, None where there
    is none or it is none of the model's; `trained_on` says whether the model was trained on it, None where that is not
    known.
    """

    position: int
    parcel_id: str
    quality: str
    crop: Optional[int]
    confidence: Optional[float]
    probabilities: Optional[Tuple[float, ...]]
    declared: Optional[int] = None
    trained_on: Optional[str] = None


@dataclass(frozen=True)
class ResultsFolder:
    """The folder at `path`."""

    path: Path

    @classmethod
    def beside(cls, layer: Path) -> ResultsFolder:
        """`CROPS.results` of `CROPS.gpkg`."""
        return cls(layer.with_name(f"{layer.stem}.results"))

    # Reading

    def description(self) -> Description:
        """Raises NotResults."""
        path = self.path / DESCRIPTION
        try:
            return Description.from_document(read_object(path, MOST_BYTES, MOST_VALUES))
        except OSError as error:
            raise NotResults(f"{path} cannot be read ({error.strerror or error})") from error
        except Fault as error:
            raise NotResults(f"{path} is not usable: {error}") from error

    def parcels(self, where: str = "", values: Iterable[Any] = ()) -> Iterator[Parcel]:
        """The parcels in the layer's order, all or those that a condition of SQL takes, such as `crop = ?`.

        Raises NotResults.
        """
        try:
            with closing(self.connect()) as database:
                condition = f"WHERE {where}" if where else ""
                query = f"SELECT {_readable(database)} FROM parcel {condition} ORDER BY position"  # noqa: S608 # nosec
                for row in database.execute(query, tuple(values)):
                    yield Parcel(row[0], row[1], row[2], row[3], row[4], _numbers(row[5]), row[6], row[7])
        except (sqlite3.Error, ValueError) as error:
            raise self.damaged(error) from error

    def connect(self) -> sqlite3.Connection:
        """The table `parcel`, read only, for queries of one's own. Raises sqlite3.Error."""
        path = (self.path / PARCELS).resolve()
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def damaged(self, error: Exception) -> NotResults:
        return NotResults(f"{(self.path / PARCELS).resolve()} is missing or damaged ({error})")

    def has_declared(self) -> bool:
        """Whether the table says which class was declared and what the model was trained on. Raises NotResults."""
        try:
            with closing(self.connect()) as database:
                names = _names(database)
        except sqlite3.Error as error:
            raise self.damaged(error) from error
        if not names:
            raise self.damaged(sqlite3.DatabaseError("it has no table of parcels"))
        return set(_ADDED) <= names

    def parcel(self, parcel_id: str) -> Optional[Parcel]:
        """The first of this id; None where there is none. Raises NotResults."""
        return next(self.parcels("parcel_id = ?", (parcel_id,)), None)

    # Writing

    def write(self, description: Description, parcels: Iterable[Parcel]) -> Path:
        """Writes a folder and replaces an earlier one with it: completely or not at all. Raises OSError."""
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            fill(beside, description, parcels)
            self._take_the_place(beside)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return self.path

    def require_replaceable(self) -> None:
        """Raises OSError where there is something other than results."""
        if self.path.exists() and not (self.path / DESCRIPTION).is_file() and not _is_empty(self.path):
            raise FileExistsError(errno.EEXIST, "it contains other files than the results of a classification")

    def _take_the_place(self, beside: Path) -> None:
        former = self.path.with_name(f".{self.path.name}.{os.getpid()}.old")
        if self.path.exists():
            self.path.rename(former)
        beside.rename(self.path)
        shutil.rmtree(former, ignore_errors=True)


def fill(folder: Path, description: Description, parcels: Iterable[Parcel]) -> None:
    """Makes a new folder that holds the results. Raises OSError."""
    folder.mkdir(parents=True)
    _write_parcels(folder / PARCELS, parcels)
    text = json.dumps(asdict(description), ensure_ascii=False, indent=1)
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def _write_parcels(path: Path, parcels: Iterable[Parcel]) -> None:
    rows = (
        (p.position, p.parcel_id, p.quality, p.crop, p.confidence, _blob(p.probabilities), p.declared, p.trained_on)
        for p in parcels
    )
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # a folder that is not finished is never read
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            database.execute(_TABLE)
            database.executemany(_INSERT, rows)
            database.execute("CREATE INDEX parcel_by_id ON parcel (parcel_id)")
            database.execute("CREATE INDEX parcel_by_crop ON parcel (crop)")
            database.execute("COMMIT")
    except sqlite3.Error as error:
        full = "full" in str(error) or shutil.disk_usage(path.parent).free < (1 << 20)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error


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


def _names(database: sqlite3.Connection) -> Set[str]:
    return {str(row[1]) for row in database.execute("PRAGMA table_info(parcel)")}


def _readable(database: sqlite3.Connection) -> str:
    """The columns to read; null in place of those that results of 0.1.0 lack."""
    names = _names(database)
    return ", ".join([*_COLUMNS, *(name if name in names else "NULL" for name in _ADDED)])


def _text_or_none(value: Any, name: str) -> Optional[str]:
    return None if value is None else as_text(value, name)


def _class(entry: Any) -> Mapping[str, str]:
    crop = as_object(entry, "classes")
    return {name: as_text(member_of(crop, name, "classes"), f"classes {name}") for name in _CLASS}


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
