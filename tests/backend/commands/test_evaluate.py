"""`evaluate` against scikit-learn, on layers made by hand: nulls, codes that no table has, confidences out of range."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click import BadParameter
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from backend.errors import BadArgument, MissingField, NoCommonClasses, NotWritable
from backend.series.store import locked
from backend.workflows.evaluate import EvaluateSpec
from tests.backend.commands.conftest import run
from tests.backend.ground import outlines, write_parcels
from tests.backend.recorder import Recorder

TABLE = """code,name,class,colour
BTH,wheat,Cereal,#aa8800
ORH,barley,Cereal,
MIS,maize,Maize,#008800
PPH,,Meadow,#00ff00
"""
CLASSES = ["cereal", "maize", "meadow"]
TRUTH = {"BTH": "cereal", "ORH": "cereal", "MIS": "maize", "PPH": "meadow"}
ROWS = [  # declared code, predicted class, confidence, quality
    ("BTH", "cereal", 0.95, "ok"),
    ("ORH", "cereal", 0.91, "ok"),
    ("BTH", "maize", 0.55, "few_pixels"),
    ("MIS", "maize", 0.85, "ok"),
    ("MIS", "maize", None, "ok"),  # judged, but without a confidence
    ("MIS", "meadow", 7.0, "ok"),  # judged, its confidence is none
    ("PPH", "cereal", 0.51, "ok"),
    (None, "meadow", 0.99, "ok"),  # the following are not judged
    ("", "meadow", 0.99, "ok"),
    ("ZZZ", "maize", 0.99, "ok"),
    ("ZZZ", "cereal", 0.99, "ok"),
    ("YYY", "cereal", 0.99, "ok"),
    ("PPH", None, None, "outside"),
    ("PPH", "sunflower", 0.4, "ok"),
]
JUDGED = ROWS[:7]


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> SimpleNamespace:
    """The layer of ROWS, evaluated with the class table."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    names = ("declared", "crop_code", "confidence", "quality")
    columns = {name: [row[place] for row in ROWS] for place, name in enumerate(names)}
    layer = write_parcels(folder / "predicted.gpkg", outlines(len(ROWS)), **columns)
    reporter = Recorder()
    options = ("--truth", "declared", "--class-table", folder / "table.csv")
    values = run("evaluate", layer, *options, reporter=reporter).values
    document = json.loads((folder / "predicted_evaluation.json").read_text(encoding="utf-8"))
    return SimpleNamespace(layer=layer, values=values, warnings=dict(reporter.warnings), document=document)


def test_scores_are_scikit_learn_s(judged):
    truth, predicted = [TRUTH[row[0]] for row in JUDGED], [row[1] for row in JUDGED]
    scores = judged.values["scores"]
    assert scores["parcels"] == 7
    assert scores["oa"] == pytest.approx(accuracy_score(truth, predicted)) == pytest.approx(4 / 7)
    averaged = {"labels": CLASSES, "average": "macro", "zero_division": 0}
    for key, figure in (("mean_f", f1_score), ("mean_precision", precision_score), ("mean_recall", recall_score)):
        assert scores[key] == pytest.approx(figure(truth, predicted, **averaged)), key
    assert [row["code"] for row in scores["classes"]] == CLASSES
    assert scores["confusion"] == confusion_matrix(truth, predicted, labels=CLASSES).tolist()


def test_codes_that_the_table_lacks_are_counted(judged):
    assert judged.values["unknown_codes"] == {"ZZZ": 2, "YYY": 1}
    assert "3 parcels" in judged.warnings["classes.unknown_codes"]
    assert "ZZZ (2), YYY (1)" in judged.warnings["classes.unknown_codes"]


def test_parcels_that_cannot_be_judged_are_counted(judged):
    assert judged.warnings["labels.not_judged"].startswith("7 of 14 parcels ")


def test_the_reliability_is_of_confidences_from_0_to_1(judged):
    bins = judged.document["reliability"]
    confident = [(row[2], TRUTH[row[0]] == row[1]) for row in JUDGED if row[2] is not None and row[2] <= 1]
    assert [row["parcels"] for row in bins] == [2, 1, 2]  # of 0.51 and 0.55; 0.85; 0.91 and 0.95
    assert [row["accuracy"] for row in bins] == [0, 1, 1]
    assert np.average([row["confidence"] for row in bins], weights=[2, 1, 2]) == pytest.approx(
        np.mean([confidence for confidence, _ in confident])
    )


