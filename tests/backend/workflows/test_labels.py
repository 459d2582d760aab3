"""Codes that the class table lacks: reported with their counts, left out or put in a class, in every command."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas
import pytest
from sklearn.metrics import accuracy_score, f1_score

from backend.errors import BadArgument
from backend.models.bundle import ModelBundle
from backend.series.store import open_store
from backend.workflows.labels import ClassOptions, counted, label_parcels
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder

FOREST = ("--class-field", "CODE_CULTU", "--model", "random-forest", "--device", "cpu")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A class table without PPH, which 12 of the 36 fields grow; 13 grow BTH, one of them outside the images."""
    path = tmp_path_factory.mktemp("tables") / "two.csv"
    path.write_text("code,name,class,colour\nBTH,wheat,Cereal,#aa8800\nMIS,maize,Maize,#008800\n")
    return path


@pytest.fixture(scope="module")
def with_others(region, table):
    """A model that puts them into a class of their own, and what training said."""
    reporter = Recorder()
    options = ("--class-table", table, "--unknown-class", "Other crops", "--protocol", "paper", "--folds", 1)
    outcome = run("train", region.store, "-o", region.folder / "others.cropmodel", *FOREST, *options, reporter=reporter)
    return outcome, reporter


def test_left_out_by_default(region, table, tmp_path):
    reporter = Recorder()
    outcome = run(
        "train", region.store, "-o", tmp_path / "m.cropmodel", *FOREST, "--class-table", table, reporter=reporter
    )
    assert dict(reporter.warnings)["classes.unknown_codes"] == (
        "12 parcels have a code that is not in the class table and are left out: PPH (12)."
    )
    assert outcome.values["unknown_codes"] == {"PPH": 12}
    assert [row["code"] for row in outcome.values["classes"]] == ["cereal", "maize"]
    report = json.loads((tmp_path / "m_report.json").read_text())
    assert "Codes that the class table lacks, left out: PPH (12)." in report["notes"]
    assert sum(row["parcels"] for row in report["breakdown"]) == 25


def test_in_training_they_go_to_the_class_and_the_model_remembers(with_others, region, table):
    outcome, reporter = with_others
    assert "put in the class Other crops: PPH (12)" in dict(reporter.warnings)["classes.unknown_codes"]
    assert [row["name"] for row in outcome.values["classes"]] == ["Cereal", "Maize", "Other crops"]
    bundle = ModelBundle.load(region.folder / "others.cropmodel")
    assert [crop.code for crop in bundle.classes] == ["cereal", "maize", "other_crops"]
    assert bundle.class_table[-1]["code"] == "*"
    assert bundle.provenance["unknown codes go to"] == "Other crops"
    assert bundle.provenance["class table"] == str(table)
    report = json.loads((region.folder / "others_report.json").read_text())
    assert {row["name"]: row["parcels"] for row in report["breakdown"]} == {
        "Cereal": 13, "Maize": 12, "Other crops": 12
    }  # fmt: skip


def test_the_model_s_own_table_judges_a_classification(with_others, region, table, tmp_path):
    """Truth and last year's crops in codes the table lacks are of that class for `classify` and `evaluate`, too."""
    reporter = Recorder()
    model = region.folder / "others.cropmodel"
    output = tmp_path / "out.gpkg"
    outcome = run("classify", region.store, "--model", model, "-o", output, "--truth", "CODE_CULTU", reporter=reporter)
    assert sum(group["parcels"] for group in outcome.values["judged"]) == 36
    reasons = {"not_classified": 2, "no_declared_crop": 0, "class_not_known": 0, "codes": {}}
    assert outcome.values["not_judged"] == reasons
    layer = geopandas.read_file(output).dropna(subset=["crop_code"])
    layer = layer[layer["trained_on"] == "no"]
    truth = layer["CODE_CULTU"].map({"BTH": "cereal", "MIS": "maize"}).fillna("other_crops")
    assert outcome.values["scores"]["oa"] == pytest.approx(accuracy_score(truth, layer["crop_code"]))
    options = ("--truth", "CODE_CULTU", "--class-table", table)
    reporter = Recorder()
    judged = run("evaluate", output, *options, "--unknown-class", "Other crops", reporter=reporter).values
    assert judged["unknown_codes"] == {"PPH": 12}
    assert judged["scores"]["parcels"] == len(layer) == outcome.values["scores"]["parcels"]
    assert judged["scores"]["mean_f"] == pytest.approx(f1_score(truth, layer["crop_code"], average="macro"))
    assert "PPH (12)" in dict(reporter.warnings)["classes.unknown_codes"]
    assert "unknown codes go to" in json.loads((tmp_path / "out_evaluation.json").read_text())["provenance"]
    without = run("evaluate", output, *options).values["scores"]
    assert without["parcels"] == int(
        layer.loc[layer["CODE_CULTU"] != "PPH", "crop_code"].isin(["cereal", "maize"]).sum()
    )


