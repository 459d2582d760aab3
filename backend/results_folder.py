"""What a classification leaves beside its layer, `NAME.results/`: every class probability of every parcel.

Standard library only and valid on Python 3.9: the engine writes it, the plugin and later steps read it. `results.json`
describes it (docs/contracts.md); `parcels.sqlite` has a row for each parcel of the layer, in its order, and the mean
course of each class.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Mapping, Optional, Tuple

from .json_document import Fault, NewerSchema, as_list, as_object, as_text, as_whole, member_of, read_object
from .results_tables import DECLARED as DECLARED
from .results_tables import PREDICTED as PREDICTED
from .results_tables import ClassCourse as ClassCourse
from .results_tables import Parcel as Parcel
from .results_tables import Place as Place
from .results_tables import columns_of, read_courses, read_parcels, write_tables

SCHEMA = 1
DESCRIPTION, PARCELS = "results.json", "parcels.sqlite"
MOST_BYTES, MOST_VALUES = 1 << 20, 10_000  # of results.json
MOST_CLASSES, MOST_PARCELS, MOST_DAYS = 512, 2**53, 100_000
_TEXTS = ("made", "engine", "layer", "model", "model_sha256", "architecture")
_CLASS = ("code", "name", "colour")


class NotResults(ValueError):
    """Raised when a folder is not one of results, or is damaged; `str()` gives the reason."""


@dataclass(frozen=True)
class Axes:
    """Of the classes' courses `(days, bands)`: days since 1 January of the season year; indices are among the bands."""

    season: int
    days: Tuple[int, ...]
    bands: Tuple[str, ...]

    @classmethod
    def from_document(cls, document: Any) -> Axes:
        """Raises Fault."""
        part = partial(member_of, as_object(document, "courses"), where="courses")
        days, bands = (as_list(part(name), f"courses {name}", 1, MOST_VALUES) for name in ("days", "bands"))
        return cls(
            as_whole(part("season"), "courses season", 1, 9999),
            tuple(as_whole(day, "courses days", -MOST_DAYS, MOST_DAYS) for day in days),
            tuple(as_text(band, "courses bands") for band in bands),
        )


@dataclass(frozen=True)
class Description:
    """`results.json`. `classes`: code, name, colour, in the order of the probabilities; `store` None: not kept.

    `provenance` has facts by name, as in the report, by which the run can be repeated. `report` is the path of the
    page; `id_field` is the field of the layer that holds the parcels' ids, `truth` the field of their declared crops,
    None where there is none; `courses` the axes of the classes' courses. `groups`: for codes of classes that the
    model's training had too few parcels of, the code of the class that they are part of. Results of 0.1.0 lack these.
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
    courses: Optional[Axes] = None
    groups: Mapping[str, str] = field(default_factory=dict)
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
        courses = document.get("courses")
        return cls(
            **texts,
            store=_text_or_none(part("store"), "store"),
            report=_text_or_none(document.get("report"), "report"),
            id_field=_text_or_none(document.get("id_field"), "id_field"),
            truth=_text_or_none(document.get("truth"), "truth"),
            courses=None if courses is None else Axes.from_document(courses),
            classes=tuple(_class(entry) for entry in as_list(part("classes"), "classes", 1, MOST_CLASSES)),
            parcels=parcels,
            classified=as_whole(part("classified"), "classified", 0, parcels),
            provenance=as_object(document.get("provenance", {}), "provenance"),
            groups=_groups(document.get("groups", {})),
        )


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
        with self._database() as database:
            yield from read_parcels(database, where, values)

    def courses(self, crops: Iterable[int]) -> List[ClassCourse]:
        """Those of the classes at these positions; none in results of 0.1.0. Raises NotResults."""
        with self._database() as database:
            return read_courses(database, crops)

    def connect(self) -> sqlite3.Connection:
        """The tables, read only, for queries of one's own. Raises sqlite3.Error."""
        path = (self.path / PARCELS).resolve()
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def damaged(self, error: Exception) -> NotResults:
        return NotResults(f"{(self.path / PARCELS).resolve()} is missing or damaged ({error})")

    def has_declared(self) -> bool:
        """Whether the table says which class was declared and what the model was trained on. Raises NotResults."""
        with self._database() as database:
            names = columns_of(database, "parcel")
        if not names:
            raise self.damaged(sqlite3.DatabaseError("it has no table of parcels"))
        return {"declared", "trained_on"} <= set(names)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Raises NotResults for what goes wrong inside."""
        try:
            with closing(self.connect()) as database:
                yield database
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise self.damaged(error) from error

    def parcel(self, parcel_id: str) -> Optional[Parcel]:
        """The first of this id; None where there is none. Raises NotResults."""
        return next(self.parcels("parcel_id = ?", (parcel_id,)), None)

    # Writing

    def write(self, description: Description, parcels: Iterable[Parcel], courses: Iterable[ClassCourse] = ()) -> Path:
        """Writes a folder and replaces an earlier one with it: completely or not at all. Raises OSError."""
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            fill(beside, description, parcels, courses)
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


def fill(
    folder: Path, description: Description, parcels: Iterable[Parcel], courses: Iterable[ClassCourse] = ()
) -> None:
    """Makes a new folder that holds the results. Raises OSError."""
    folder.mkdir(parents=True)
    write_tables(folder / PARCELS, parcels, courses)
    text = json.dumps(asdict(description), ensure_ascii=False, indent=1)
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def _text_or_none(value: Any, where: str) -> Optional[str]:
    return None if value is None else as_text(value, where)


def _class(entry: Any) -> Mapping[str, str]:
    crop = as_object(entry, "classes")
    return {name: as_text(member_of(crop, name, "classes"), f"classes {name}") for name in _CLASS}


def _groups(value: Any) -> Mapping[str, str]:
    return {code: as_text(group, "groups") for code, group in as_object(value, "groups").items()}


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
