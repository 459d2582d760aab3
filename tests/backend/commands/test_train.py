"""Training through its command: the file, the report, and what is reported of the labels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import geopandas
import numpy as np
import pytest
from filelock import FileLock

from backend.errors import MissingField, NotWritable, TooFewClasses, UnknownModel
from backend.models.bundle import ModelBundle
from tests.backend.commands.conftest import run
from tests.backend.ground import DATES
from tests.backend.recorder import Recorder


def test_the_model_says_what_it_needs_and_knows(region):
    bundle = ModelBundle.load(region.model)
    assert bundle.calendar == (2, 21, 68, 104, 151)
    assert bundle.season == 2017
    assert [crop.code for crop in bundle.classes] == ["meadows", "cereal"]
    assert bundle.scores == region.training.values["scores"]
    assert bundle.provenance["epochs"] == 8
    assert len(bundle.class_table) > 300


def test_the_report_has_curves_and_acquisitions(region):
    document = json.loads((region.folder / "gru_report.json").read_text())
    assert len(document["curves"]) == 8
    assert [row["date"].replace("-", "") for row in document["acquisitions"]] == list(DATES)
    assert document["scores"]["parcels"] == region.training.values["scores"]["parcels"]


def test_the_reliability_of_each_class_is_in_the_report_and_the_result(region):
    document = json.loads((region.folder / "gru_report.json").read_text())
    values, scores = region.training.values, region.training.values["scores"]
    assert json.loads(json.dumps(values["class_reliability"])) == document["class_reliability"]
    assert [row["code"] for row in document["class_reliability"]] == ["meadows", "cereal"]
    for row, crop in zip(document["class_reliability"], scores["classes"], strict=True):
        assert row["share"] == pytest.approx(crop["support"] / scores["parcels"])
        assert sum(bin["parcels"] for bin in row["bins"]) == scores["parcels"]
    assert scores["class_ece"] == pytest.approx(np.mean([row["ece"] for row in document["class_reliability"]]))
    assert "Reliability of each class" in (region.folder / "gru_report.html").read_text(encoding="utf-8")


def test_it_learns(region):
    assert region.training.values["scores"]["oa"] > 0.85


def test_the_field_s_own_values_with_names(region):
    outcome = run(
        "train", region.store, "-o", region.folder / "own.cropmodel", "--model", "random-forest",
        "--class-field", "CODE_CULTU", "--name-field", "note",
    )  # fmt: skip
    assert [(row["code"], row["name"]) for row in outcome.values["classes"]] == [
        (code, "é") for code in ("BTH", "MIS", "PPH")
    ]


def test_a_class_with_one_parcel_is_left_out_and_reported(region, tmp_path):
    parcels = geopandas.read_file(region.parcels)
    parcels.loc[0, "CODE_CULTU"] = "CHV"
    parcels.to_file(tmp_path / "p.gpkg")
    run("extract", region.images, tmp_path / "p.gpkg", "-o", tmp_path / "s.parcels")
    reporter = Recorder()
    arguments = ("--class-field", "CODE_CULTU", "--model", "random-forest")
    outcome = run("train", tmp_path / "s.parcels", "-o", tmp_path / "m.cropmodel", *arguments, reporter=reporter)
    assert [(row["code"], row["parcels"]) for row in outcome.values["left_out"]] == [("CHV", 1)]
    assert "labels.rare_class" in dict(reporter.warnings)


def test_wrong_fields_and_models(region, tmp_path):
    output = tmp_path / "m.cropmodel"
    with pytest.raises(MissingField, match="CODE_CULTU"):
        run("train", region.store, "-o", output, "--class-field", "crop")
    with pytest.raises(TooFewClasses):
        run("train", region.store, "-o", output, "--class-field", "parcel", "--model", "gru")
    with pytest.raises(UnknownModel, match="cnn-gru-0.9"):
        run("train", region.store, "-o", output, "--class-field", "CODE_CULTU", "--model", "resnet")
    assert not output.exists()


def test_one_run_at_a_time_writes_a_model(region, tmp_path):
    output = tmp_path / "m.cropmodel"
    arguments = ("train", region.store, "-o", output, "--class-field", "CODE_CULTU", "--model", "random-forest")
    with FileLock(tmp_path / ".m.cropmodel.lock"), pytest.raises(NotWritable, match="another run is working on it"):
        run(*arguments)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []
    run(*arguments)
    assert ModelBundle.load(output).name == "random-forest"
    assert not list(tmp_path.glob(".*"))
