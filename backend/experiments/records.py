"""The records of finished runs in one folder, and the claims by which processes share what is left to do.

One JSON file for each run (docs/contracts.md); all figures of all tables are computed from these files alone.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from backend.errors import BadRecord, RunOfOtherSettings, writing_to
from backend.learning.metrics import scores
from backend.learning.spec import TrainingSpec
from backend.vocabulary import CropClass

from .plan import Run

SCHEMA = 1
NOT_SETTINGS = ("device", "folds")  # a device rounds otherwise, and is told in the record; folds are runs
_DEFAULTS = {option.name: option.default for option in fields(TrainingSpec) if option.name not in NOT_SETTINGS}
_TESTED = {"row": np.int64, "truth": np.int64, "predicted": np.int64, "confidence": np.float64}


@dataclass(frozen=True)
class Record:
    """What a finished run left. `tested` has one entry for each tested parcel: its `row` of the parcel index, `truth`
    and `predicted` as numbers of `classes`, and the calibrated `confidence` 0..1.

    `settings` decide the result; `circumstances` (engine, device, machine, seconds) tell how it came about.
    """

    run: Run
    settings: Mapping[str, Any]
    circumstances: Mapping[str, Any]
    classes: tuple[CropClass, ...]
    parameters: int | None
    best_epoch: int
    curves: tuple[Mapping[str, Any], ...]
    tested: Mapping[str, NDArray[Any]]

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The report's `scores` of this fold's tested parcels."""
        return scores(self.tested["truth"], self.tested["predicted"], self.classes)

    def as_json(self) -> str:
        document = {"schema": SCHEMA, **asdict(self)}
        document["tested"] = {name: self.tested[name].tolist() for name in _TESTED}
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def of_json(cls, text: str) -> Record:
        """Raises ValueError, KeyError, TypeError for what is no record."""
        document = json.loads(text)
        if document.pop("schema") != SCHEMA:
            raise ValueError(f"expected schema {SCHEMA}")
        document["run"] = Run(**document["run"])
        document["classes"] = tuple(CropClass(**crop) for crop in document["classes"])
        document["curves"] = tuple(document["curves"])
        document["tested"] = {name: np.array(document["tested"][name], dtype) for name, dtype in _TESTED.items()}
        return cls(**document)


@dataclass(frozen=True)
class Records:
    """The records under `folder`. Only whole ones are ever there: they are written beside, then renamed."""

    folder: Path

    def path(self, run: Run) -> Path:
        return self.folder / f"{run.name}.json"

    def done(self, run: Run) -> bool:
        return self.path(run).exists()

    def write(self, record: Record) -> None:
        """Raises NotWritable, DiskFull."""
        path = self.path(record.run)
        beside = path.with_name(f".{path.name}.part")
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(record.as_json(), encoding="utf-8")
            beside.replace(path)

    def read(self) -> list[Record]:
        """All of them, by model, order and fold. Raises BadRecord."""
        return [self._read(path) for path in sorted(self.folder.glob("*.json"))]

    def _read(self, path: Path) -> Record:
        try:
            return Record.of_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadRecord(path, error) from error

    @contextmanager
    def claimed(self, run: Run) -> Iterator[bool]:
        """Whether the run is this process's to do: it is not done, and no other process is at it.

        The claim of a process that was killed is free. Raises NotWritable.
        """
        lock = FileLock(self.folder / "claims" / f"{run.name}.lock", timeout=0)
        if not _acquired(lock):
            yield False
            return
        try:
            yield not self.done(run)
        finally:
            lock.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time inside; the others wait. Raises NotWritable."""
        lock = FileLock(self.folder / "claims" / "tables.lock")
        _acquired(lock)
        try:
            yield
        finally:
            lock.release()


def _acquired(lock: FileLock) -> bool:
    path = Path(lock.lock_file)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            return False
        except NotImplementedError:  # a disk without locks, as some network drives are: nothing can be shared there
            pass
    return True


def require_same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raises RunOfOtherSettings, which names what differs.

    An option that is younger than the record had, when it was made, what is now its default.
    """
    wanted = json.loads(json.dumps(wanted))  # as it would come back from a file
    found = {**{key: default for key, default in _DEFAULTS.items() if key in wanted}, **found}
    different = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
    if different:
        raise RunOfOtherSettings(path, [_difference(key, found.get(key), wanted.get(key)) for key in different])


def _difference(key: str, found: Any, wanted: Any) -> str:
    short = all(len(str(value)) <= 30 for value in (found, wanted))
    return f"{key} ({found} there, {wanted} now)" if short else key
