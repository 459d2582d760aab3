"""The records of finished runs in one folder, and the claims by which processes share what is left to do.

One JSON file for each run (docs/contracts.md); all numbers of all tables are computed from these files only.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from backend.errors import BadRecord, RecordTooNew, RunOfOtherSettings
from backend.files import write_beside, writing_to
from backend.json_document import (
    MOST_DIGITS,
    Fault,
    NewerSchema,
    as_list,
    as_number,
    as_object,
    as_text,
    as_whole,
    expect,
    member_of,
    read_object,
)
from backend.learning.curves import curves_of
from backend.learning.metrics import probabilistic, scores
from backend.learning.permutations import ORDERS
from backend.learning.spec import TrainingSpec
from backend.model_file import MOST_CLASSES
from backend.models import MODELS
from backend.vocabulary import CropClass

from . import probabilities
from .plan import Run

SCHEMA = 1
MOST_BYTES, MOST_VALUES = 1 << 28, 50_000_000  # of a record: ten million tested parcels fit
MOST_PARCELS, MOST_FOLDS = 100_000_000, 10_000
NOT_SETTINGS = ("device", "folds")  # devices round differently, and the record names the device; folds are runs
_DEFAULTS = {option.name: option.default for option in fields(TrainingSpec) if option.name not in NOT_SETTINGS}
_TESTED = {"row": np.int64, "truth": np.int64, "predicted": np.int64, "confidence": np.float64}


@dataclass(frozen=True)
class Record:
    """What a finished run left. `tested` has one entry for each tested parcel: its `row` of the parcel index, `truth`
    and `predicted` as numbers of `classes`, and the calibrated `confidence` 0..1. `probabilities` are all of theirs
    `(tested, classes)` in the same order; None in a record of a version that did not keep them.

    `settings` decide the result; `circumstances` (engine, device, machine, seconds) describe how it was computed.
    """

    run: Run
    settings: Mapping[str, Any]
    circumstances: Mapping[str, Any]
    classes: tuple[CropClass, ...]
    parameters: int | None
    best_epoch: int
    curves: tuple[Mapping[str, Any], ...]
    tested: Mapping[str, NDArray[Any]]
    probabilities: NDArray[np.float32] | None = None

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The report's `scores` of this fold's tested parcels."""
        truth = self.tested["truth"]
        found = scores(truth, self.tested["predicted"], self.classes)
        return found if self.probabilities is None else {**found, **probabilistic(truth, self.probabilities)}

    def as_json(self) -> str:
        """All but the probabilities, which have a file of their own."""
        document = {"schema": SCHEMA, **asdict(replace(self, probabilities=None))}
        del document["probabilities"]
        document["tested"] = {name: self.tested[name].tolist() for name in _TESTED}
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Record:
        """Unknown names are ignored. Raises NewerSchema, and Fault that names the key."""
        part = partial(member_of, document, where="it")
        schema = as_whole(part("schema"), "schema", 1, 10**MOST_DIGITS)
        if schema > SCHEMA:
            raise NewerSchema(schema, SCHEMA)
        settings, classes = as_object(part("settings"), "settings"), _classes(part("classes"))
        codes = [crop.code for crop in classes]
        expect(
            settings.get("classes", codes) == codes, "settings classes", f"{len(codes)} codes", settings.get("classes")
        )
        curves, best_epoch = curves_of(part("curves"), part("best_epoch"))
        parameters = part("parameters")
        return cls(
            run=_run(as_object(part("run"), "run")),
            settings=settings,
            circumstances=_circumstances(as_object(part("circumstances"), "circumstances")),
            classes=classes,
            parameters=None if parameters is None else as_whole(parameters, "parameters", 1, 10**12),
            best_epoch=best_epoch,
            curves=curves,
            tested=_tested(as_object(part("tested"), "tested"), len(classes)),
        )


def _run(about: Mapping[str, Any]) -> Run:
    model, order = member_of(about, "model", "run"), member_of(about, "order", "run")
    expect(isinstance(model, str) and model in MODELS, "run model", "a known one", model)
    expect(order in ORDERS, "run order", " or ".join(ORDERS), order)
    return Run(model, order, as_whole(member_of(about, "fold", "run"), "run fold", 0, MOST_FOLDS))


def _circumstances(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    as_number(member_of(facts, "seconds", "circumstances"), "circumstances seconds", 0, 1e12)
    for name, value in facts.items():
        expect(not isinstance(value, (dict, list)), f"circumstances {name}", "a text or a number", value)
    return facts


def _classes(value: Any) -> tuple[CropClass, ...]:
    rows = [as_object(row, "classes") for row in as_list(value, "classes", 1, MOST_CLASSES)]
    names = ("code", "name", "colour")
    classes = tuple(CropClass(*(as_text(member_of(row, n, "classes"), f"classes {n}") for n in names)) for row in rows)
    expect(len({crop.code for crop in classes}) == len(classes), "classes", "each code once", value)
    return classes


def _tested(value: Mapping[str, Any], classes: int) -> dict[str, NDArray[Any]]:
    """The four arrays, of one length, whole numbers without a decimal point."""
    lists = {name: as_list(member_of(value, name, "tested"), f"tested {name}", 1, MOST_PARCELS) for name in _TESTED}
    high = {"row": MOST_PARCELS, "truth": classes - 1, "predicted": classes - 1, "confidence": 1}
    for name, items in lists.items():
        expect(len(items) == len(lists["row"]), f"tested {name}", f"a list of {len(lists['row'])}", items)
        kinds = {int} if _TESTED[name] is np.int64 else {int, float}
        expect({*map(type, items)} <= kinds, f"tested {name}", "numbers", items)
        expect(0 <= min(items) <= max(items) <= high[name], f"tested {name}", f"0 to {high[name]}", items)
    expect(len({*lists["row"]}) == len(lists["row"]), "tested row", "each parcel once", lists["row"])
    return {name: np.array(lists[name], dtype) for name, dtype in _TESTED.items()}


@dataclass(frozen=True)
class Records:
    """The records under `folder`. Only whole ones are ever there: they are written beside, then renamed."""

    folder: Path

    def path(self, run: Run) -> Path:
        return self.folder / f"{run.name}.json"

    def done(self, run: Run) -> bool:
        return self.path(run).exists()

    def write(self, record: Record) -> None:
        """The probabilities first: a run is done once its JSON is there. Raises NotWritable, DiskFull."""
        found = record.probabilities
        if found is not None:
            probabilities.write(self._probabilities(record.run), found)
        write_beside(self.path(record.run), lambda beside: beside.write_text(record.as_json(), encoding="utf-8"))

    def _probabilities(self, run: Run) -> Path:
        return self.path(run).with_suffix(".npy")

    def read(self) -> list[Record]:
        """All of them, by model, order and fold. Raises BadRecord, RecordTooNew."""
        return [self._read(path) for path in sorted(self.folder.glob("*.json"))]

    def _read(self, path: Path) -> Record:
        try:
            record = Record.from_document(read_object(path, MOST_BYTES, MOST_VALUES))
            expect(path.stem == record.run.name, "run", f"that of its file's name, {path.stem}", record.run.name)
            found = probabilities.read(self._probabilities(record.run), record.tested, len(record.classes))
        except NewerSchema as error:
            raise RecordTooNew(path, error.found, SCHEMA) from error
        except (OSError, Fault) as error:
            raise BadRecord(path, error) from error
        return replace(record, probabilities=found)

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
    def exclusively(self) -> Iterator[None]:
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