def test_the_report_counts_the_flags_of_all_parcels(judged):
    assert {row["quality"]: row["parcels"] for row in judged.document["flags"]} == {
        "ok": 12, "few_pixels": 1, "outside": 1
    }  # fmt: skip
    assert judged.values["report"] == str(judged.layer.with_name("predicted_evaluation.html"))
    assert judged.document["scores"] == judged.values["scores"]


def test_without_a_table_numbers_and_texts_are_the_same_codes(tmp_path):
    columns = {"declared": [1.0, 2.0, 2.0, 30.0, None], "crop_code": ["1", "2", "1", "30", "2"]}
    layer = write_parcels(tmp_path / "p.gpkg", outlines(5), **columns)
    values = run("evaluate", layer, "--truth", "declared", "--report", tmp_path / "page.html").values
    assert [row["code"] for row in values["scores"]["classes"]] == ["1", "2", "30"]
    assert values["scores"]["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert values["report"] == str(tmp_path / "page.html")
    assert not layer.with_name("p_evaluation.html").exists()


def test_a_layer_without_the_field_or_without_predictions(tmp_path):
    layer = write_parcels(tmp_path / "p.gpkg", outlines(2), declared=["BTH", "MIS"])
    with pytest.raises(MissingField, match="crop_code"):
        run("evaluate", layer, "--truth", "declared")
    with pytest.raises(MissingField, match="culture"):
        run("evaluate", layer, "--truth", "culture")


def test_nothing_in_common(tmp_path):
    columns = {"declared": ["BTH", None], "crop_code": [None, "cereal"]}
    layer = write_parcels(tmp_path / "p.gpkg", outlines(2), **columns)
    with pytest.raises(NoCommonClasses, match="BTH.*cereal"):
        run("evaluate", layer, "--truth", "declared")
    assert not list(tmp_path.glob("*.html"))


def test_the_language_of_the_report_is_one_that_there_is(tmp_path):
    columns = {"declared": ["BTH", "MIS"], "crop_code": ["BTH", "MIS"]}
    layer = write_parcels(tmp_path / "p.gpkg", outlines(2), **columns)
    run("evaluate", layer, "--truth", "declared", "--language", "en")
    assert '<html lang="en">' in layer.with_name("p_evaluation.html").read_text("utf-8")
    with pytest.raises(BadParameter, match="xx"):
        run("evaluate", layer, "--truth", "declared", "--language", "xx")
    with pytest.raises(BadArgument, match="language: expected en, found 'xx'"):
        EvaluateSpec.of(predictions=layer, truth="declared", language="xx")


def test_the_pdf_and_the_figures_are_made_on_request(judged, tmp_path):
    evaluation = ("evaluate", judged.layer, "--truth", "declared", "--report")
    run(*evaluation, tmp_path / "r.html", "--report-pdf", "--report-figures")
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    figures = {path.name for path in (tmp_path / "r_figures").iterdir()}
    assert {"confusion.svg", "confusion.png"} <= figures
    values = run(*evaluation, tmp_path / "s.pdf").values
    assert str(values["report"]) == str(tmp_path / "s.html")
    assert (tmp_path / "s.pdf").is_file() and not (tmp_path / "s_figures").exists()


def test_one_run_at_a_time_writes_a_report(judged, tmp_path):
    evaluation = ("evaluate", judged.layer, "--truth", "declared", "--report")
    with locked(tmp_path / "r.html"):
        for name in ("r.html", "r.json", "r"):  # the same files
            with pytest.raises(NotWritable, match="another run is working on it"):
                run(*evaluation, tmp_path / name)
        assert [path.name for path in tmp_path.iterdir()] == [".r.html.lock"]
        run(*evaluation, tmp_path / "other.html")
    run(*evaluation, tmp_path / "r.html")
    assert not list(tmp_path.glob(".*"))


def test_leftovers_of_a_killed_evaluation_go_with_the_next(judged, tmp_path):
    leftover = tmp_path / f".r.json.{2**22 + 1}.part"  # of a process that cannot be
    leftover.write_text("{")
    run("evaluate", judged.layer, "--truth", "declared", "--report", tmp_path / "r.html")
    assert not leftover.exists()


def test_a_report_that_cannot_be_written_is_found_before_the_layer_is_read(judged, tmp_path):
    (tmp_path / "r.html").mkdir()
    with pytest.raises(NotWritable, match="it is a folder"):
        run("evaluate", judged.layer, "--truth", "no_such_field", "--report", tmp_path / "r.html")