def test_in_an_experiment(region, table, tmp_path):
    options = ("--class-table", table, "--unknown-class", "Maize", "--models", "random-forest", "--folds", 1)
    run("experiment", "table2", region.store, "-o", tmp_path / "e", "--class-field", "CODE_CULTU", *options)
    one = json.loads(next((tmp_path / "e" / "runs").glob("random-forest*.json")).read_text())
    codes = open_store(region.store).parcels()["CODE_CULTU"].to_numpy()
    names = [one["classes"][truth]["name"] for truth in one["tested"]["truth"]]
    expected = {"BTH": "Cereal", "MIS": "Maize", "PPH": "Maize"}
    assert names == [expected[codes[row]] for row in one["tested"]["row"]]
    page = (tmp_path / "e" / "report.md").read_text(encoding="utf-8")
    assert "- unknown codes go to: Maize\n" in page
    assert "Codes that the class table lacks, put in the class Maize: PPH (12)." in page


@pytest.mark.parametrize("command", ["train", "experiment", "evaluate"])
def test_a_class_for_unknown_codes_needs_a_class_table(region, tmp_path, command):
    arguments = {
        "train": ("train", region.store, "-o", tmp_path / "m.cropmodel", *FOREST),
        "experiment": ("experiment", "table2", region.store, "-o", tmp_path / "e", "--class-field", "CODE_CULTU"),
        "evaluate": ("evaluate", region.parcels, "--truth", "CODE_CULTU"),
    }[command]
    if command == "evaluate":
        layer = geopandas.read_file(region.parcels).assign(crop_code="BTH")
        layer.to_file(tmp_path / "p.gpkg")
        arguments = ("evaluate", tmp_path / "p.gpkg", *arguments[2:])
    with pytest.raises(BadArgument, match="class_table: expected a class table with --unknown-class"):
        run(*arguments, "--unknown-class", "Other")


def test_many_unknown_codes_are_few_in_the_text_and_all_in_the_result(region, tmp_path):
    table = tmp_path / "few.csv"
    table.write_text("code,name,class,colour\n*,,Rest,\n" + "".join(f"{n:03d},,One,\n" for n in range(6)))
    reporter = Recorder()
    options = ("--class-field", "parcel", "--class-table", table, "--model", "random-forest")
    outcome = run("train", region.store, "-o", tmp_path / "m.cropmodel", *options, reporter=reporter)
    lacking = [str(n) for n in range(6, 38)]
    assert outcome.values["unknown_codes"] == dict.fromkeys(lacking, 1)
    message = dict(reporter.warnings)["classes.unknown_codes"]
    assert message.startswith("32 parcels have a code") and message.endswith("16 (1), 17 (1) and 20 more.")
    (note,) = (n for n in json.loads((tmp_path / "m_report.json").read_text())["notes"] if "class table lacks" in n)
    assert all(f" {code} (1)" in note for code in lacking)


@dataclass(frozen=True)
class Fields:
    """In place of Seasons: the parcels' fields by name."""

    values: dict[str, list[object]]

    def column(self, field):
        return np.array(self.values[field], dtype=object)


def declared(fields, name_field=None):
    reporter = Recorder()
    return label_parcels(Fields(fields), "crop", ClassOptions(None, name_field, None), reporter), reporter


def test_classes_that_differ_only_in_capitals_are_named_and_stay_apart():
    found, reporter = declared({"crop": ["a", "A", "b", "ble\u0301", "BL\u00c9", None]})
    assert found.labels.tolist() == [2, 0, 3, 4, 1, -1]
    assert reporter.warnings == [
        (
            "classes.differ_in_case",
            "Some classes differ only in capital letters, and each is a class of its own: A, a; BL\u00c9, bl\u00e9.",
        )
    ]
    found, reporter = declared({"crop": [1, 2, 3], "name": ["Wheat", "wheat", "Rye"]}, "name")
    assert [c.name for c in found.table.classes] == ["Wheat", "wheat", "Rye"]
    assert [code for code, _ in reporter.warnings] == ["classes.differ_in_case"]
    assert declared({"crop": [1, 2, 3], "name": ["Wheat", "Rye", "Wheat"]}, "name")[1].warnings == []


def test_two_compositions_are_one_crop_and_numbers_are_named_without_their_point():
    found, reporter = declared({"crop": ["ble\u0301", "bl\u00e9", 110.0, 7.5]})
    assert [(c.code, c.name) for c in found.table.classes] == [
        ("110", "110"), ("7.5", "7.5"), ("bl\u00e9", "bl\u00e9")
    ]  # fmt: skip
    assert found.labels.tolist() == [2, 2, 0, 1] and reporter.warnings == []


def test_predictions_and_truth_of_two_compositions_agree(tmp_path):
    points = geopandas.points_from_xy(range(4), range(4))
    layer = {
        "crop_code": ["bl\u00e9", "ble\u0301", "mais", "mais"],
        "crop_name": ["Bl\u00e9", "Bl\u00e9", "Maize", "Maize"],
    }
    frame = geopandas.GeoDataFrame({**layer, "truth": ["ble\u0301", "bl\u00e9", "mais", "ble\u0301"]}, geometry=points)
    frame.set_crs(32631).to_file(tmp_path / "p.gpkg")
    judged = run("evaluate", tmp_path / "p.gpkg", "--truth", "truth").values["scores"]
    assert (judged["parcels"], judged["oa"]) == (4, 0.75)
    assert [(c["code"], c["name"], c["support"]) for c in judged["classes"]] == [
        ("bl\u00e9", "Bl\u00e9", 3), ("mais", "Maize", 1)
    ]  # fmt: skip


def test_codes_are_listed_in_their_order():
    counts = pandas.Series(list("aaabbc")).value_counts().to_dict()
    assert counted(counts) == ["a (3)", "b (2)", "c (1)"]
