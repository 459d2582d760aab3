"""Last year's crops through train and classify: against Bayes' rule on what the same model says without them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest

from backend.errors import MissingField, NoRotation
from backend.models.bundle import ModelBundle
from tests.backend.commands.conftest import Region, run
from tests.backend.recorder import Recorder

LAST = {"BTH": "CZH", "MIS": "BTH", "PPH": "PPH"}  # before each crop there was always the same one
FOREST = ("--model", "random-forest", "--class-field", "CODE_CULTU", "--device", "cpu")


@pytest.fixture(scope="module")
def store(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The region with last year's crop in CULTU_PREC: six fields have none, one a code that nobody knows."""
    folder = tmp_path_factory.mktemp("previous")
    parcels = geopandas.read_file(region.parcels)
    parcels["CULTU_PREC"] = parcels.CODE_CULTU.map(LAST)
    parcels.loc[parcels.index[:6], "CULTU_PREC"] = None
    parcels.loc[parcels.index[6], "CULTU_PREC"] = "XYZ"
    parcels.to_file(folder / "parcels.gpkg")
    run("extract", region.images, folder / "parcels.gpkg", "--masks", region.masks, "-o", folder / "s.parcels")
    return folder / "s.parcels"


@pytest.fixture(scope="module")
def models(store: Path) -> tuple[Path, Path]:
    """Trained on the same fold without and with last year's crop."""
    plain, knowing = store.with_name("plain.cropmodel"), store.with_name("knowing.cropmodel")
    table = ("--class-table", "paper")
    run("train", store, "-o", plain, *FOREST, *table)
    run("train", store, "-o", knowing, *FOREST, *table, "--previous-field", "CULTU_PREC")
    return plain, knowing


def predictions(store: Path, model: Path, output: Path, *options: object) -> pd.DataFrame:
    run("classify", store, "--model", model, "-o", output, *options)
    return pd.read_csv(output)


def test_the_confidence_is_bayes_rule_on_the_forest_s_own_shares(store, models, tmp_path):
    """At a temperature that leaves the forest in doubt, for it knows this region too well."""
    plain, bundle = ModelBundle.load(models[0]), ModelBundle.load(models[1])
    assert plain.rotation is None and bundle.rotation is not None
    doubtful = tmp_path / "doubtful.cropmodel"
    replace(bundle, temperature=4.0).save(doubtful)
    by_images = predictions(store, doubtful, tmp_path / "plain.csv")
    found = predictions(store, doubtful, tmp_path / "knowing.csv", "--previous-field", "CULTU_PREC")
    lift = dict(zip(bundle.rotation.previous, bundle.rotation.lift))
    codes = [crop.code for crop in bundle.classes]
    assert len(codes) == 2  # so that the second chance is one less the first
    class_of = {row["code"]: row["class_code"] for row in bundle.class_table}
    judged = found[found.quality.isin(["ok", "few_pixels"])]
    for place, row in judged.iterrows():
        chance = by_images.confidence[place]
        chances = np.array([chance if code == by_images.crop_code[place] else 1 - chance for code in codes])
        weighed = chances * lift.get(class_of.get(row.CULTU_PREC), np.ones(2))
        weighed /= weighed.sum()
        assert row.crop_code == codes[weighed.argmax()]
        assert row.confidence == pytest.approx(weighed.max(), abs=2e-3)
    changed = abs(found.confidence - by_images.confidence)[judged.index]
    assert changed[7:].max() > 0.02 and (changed[:7] == 0).all()


def test_missing_and_unknown_crops_are_reported(store, models, tmp_path):
    reporter = Recorder()
    arguments = ("--model", models[1], "-o", tmp_path / "a.csv", "--previous-field", "CULTU_PREC")
    run("classify", store, *arguments, reporter=reporter)
    assert "XYZ (1)" in dict(reporter.warnings)["previous.unknown_codes"]
    assert "30 of 38" in " ".join(reporter.logs)  # six empty, one unknown, one parcel that never had a crop
    assert "previous.not_given" not in dict(reporter.warnings)


def test_the_reports_say_that_last_year_s_crop_was_used(store, models, tmp_path):
    predictions(store, models[1], tmp_path / "b.csv", "--previous-field", "CULTU_PREC")
    for path in (models[1].with_name("knowing_report.json"), tmp_path / "b_report.json"):
        assert "CULTU_PREC" in " ".join(json.loads(path.read_text())["notes"])
    assert "CULTU_PREC" not in models[0].with_name("plain_report.json").read_text().split('"provenance"')[0]
    assert ModelBundle.load(models[1]).provenance["last year's crop"] == "CULTU_PREC"


def test_a_model_without_rotation_refuses_and_one_with_it_warns_where_it_is_not_used(store, models, tmp_path):
    with pytest.raises(NoRotation, match="plain.cropmodel"):
        predictions(store, models[0], tmp_path / "c.csv", "--previous-field", "CULTU_PREC")
    reporter = Recorder()
    run("classify", store, "--model", models[1], "-o", tmp_path / "d.csv", reporter=reporter)
    assert "previous.not_given" in dict(reporter.warnings)
    with pytest.raises(MissingField, match="LAST"):
        run("train", store, "-o", tmp_path / "e.cropmodel", *FOREST, "--previous-field", "LAST")


def test_a_model_whose_classes_are_the_field_s_own_values_knows_its_codes_again(region, store, tmp_path):
    """With such a model, last year's codes and the codes of --truth are found in its own class table."""
    model = tmp_path / "own.cropmodel"
    run(
        "train",
        store,
        "-o",
        model,
        *FOREST,
        "--protocol",
        "paper",
        "--folds",
        1,
        "--name-field",
        "note",
        "--previous-field",
        "CULTU_PREC",
    )
    arguments = ("--previous-field", "CULTU_PREC", "--truth", "CODE_CULTU")
    outcome = run("classify", store, "--model", model, "-o", tmp_path / "own.csv", *arguments)
    assert ModelBundle.load(model).rotation.previous == ("BTH", "PPH")  # CZH is no class of these three
    assert sum(group["parcels"] for group in outcome.values["judged"]) == 36
    assert [row["code"] for row in outcome.values["scores"]["classes"]] == ["BTH", "MIS", "PPH"]
