"""The tables' figures against scikit-learn and numpy on made-up predictions."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score

from backend.experiments import tables
from backend.experiments.plan import Run, runs_of
from backend.experiments.records import Record
from backend.experiments.results import by_model
from backend.experiments.tables import Frame
from backend.learning.labels import Labelled
from backend.reports import comparison
from backend.vocabulary import CropClass

CLASSES = tuple(CropClass(f"C{i}", name, "#123456") for i, name in enumerate(("Cereal", "Hemp", "Orchard", "Rice")))
MODELS = ("gru", "random-forest", "temp-cnn")
ORDERS = ("chronological", "shuffled", "shuffled-per-parcel")


def made_up(model: str, order: str, fold: int) -> Record:
    """The last class never occurs; Orchard occurs in fold 0 alone."""
    rng = np.random.default_rng([MODELS.index(model), ORDERS.index(order), fold])
    truth = np.random.default_rng(fold).integers(0, 3 if fold == 0 else 2, 40)
    predicted = np.where(rng.random(40) < 0.7, truth, rng.integers(0, 4, 40))
    tested = {"row": np.arange(40) + 40 * fold, "truth": truth, "predicted": predicted, "confidence": rng.random(40)}
    return Record(Run(model, order, fold), {}, {}, CLASSES, 10, 1, (), tested)


RECORDS = [made_up(model, order, fold) for model in MODELS for order in ORDERS for fold in range(3)]
FRAME = Frame(by_model(RECORDS), ("gru", "temp-cnn"), 3)


def folds(model: str, order: str = "chronological") -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (record.tested["truth"], record.tested["predicted"])
        for record in RECORDS
        if (record.run.model, record.run.order) == (model, order)
    ]


def mean_f(truth: np.ndarray, predicted: np.ndarray) -> float:
    return f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)


def test_table2_against_scikit_learn():
    rows = {row["model"]: row for row in tables.table2(FRAME)["rows"]}
    assert list(rows) == ["gru", "temp-cnn", "random-forest"]  # as MODELS has them
    for model, row in rows.items():
        pairs = folds(model)
        for key, score in (
            ("oa", accuracy_score),
            ("mean_f", mean_f),
            ("mean_precision", lambda t, p: precision_score(t, p, labels=np.unique(t), average="macro")),
            ("mean_recall", lambda t, p: recall_score(t, p, labels=np.unique(t), average="macro")),
        ):
            values = [score(truth, predicted) for truth, predicted in pairs]
            assert row[f"{key}_mean"] == pytest.approx(np.mean(values))
            assert row[f"{key}_std"] == pytest.approx(np.std(values, ddof=1))
            assert row[f"{key}_pooled"] == pytest.approx(score(*map(np.concatenate, zip(*pairs))))
        assert row["folds"] == "3 of 3"
    assert rows["gru"]["mean_f_diff"] == pytest.approx(rows["gru"]["mean_f_mean"] - 0.538)
    assert rows["random-forest"]["oa_diff"] is None and rows["random-forest"]["mean_f_paper"] == 0.369
    assert rows["temp-cnn"]["mean_f_paper"] is None


def test_scores_of_kept_probabilities_against_scikit_learn():
    rng, records = np.random.default_rng(8), []
    for fold in range(2):
        found = rng.dirichlet(np.ones(4), 60).astype(np.float32)
        truth = np.where(rng.random(60) < 0.5, found.argmax(axis=1), rng.integers(0, 4, 60))
        tested = {
            "row": np.arange(60),
            "truth": truth,
            "predicted": found.argmax(axis=1),
            "confidence": found.max(axis=1),
        }
        records.append(Record(Run("gru", "chronological", fold), {}, {}, CLASSES, 10, 1, (), tested, found))
    frame = Frame(by_model(records), ("gru",), 2)
    (row,) = [row for row in tables.table2(frame)["rows"] if row["model"] == "gru"]
    exact = [r.probabilities.astype(float) / r.probabilities.astype(float).sum(axis=1, keepdims=True) for r in records]
    nll = [log_loss(r.tested["truth"], p, labels=range(4)) for r, p in zip(records, exact, strict=True)]
    weighted = [f1_score(r.tested["truth"], r.tested["predicted"], average="weighted") for r in records]
    assert (row["nll_mean"], row["nll_std"]) == pytest.approx((np.mean(nll), np.std(nll, ddof=1)))
    assert (row["weighted_f_mean"], row["weighted_f_std"]) == pytest.approx(
        (np.mean(weighted), np.std(weighted, ddof=1))
    )
    text = comparison.as_markdown(tables.table2(frame))
    assert f"{np.mean(nll):.3f} ± {np.std(nll, ddof=1):.3f}" in text
    both, truth = np.concatenate(exact), np.concatenate([r.tested["truth"] for r in records])
    for number, crop in enumerate(tables.table3(frame, CLASSES)["rows"]):
        share, probability = calibration_curve(truth == number, both[:, number], n_bins=10)
        counts = np.histogram(both[:, number], np.linspace(0, 1, 11))[0]
        assert crop["gru_ece"] == pytest.approx((abs(share - probability) * counts[counts > 0]).sum() / 120, rel=1e-5)


def test_records_without_probabilities_have_no_scores_of_them():
    (row,) = [row for row in tables.table2(FRAME)["rows"] if row["model"] == "gru"]
    assert row["nll_mean"] is None and row["weighted_f_mean"] > 0
    assert "gru_ece" not in tables.table3(FRAME, CLASSES)["rows"][0]


def test_table3_counts_a_class_in_the_folds_that_test_it():
    rows = {row["class"]: row for row in tables.table3(FRAME, CLASSES)["rows"]}
    pairs = folds("gru")
    hemp = [f1_score(truth == 1, predicted == 1) for truth, predicted in pairs]
    assert rows["Hemp"]["gru_mean"] == pytest.approx(np.mean(hemp))
    assert rows["Hemp"]["gru_paper"] == 0.605
    assert rows["Hemp"]["gru_diff"] == pytest.approx(np.mean(hemp) - 0.605)
    assert rows["Orchard"]["gru_mean"] == pytest.approx(f1_score(pairs[0][0] == 2, pairs[0][1] == 2))
    assert rows["Orchard"]["gru_std"] is None
    truth, predicted = map(np.concatenate, zip(*pairs))
    assert rows["Orchard"]["gru_pooled"] == pytest.approx(f1_score(truth == 2, predicted == 2))
    assert rows["Rice"]["gru_mean"] is None
    assert [rows[crop.name]["parcels"] for crop in CLASSES] == np.bincount(truth, minlength=4).tolist()


def test_table4_takes_changes_fold_by_fold():
    fewer = [record for record in RECORDS if record.run != Run("gru", "shuffled", 2)]
    table = tables.table4(Frame(by_model(fewer), ("gru",), 3))
    row = table["rows"][0]
    ordered, shuffled = ([mean_f(*pair) for pair in folds("gru", order)] for order in ORDERS[:2])
    changes = np.subtract(shuffled[:2], ordered[:2])  # fold 3 lacks the one
    assert row["model"] == "gru" and row["folds"] == "3, 2, 3 of 3"
    assert row["change_mean"] == pytest.approx(changes.mean())
    assert row["change_std"] == pytest.approx(changes.std(ddof=1))
    assert row["change_paper"] == pytest.approx(-0.085)
    assert row["change_diff"] == pytest.approx(changes.mean() + 0.085)
    assert row["per_parcel_mean"] == pytest.approx(np.mean([mean_f(*pair) for pair in folds("gru", ORDERS[2])]))
    assert "**Partial**: folds of gru are still to be done." in table["notes"]
    assert not any("Partial" in note for note in tables.table4(FRAME)["notes"])


def test_findings_are_differences_in_each_fold():
    rows = {row["finding"]: row for row in tables.findings(FRAME)["rows"]}
    row = rows["Networks that model time are above the forest: gru"]
    gaps = [mean_f(*gru) - mean_f(*forest) for gru, forest in zip(folds("gru"), folds("random-forest"))]
    assert row["difference_mean"] == pytest.approx(np.mean(gaps))
    assert row["holds"] == f"{sum(gap > 0 for gap in gaps)} of 3 folds"
    assert row["paper"] == pytest.approx(0.538 - 0.369)
    assert rows["The recurrent network is above the convolutional one"]["holds"] is None


def test_figure2_counts_declared_and_used_parcels():
    labels = np.array([0, 0, 0, 1, 3, 3, -1])
    labelled = Labelled(np.array([0, 0, -1, -1, 1, 1, -1]), (CLASSES[0], CLASSES[3]), ((CLASSES[1], 1),))
    rows = tables.figure2(labels, CLASSES, labelled)["rows"]
    assert [(row["class"], row["parcels"], row["used"]) for row in rows] == [
        ("Cereal", 3, 2),
        ("Hemp", 1, 0),
        ("Orchard", 0, 0),
        ("Rice", 2, 2),
    ]
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_table1_counts_parameters():
    rows = {row["model"]: row for row in tables.table1(Frame({}, (), 0))["rows"]}
    assert rows["cnn"] == {
        "model": "cnn",
        "kernels": "16 : 32 : 96",
        "hidden": "-",
        "ratio": "0",
        "parameters": 92_899,
        "kernels_paper": "16 : 32 : 96",
        "hidden_paper": "-",
        "ratio_paper": "0",
        "parameters_paper": 92_899,
        "parameters_difference": 0,
    }
    assert rows["random-forest"]["parameters"] is None
    assert abs(rows["conv-lstm"]["parameters_difference"]) < 100


def test_runs_go_fold_by_fold_quick_models_first():
    runs = runs_of(["table2", "table4"], (), 2)
    assert len(runs) == len(set(runs)) == 2 * (7 + 5 * 2)
    assert [run.fold for run in runs] == [0] * 17 + [1] * 17
    assert {run.model for run in runs[:2]} == {"gru", "random-forest"} and runs[6].model == "conv-lstm"
    assert runs_of(["table1", "figure2"], (), 5) == []
    assert {run.model for run in runs_of(["table2"], ("temp-cnn",), 1)} == {"temp-cnn", "random-forest"}


def test_a_table_as_people_and_programs_read_it(tmp_path):
    table = tables.table2(FRAME)
    path = comparison.write_table(table, tmp_path)
    row = table["rows"][0]
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [cell.strip() for cell in next(line for line in lines if line.startswith("| gru")).strip("|").split("|")]
    assert cells[:3] == ["gru", "3 of 3", f"{100 * row['oa_mean']:.1f} ± {100 * row['oa_std']:.1f}"]
    assert cells[3:5] == ["93.5", f"{100 * row['oa_mean'] - 93.5:+.1f}"]
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) == table
    header, first, *_ = path.with_suffix(".csv").read_text(encoding="utf-8-sig").splitlines()
    assert float(first.split(",")[header.split(",").index("oa_pooled")]) == row["oa_pooled"]
