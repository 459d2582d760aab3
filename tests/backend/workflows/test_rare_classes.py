"""Rare classes left out or grouped with their parent: what a training says before, and what its model then knows."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pytest

from backend import api
from backend.errors import BadArgument
from backend.models.bundle import ModelBundle
from tests.backend.commands.conftest import make_fields, run
from tests.backend.ground import DATES
from tests.backend.recorder import Recorder

TABLE = """code,name,class,colour,parent
BTH,wheat,Wheat,#aa8800,Cereals
SGH,rye,Rye,#998800,Cereals
AVH,oats,Oats,#887700,Cereals
MIS,maize,Maize,#008800,Cereals
PPH,grass,Grass,#00aa00,
CHV,hemp,Hemp,#0000aa,
"""
FOREST = ("--class-field", "CODE_CULTU", "--model", "random-forest", "--device", "cpu", "--protocol", "paper")
GROUPED = "Rye (3), Oats (3) in Cereals (now 6 parcels)"


@pytest.fixture(scope="module")
def few(region, tmp_path_factory):
    """12 fields of maize, 12 of grass, 5 of wheat, 3 of rye, 3 of oats, one of hemp; a rye field outside the images."""
    folder = tmp_path_factory.mktemp("few")
    parcels = geopandas.read_file(region.parcels)
    wheat = np.flatnonzero(parcels["CODE_CULTU"] == "BTH")
    codes = parcels["CODE_CULTU"].to_numpy(object).copy()
    codes[wheat[:3]], codes[wheat[3:6]], codes[wheat[6]], codes[wheat[-1]] = "SGH", "AVH", "CHV", "SGH"
    parcels.assign(CODE_CULTU=codes).to_file(folder / "p.gpkg")
    (folder / "classes.csv").write_text(TABLE)
    run("extract", region.images, folder / "p.gpkg", "-o", folder / "s.parcels")
    return folder


def train(folder: Path, name: str, *options: object) -> tuple[dict, Recorder]:
    reporter = Recorder()
    table = ("--class-table", folder / "classes.csv")
    outcome = run(
        "train", folder / "s.parcels", "-o", folder / f"{name}.cropmodel", *FOREST, *table, *options, reporter=reporter
    )
    return outcome.values, reporter


@pytest.fixture(scope="module")
def grouped(few):
    return train(few, "grouped", "--rare-classes", "group", "--folds", 5)


def test_they_are_left_out_unless_asked(few):
    values, reporter = train(few, "plain")
    assert [crop["name"] for crop in values["classes"]] == ["Wheat", "Maize", "Grass"]
    assert {row["name"]: row["parcels"] for row in values["left_out"]} == {"Rye": 3, "Oats": 3, "Hemp": 1}
    assert values["grouped"] == [] and "labels.grouped" not in dict(reporter.warnings)


def test_what_is_grouped_is_named_with_its_counts_before_the_training(grouped):
    values, reporter = grouped
    warnings = dict(reporter.warnings)
    assert [*warnings][:2] == ["labels.grouped", "labels.rare_class"]
    assert GROUPED in warnings["labels.grouped"] and "fewer than 5 usable parcels" in warnings["labels.grouped"]
    assert "Hemp (1)" in warnings["labels.rare_class"]  # it has no parent
    assert [crop["name"] for crop in values["classes"]] == ["Wheat", "Cereals", "Maize", "Grass"]
    assert values["grouped"] == [
        {"code": "rye", "name": "Rye", "parcels": 3, "group": "Cereals"},
        {"code": "oats", "name": "Oats", "parcels": 3, "group": "Cereals"},
    ]
    support = {row["name"]: row["support"] for row in values["scores"]["classes"]}
    assert support == {"Wheat": 5, "Cereals": 6, "Maize": 12, "Grass": 12}


def test_the_report_and_the_model_remember(few, grouped):
    report = json.loads((few / "grouped_report.json").read_text())
    assert f"Grouped, too few parcels: {GROUPED}." in report["notes"]
    assert report["provenance"]["rare classes"] == "group"
    assert {row["name"]: row["parcels"] for row in report["breakdown"]}["Cereals"] == 7  # one is outside the images
    bundle = ModelBundle.load(few / "grouped.cropmodel")
    assert {row["code"]: row["class_code"] for row in bundle.class_table} == {
        "BTH": "wheat", "SGH": "cereals", "AVH": "cereals", "MIS": "maize", "PPH": "grass", "CHV": "hemp",
    }  # fmt: skip


def test_the_model_is_judged_by_the_groups(few, grouped, region):
    """On the same fields of the images, given as another layer that the model does not remember."""
    output = few / "c.gpkg"
    run(
        "classify", few / "s.parcels", "--model", few / "grouped.cropmodel", "-o", output, "--truth", "CODE_CULTU",
    )  # fmt: skip
    report = json.loads((few / "c_report.json").read_text())
    assert report["not_judged"]["codes"] == {"CHV": 1}
    layer = geopandas.read_file(output)
    known = {"BTH": "wheat", "SGH": "cereals", "AVH": "cereals", "MIS": "maize", "PPH": "grass"}
    pairs = pandas.DataFrame({"truth": layer["CODE_CULTU"].map(known), "found": layer["crop_code"]}).dropna()
    assert len(pairs) == sum(row["parcels"] for row in report["judged"]) == 35
    right = sum(row["parcels"] * row["oa"] for row in report["judged"])
    assert right == pytest.approx((pairs["truth"] == pairs["found"]).sum())
    assert (pairs["found"] == "cereals").any()


def test_a_group_that_is_still_too_small_is_left_out(few):
    values, reporter = train(few, "small", "--rare-classes", "group", "--min-samples", 12)
    warnings = dict(reporter.warnings)
    assert "Wheat (5), Rye (3), Oats (3) in Cereals (now 11 parcels)" in warnings["labels.grouped"]
    assert "Cereals (11)" in warnings["labels.rare_class"]
    assert [crop["name"] for crop in values["classes"]] == ["Maize", "Grass"]
    assert {row["name"]: row["parcels"] for row in values["left_out"]} == {"Cereals": 11, "Hemp": 1}


@pytest.mark.parametrize(
    "table", [("--class-table", "hcat3_level3"), ()], ids=["without the column", "each value a class"]
)
def test_a_table_without_parents_is_refused_with_the_column(few, table):
    with pytest.raises(BadArgument, match=r"the column parent \(code,name,class,colour,parent\)"):
        run("train", few / "s.parcels", "-o", few / "no.cropmodel", *FOREST, *table, "--rare-classes", "group")


def test_an_unknown_way_is_refused(few):
    with pytest.raises(BadArgument, match="leave-out or group"):
        api.train(few / "s.parcels", "CODE_CULTU", few / "x.cropmodel", rare_classes="merge")


def test_an_experiment_groups_as_well(few, tmp_path):
    options = ("--class-field", "CODE_CULTU", "--class-table", few / "classes.csv", "--device", "cpu", "--folds", 1)
    run(
        "experiment", "table2", few / "s.parcels", "-o", tmp_path / "e", *options, "--models", "random-forest",
        "--rare-classes", "group",
    )  # fmt: skip
    (record,) = (tmp_path / "e" / "runs").glob("*.json")
    assert [crop["name"] for crop in json.loads(record.read_text())["classes"]] == [
        "Wheat",
        "Cereals",
        "Maize",
        "Grass",
    ]
    assert "- rare classes: group\n" in (tmp_path / "e" / "report.md").read_text()


def test_evaluate_compares_by_the_groups_of_the_model(few, grouped):
    """With the table that the model was trained with: the truth of the rare classes is their group's."""
    output, table = few / "e.gpkg", ("--class-table", few / "classes.csv")
    run("classify", few / "s.parcels", "--model", few / "grouped.cropmodel", "-o", output)
    values = run("evaluate", output, "--truth", "CODE_CULTU", *table).values
    layer = geopandas.read_file(output)
    known = {"BTH": "wheat", "SGH": "cereals", "AVH": "cereals", "MIS": "maize", "PPH": "grass", "CHV": "hemp"}
    pairs = pandas.DataFrame({"truth": layer["CODE_CULTU"].map(known), "found": layer["crop_code"]}).dropna()
    assert sum(row["parcels"] for row in values["judged"]) == len(pairs) == 36
    right = sum(row["parcels"] * row["oa"] for row in values["judged"])
    assert right == pytest.approx((pairs["truth"] == pairs["found"]).sum())
    report = json.loads((few / "e_evaluation.json").read_text())
    assert "trained with: rye in Cereals, oats in Cereals." in report["notes"][0]
    shutil.rmtree(few / "e.results")
    alone = run("evaluate", output, "--truth", "CODE_CULTU", *table).values
    assert sum(row["parcels"] * row["oa"] for row in alone["judged"]) < right, "rye is not rye without the record"


def test_results_of_other_predictions_do_not_count(few, grouped):
    output, table = few / "f.gpkg", ("--class-table", few / "classes.csv")
    run("classify", few / "s.parcels", "--model", few / "grouped.cropmodel", "-o", output)
    layer = geopandas.read_file(output)
    layer.loc[layer["crop_code"] == "cereals", "crop_code"] = "rye"
    layer.to_file(output, layer="f")
    run("evaluate", output, "--truth", "CODE_CULTU", *table)
    assert json.loads((few / "f_evaluation.json").read_text())["notes"] == []


def test_a_fine_tuned_model_keeps_the_groups(few, grouped, region, tmp_path):
    after = make_fields(tmp_path / "after", [day.replace("2017", "2018") for day in DATES])
    output = tmp_path / "tuned.cropmodel"
    run("finetune", few / "grouped.cropmodel", after, "--class-field", "CODE_CULTU", "--device", "cpu", "-o", output)
    assert ModelBundle.load(output).provenance["groups"] == {"rye": "cereals", "oats": "cereals"}
