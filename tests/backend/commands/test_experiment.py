"""`experiment`: its tables against the kept runs; killed, cancelled and shared work ends in the same tables."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.metrics import accuracy_score, f1_score

from backend.errors import BadArgument, Cancelled, Diverged, RunOfOtherSettings, UnknownModel
from backend.experiments.plan import Run
from backend.experiments.records import Records
from backend.learning.training import Training
from backend.series.store import open_store
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = ("--class-field", "CODE_CULTU", "--class-table", "paper", "--models", "gru", "--device", "cpu")
SHORT = (*OPTIONS, "--epochs", 25, "--folds", 2)
TABLE2 = ("table2.md", "table2.csv", "table2.json")


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "backend", "experiment", *map(str, arguments), "--json"]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, env=own, text=True, **pipes)


def await_file(process: subprocess.Popen[str], folder: Path, pattern: str) -> None:
    until = time.monotonic() + 120
    while not list(folder.glob(pattern)) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


def without(folder: Path, copy: Path, *runs: str) -> Path:
    """A copy of an experiment that lacks these runs."""
    shutil.copytree(folder, copy)
    for name in runs:
        for ending in ("json", "npy"):
            (copy / "runs" / f"{name}.{ending}").unlink()
    return copy


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLE2}


@pytest.fixture(scope="module")
def whole(region, tmp_path_factory):
    """Table 2 in one go, and what the command said."""
    folder = tmp_path_factory.mktemp("experiment") / "whole"
    reporter = Recorder()
    outcome = run("experiment", "table2", region.store, "-o", folder, *SHORT, reporter=reporter)
    return folder, outcome, reporter


def test_table2_is_what_the_kept_predictions_say(region, whole):
    folder, outcome, _ = whole
    row = pandas.read_csv(folder / "table2.csv", encoding="utf-8-sig").set_index("model").loc["gru"]
    runs = [json.loads((folder / "runs" / f"gru_chronological_fold-{fold}.json").read_text()) for fold in (1, 2)]
    pairs = [(one["tested"]["truth"], one["tested"]["predicted"]) for one in runs]
    oa = [accuracy_score(*pair) for pair in pairs]
    mean_f = [f1_score(*pair, average="macro") for pair in pairs]
    assert row["oa_mean"] == pytest.approx(np.mean(oa)) and row["oa_std"] == pytest.approx(np.std(oa, ddof=1))
    assert row["mean_f_mean"] == pytest.approx(np.mean(mean_f))
    assert outcome.values["runs"] == len(outcome.values["done_here"]) == 4 and outcome.values["left"] == []
    assert Path(outcome.values["tables"]["table2"]).read_text(encoding="utf-8") in outcome.text
    truth = open_store(region.store).parcels()["CODE_CULTU"].to_numpy()
    for one in runs:
        codes = {crop["name"]: number for number, crop in enumerate(one["classes"])}
        named = {"BTH": "Cereal", "MIS": "Cereal", "PPH": "Meadows"}
        assert [codes[named[truth[row]]] for row in one["tested"]["row"]] == one["tested"]["truth"]
        assert max(one["curves"], key=lambda epoch: epoch["validation_mean_f"])["validation_mean_f"] == next(
            epoch["validation_mean_f"] for epoch in one["curves"] if epoch["epoch"] == one["best_epoch"]
        )


def test_each_run_keeps_the_probabilities_of_its_tested_parcels(whole):
    row = pandas.read_csv(whole[0] / "table2.csv", encoding="utf-8-sig").set_index("model").loc["gru"]
    runs = [record for record in Records(whole[0] / "runs").read() if record.run.model == "gru"]
    for record in runs:
        assert record.probabilities.shape == (len(record.tested["row"]), 2)
        assert record.probabilities.max(axis=1) == pytest.approx(record.tested["confidence"], abs=1e-4)
    losses = [-np.log(r.probabilities[np.arange(len(r.tested["truth"])), r.tested["truth"]]).mean() for r in runs]
    assert row["nll_mean"] == pytest.approx(np.mean(losses), abs=1e-6)


def test_models_share_their_folds(whole):
    runs = {(r.run.model, r.run.fold): r for r in Records(whole[0] / "runs").read()}
    for fold in range(2):
        gru, forest = runs["gru", fold].tested, runs["random-forest", fold].tested
        assert np.array_equal(gru["row"], forest["row"]) and np.array_equal(gru["truth"], forest["truth"])
    rows = np.concatenate([runs["gru", fold].tested["row"] for fold in range(2)])
    assert len(np.unique(rows)) == len(rows)


def test_progress_covers_the_whole_and_pictures_are_there(whole):
    folder, _, reporter = whole
    assert reporter.fractions == sorted(reporter.fractions)
    assert reporter.fractions[-1] == 1.0 and reporter.fractions[0] < 0.3
    page = (folder / "report.md").read_text(encoding="utf-8")
    for name in ("table2.png", "confusion_gru.png", "confusion_random-forest.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
        assert f"({name})" in page
    assert "Partial" not in page
    for fact in ("- split: random", "- seed: 0", "- epochs: 25", "- runs: 4"):
        assert f"{fact}\n" in page


def test_a_killed_experiment_ends_in_the_same_table(region, whole, tmp_path):
    """Killed in the middle of a later run: what was done is not done again, the epochs of that run are gone on with."""
    folder = tmp_path / "killed"
    with start("table2", region.store, "-o", folder, *SHORT) as process:
        unfinished = folder / "unfinished" / "gru_chronological_fold-2"
        await_file(process, unfinished, "*.safetensors")
        process.kill()
    assert not (folder / "runs" / "gru_chronological_fold-2.json").exists()
    assert "**Partial**" in (folder / "table2.md").read_text(encoding="utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "runs").glob("*.json")}
    outcome = run("experiment", "table2", region.store, "-o", folder, *SHORT)
    assert contents(folder) == contents(whole[0])
    assert {f"{name}.json" for name in outcome.values["done_here"]} & set(before) == set()
    assert {name: (folder / "runs" / name).stat().st_mtime_ns for name in before} == before
    resumed = [record for record in Records(folder / "runs").read() if record.circumstances["resumed"]]
    assert [record.run.name for record in resumed] == ["gru_chronological_fold-2"]
    assert not unfinished.exists()


def test_two_processes_share_the_runs(region, whole, tmp_path):
    """The other process begins; this one joins as soon as the first run is claimed."""
    folder = tmp_path / "shared"
    with start("table2", region.store, "-o", folder, *SHORT) as process:
        await_file(process, folder / "runs" / "claims", "*fold*.lock")
        ours = run("experiment", "table2", region.store, "-o", folder, *SHORT).values["done_here"]
        theirs = json.loads(process.communicate(timeout=120)[0])["done_here"]
    assert ours and theirs
    assert sorted(ours + theirs) == sorted(path.stem for path in (whole[0] / "runs").glob("*.json"))
    assert contents(folder) == contents(whole[0])


def test_runs_of_another_process_are_left_to_it(region, whole, tmp_path):
    claimed, free = Run("gru", "chronological", 1), Run("gru", "chronological", 0)
    folder = without(whole[0], tmp_path / "copy", claimed.name, free.name)
    with Records(folder / "runs").claimed(claimed):
        outcome = run("experiment", "table2", region.store, "-o", folder, *SHORT)
    assert outcome.values["done_here"] == [free.name]
    assert outcome.values["left"] == [claimed.name]
    assert claimed.name in outcome.text
    assert "**Partial**: folds of gru are still to be done." in (folder / "report.md").read_text(encoding="utf-8")


def test_a_cancelled_run_leaves_no_half_record(region, whole, tmp_path):
    class Stopping(Recorder):
        def metric(self, name: str, **values: object) -> None:
            if values["epoch"] == 3:
                raise Cancelled

    run_name = "gru_chronological_fold-2"
    folder = without(whole[0], tmp_path / "copy", run_name)
    with pytest.raises(Cancelled):
        run("experiment", "table2", region.store, "-o", folder, *SHORT, reporter=Stopping())
    assert not [path.name for path in (folder / "runs").iterdir() if run_name in path.name]
    assert run("experiment", "table2", region.store, "-o", folder, *SHORT).values["done_here"] == [run_name]
    assert contents(folder) == contents(whole[0])


def test_a_run_that_diverges_is_left_out(region, whole, tmp_path, monkeypatch):
    lost = Run("gru", "chronological", 0)
    folder = without(whole[0], tmp_path / "copy", lost.name)

    def diverge(*_: object) -> None:
        raise Diverged(3, 0.001)

    monkeypatch.setattr(Training, "fit", diverge)
    reporter = Recorder()
    outcome = run("experiment", "table2", region.store, "-o", folder, *SHORT, reporter=reporter)
    assert outcome.values["left"] == [lost.name] and outcome.values["done_here"] == []
    assert [message for code, message in reporter.warnings if code == "training.diverged"][0].startswith("gru, fold 1:")


def test_runs_of_other_settings_are_not_mixed_in(region, whole):
    folder, *_ = whole
    before = contents(folder)
    for other, named in (
        (("--epochs", 4), r"epochs \(25 there, 4 now\)"),
        (("--seed", 1), "parcels, seed"),
        (("--split", "blocks", "--block-size-m", 100), "parcels, split"),
        (("--class-table", "rpg_groups"), "classes"),
    ):
        with pytest.raises(RunOfOtherSettings, match=named):
            run("experiment", "table2", region.store, "-o", folder, *SHORT, *other)
    assert contents(folder) == before


def test_another_model_joins_the_table(region, whole, tmp_path):
    folder = without(whole[0], tmp_path / "copy")
    outcome = run("experiment", "table2", region.store, "-o", folder, *SHORT, "--models", "temp-cnn")
    assert len(outcome.values["done_here"]) == 2
    rows = json.loads((folder / "table2.json").read_text(encoding="utf-8"))["rows"]
    assert [(row["model"], row["folds"]) for row in rows] == [
        ("gru", "2 of 2"),
        ("temp-cnn", "2 of 2"),
        ("random-forest", "2 of 2"),
    ]


def test_table1_needs_no_data_and_the_others_do(region, tmp_path):
    outcome = run("experiment", "table1", "-o", tmp_path)
    assert "| cnn | 16 : 32 : 96 | 16 : 32 : 96 |" in outcome.text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "report.md",
        "table1.csv",
        "table1.json",
        "table1.md",
    ]
    with pytest.raises(BadArgument, match="store"):
        run("experiment", "table2", "-o", tmp_path, "--class-field", "CODE_CULTU")
    with pytest.raises(BadArgument, match="class_field"):
        run("experiment", "figure2", region.store, "-o", tmp_path)
    with pytest.raises(UnknownModel, match="resnet"):
        run("experiment", "table1", "-o", tmp_path, "--models", "gru,resnet")
    with pytest.raises(BadArgument, match="from 1 to 5"):
        run("experiment", "table2", region.store, "-o", tmp_path, *OPTIONS, "--folds", 6)


def test_all_tables_of_one_fold(region, whole, tmp_path):
    folder = without(whole[0], tmp_path / "copy")
    outcome = run("experiment", "all", region.store, "-o", folder, *SHORT, "--folds", 1)
    assert list(outcome.values["tables"]) == ["table1", "table2", "table3", "table4", "figure2", "findings"]
    assert outcome.values["runs"] == 6 and len(outcome.values["done_here"]) == 4  # two models, three orders
    ours = [record for record in Records(folder / "runs").read() if (record.run.model, record.run.fold) == ("gru", 0)]
    losses = {record.run.order: record.curves[0]["train_loss"] for record in ours}
    assert len(losses) == len(set(losses.values())) == 3  # each order is a training of its own
    rows = json.loads((folder / "figure2.json").read_text(encoding="utf-8"))["rows"]
    counts = open_store(region.store).parcels()["CODE_CULTU"].value_counts()
    found = {row["class"]: row["parcels"] for row in rows if row["parcels"]}
    assert found == {"Cereal": counts["BTH"] + counts["MIS"], "Meadows": counts["PPH"]}
    assert (folder / "figure2.png").exists() and (folder / "table4.png").exists()
