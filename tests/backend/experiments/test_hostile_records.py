"""No record of a run that someone may hand over ends in anything but "not a record", nor in wrong tables."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from backend.errors import BadRecord, RecordTooNew
from backend.experiments.records import Records
from backend.experiments.results import by_model
from tests.backend.models import hostile
from tests.contract.files import ROOT

RUNS = ROOT / "tests" / "fixtures" / "v0.1.0" / "runs"
NAME = "gru_chronological_fold-1.json"
DOCUMENT = json.loads((RUNS / NAME).read_text(encoding="utf-8"))
BAD_ANYWHERE = {*hostile.LITERALS, "nested", "no text", "long text"}
FREE = {*hostile.REPLACED} - BAD_ANYWHERE
# what may stand at a place besides the run's own value; everything else is to be refused
ALLOWED = {
    ("settings",): {"object"},  # compared as a whole with those that are asked for
    ("circumstances", "seconds"): {"zero", "fraction"},
    ("classes", 0, "name"): {"text"},
    ("classes", 0, "colour"): {"text"},
    ("parameters",): {"null"},
    ("tested", "confidence", 0): {"zero", "fraction"},
    ("run", "fold"): {"zero"},
    ("tested", "row", 0): {"zero"},
    ("tested", "truth", 0): {"zero"},
    ("tested", "predicted", 0): {"zero"},
    **{("curves", 0, name): FREE for name in ("fold", "folds", "epochs")},  # shown nowhere
    **{("curves", 0, name): {"missing", "zero", "fraction"} for name in ("train_loss", "validation_loss")},
    **{("curves", 0, name): {"missing", "zero", "fraction"} for name in ("validation_oa", "validation_mean_f")},
}
HUGE_LOSS = {("curves", 0, name) for name in ("train_loss", "validation_loss")}


def allowed(at: hostile.Path, name: str) -> bool:
    if at[0] == "settings" and len(at) > 1 and at[1] != "classes":
        return name in FREE
    if at == ("settings", "classes"):
        return name == "missing"
    if at[0] == "circumstances" and at[1:] not in ((), ("seconds",)):
        return name in FREE - {"list", "object"}
    return name in ALLOWED.get(at, ()) or (at in HUGE_LOSS and name == "huge")


CASES = [(at, name) for at in hostile.paths(DOCUMENT) for name in hostile.REPLACED]


def says(folder: Path, content: bytes, name: str = NAME) -> str:
    """What becomes of the record, and of the figures that a table takes from it."""
    (folder / name).write_bytes(content)
    try:
        records = Records(folder).read()
    except BadRecord as error:
        assert name in error.message
        return "refused"
    except RecordTooNew:
        return "newer"
    (results,) = by_model(records).values()
    assert 0 <= results.pooled["oa"] <= 1 and len(results.pooled["confusion"]) == 3
    return "accepted"


def test_the_records_of_version_0_1_0_are_read():
    records = Records(RUNS).read()
    assert [record.run.model for record in records] == ["gru", "random-forest"]
    assert records[0].parameters == 93547 and records[0].scores["parcels"] == 10


@pytest.mark.parametrize(("at", "name"), CASES, ids=[f"{'.'.join(map(str, at))} {name}" for at, name in CASES])
def test_each_value_replaced(tmp_path, at, name):
    document = hostile.replaced(DOCUMENT, at, hostile.REPLACED[name])
    expected = "accepted" if allowed(at, name) else "refused"
    if (at, name) == (("schema",), "huge"):
        expected = "newer"
    assert says(tmp_path, hostile.as_json(document)) == expected


TESTED = DOCUMENT["tested"]
RELATIONS = {
    **{f"{name} one short": {"tested": {**TESTED, name: values[:-1]}} for name, values in TESTED.items()},
    "a parcel twice": {"tested": {**TESTED, "row": [TESTED["row"][0], *TESTED["row"][:-1]]}},
    "truth outside the classes": {"tested": {**TESTED, "truth": [3, *TESTED["truth"][1:]]}},
    "truth with a decimal point": {"tested": {**TESTED, "truth": [1.0, *TESTED["truth"][1:]]}},
    "a class twice": {"classes": DOCUMENT["classes"][:1] * 3},
    "a class less": {"classes": DOCUMENT["classes"][:2]},
    "best epoch after the last": {"best_epoch": 2},
    "epochs that skip one": {"curves": [DOCUMENT["curves"][0], {**DOCUMENT["curves"][0], "epoch": 3}]},
    "of another fold than its name": {"run": {**DOCUMENT["run"], "fold": 1}},
}


@pytest.mark.parametrize("name", RELATIONS)
def test_parts_that_contradict_each_other(tmp_path, name):
    assert says(tmp_path, json.dumps({**DOCUMENT, **RELATIONS[name]}).encode()) == "refused"


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b"{", b"\xff", b"[" * 10**6, json.dumps(DOCUMENT).encode("utf-16"), b'{"schema": 1, "schema": 1}'],
)
def test_files_that_are_not_records(tmp_path, content):
    assert says(tmp_path, content) == "refused"


def test_unknown_keys_of_a_newer_minor_version_are_ignored(tmp_path):
    assert says(tmp_path, json.dumps({**DOCUMENT, "further": {"a": [1]}}).encode()) == "accepted"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_and_a_vast_file_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / NAME)
    began = time.monotonic()
    with pytest.raises(BadRecord, match="not a regular file"):
        Records(tmp_path).read()
    (tmp_path / NAME).unlink()
    with (tmp_path / NAME).open("wb") as file:
        file.truncate(1 << 40)  # holes: it takes no room
    with pytest.raises(BadRecord, match="expected at most"):
        Records(tmp_path).read()
    assert time.monotonic() - began < 2
