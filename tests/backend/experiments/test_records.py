"""Records of runs: round trip, damage, claims, and what is not mixed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from backend.errors import BadRecord, RecordTooNew, RunOfOtherSettings
from backend.experiments.plan import Run
from backend.experiments.records import Record, Records, require_same
from backend.vocabulary import CropClass

RUN = Run("gru", "shuffled", 2)
TESTED = {"row": [3, 5], "truth": [0, 1], "predicted": [0, 0], "confidence": [0.25, 1.0]}
RECORD = Record(
    run=RUN,
    settings={"epochs": 50, "figures": {"hidden": 156}},
    circumstances={"seconds": 1.5},
    classes=(CropClass("A", "Crop é", "#000000"), CropClass("B", "Other", "#ffffff")),
    parameters=94_587,
    best_epoch=2,
    curves=({"epoch": 1, "train_loss": 0.1}, {"epoch": 2, "train_loss": 0.05}),
    tested={name: np.array(values) for name, values in TESTED.items()},
)


def test_a_record_comes_back_as_it_was(tmp_path):
    records = Records(tmp_path / "runs")
    assert not records.done(RUN) and records.read() == []
    records.write(RECORD)
    assert records.done(RUN)
    assert [path.name for path in records.folder.iterdir()] == ["gru_shuffled_fold-3.json"]
    (found,) = records.read()
    assert {name: values.tolist() for name, values in found.tested.items()} == TESTED
    assert replace(found, tested={}) == replace(RECORD, tested={})
    assert found.scores["oa"] == 0.5


def test_probabilities_are_in_a_file_beside_it(tmp_path):
    found = np.array([[0.7, 0.3], [0.9, 0.1]], dtype=np.float32)
    records = Records(tmp_path / "runs")
    records.write(replace(RECORD, probabilities=found))
    assert np.array_equal(np.load(records.folder / "gru_shuffled_fold-3.npy"), found)
    assert "probabilities" not in json.loads(records.path(RUN).read_text())
    (record,) = records.read()
    assert np.array_equal(record.probabilities, found)
    assert record.scores["nll"] == pytest.approx(-(np.log(0.7) + np.log(0.1)) / 2, rel=1e-5)
    assert record.scores["brier"] == pytest.approx((2 * 0.3**2 + 2 * 0.9**2) / 2, rel=1e-5)


def test_a_record_without_them_is_read_and_has_no_scores_of_probabilities(tmp_path):
    records = Records(tmp_path / "runs")
    records.write(RECORD)
    (record,) = records.read()
    assert record.probabilities is None and "nll" not in record.scores


def test_probabilities_that_a_killed_process_left_count_for_nothing(tmp_path):
    records = Records(tmp_path)
    np.save(tmp_path / "gru_shuffled_fold-3.npy", np.ones((5, 5), np.float32))
    assert not records.done(RUN) and records.read() == []
    records.write(replace(RECORD, probabilities=np.array([[1, 0], [1, 0]], dtype=np.float32)))
    assert records.read()[0].probabilities.shape == (2, 2)


@pytest.mark.parametrize(
    "found",
    [
        np.array([[0.7, 0.3]], np.float32),
        np.array([[0.7, 0.3], [0.9, 0.1]]),
        np.array([[0.7, 0.2], [0.9, 0.1]], np.float32),
        np.array([[1.7, -0.7], [0.9, 0.1]], np.float32),
        np.array([[np.nan, 0.3], [0.9, 0.1]], np.float32),
        np.array([[0.3, 0.7], [0.9, 0.1]], np.float32),
    ],
    ids=["shape", "type", "sum", "negative", "NaN", "other predictions"],
)
def test_probabilities_that_are_not_those_of_the_record_are_refused(tmp_path, found):
    records = Records(tmp_path)
    records.write(RECORD)
    np.save(tmp_path / "gru_shuffled_fold-3.npy", found)
    with pytest.raises(BadRecord, match="gru_shuffled_fold-3.npy: "):
        records.read()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04" + bytes(60), b"pickle" * 30])
def test_damaged_probabilities_are_named(tmp_path, content):
    records = Records(tmp_path)
    records.write(RECORD)
    (tmp_path / "gru_shuffled_fold-3.npy").write_bytes(content)
    with pytest.raises(BadRecord, match="gru_shuffled_fold-3.npy: "):
        records.read()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1, "run": {}}'])
def test_a_damaged_record_is_named(tmp_path, text):
    (tmp_path / "gru_shuffled_fold-3.json").write_text(text)
    with pytest.raises(BadRecord, match="gru_shuffled_fold-3.json"):
        Records(tmp_path).read()


def test_a_record_of_a_newer_version_is_called_so(tmp_path):
    (tmp_path / "gru_shuffled_fold-3.json").write_text('{"schema": 99}')
    with pytest.raises(RecordTooNew, match="schema 99; this version reads up to 1"):
        Records(tmp_path).read()


def test_a_run_is_claimed_by_one_process_and_a_killed_one_frees_it(tmp_path):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from backend.experiments.plan import Run; from backend.experiments.records import Records\n"
        f"with Records(Path({str(tmp_path)!r})).claimed(Run('gru', 'shuffled', 2)) as ours:\n"
        "    print(ours, flush=True); time.sleep(60)"
    )
    records = Records(tmp_path)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline().strip() == "True"
        with records.claimed(RUN) as ours, records.claimed(replace(RUN, fold=0)) as another:
            assert (ours, another) == (False, True)
        other.kill()
    with records.claimed(RUN) as ours:
        assert ours
    records.write(RECORD)
    with records.claimed(RUN) as ours:
        assert not ours


def test_what_differs_is_named(tmp_path):
    wanted = {"epochs": 50, "figures": {"kernels": (3, 4)}, "parcels": "a" * 64}
    require_same(tmp_path, {"epochs": 50, "figures": {"kernels": [3, 4]}, "parcels": "a" * 64}, wanted)
    with pytest.raises(RunOfOtherSettings, match=r"epochs \(2 there, 50 now\), parcels\)"):
        require_same(tmp_path, {"epochs": 2, "figures": {"kernels": [3, 4]}, "parcels": "b" * 64}, wanted)


def test_an_option_younger_than_the_record_had_its_default(tmp_path):
    require_same(tmp_path, {"epochs": 50}, {"epochs": 50, "patience": 0})
    with pytest.raises(RunOfOtherSettings, match="patience"):
        require_same(tmp_path, {"epochs": 50}, {"epochs": 50, "patience": 3})
