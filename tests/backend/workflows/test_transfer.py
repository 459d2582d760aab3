"""What a user reads of a model that is used elsewhere: where it comes from, and which parcels are unlike its own."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest

from backend.learning import novelty
from backend.models.bundle import ModelBundle
from backend.reports.transfer import transfer_sentences
from backend.results_folder import ResultsFolder
from backend.series.store import open_store
from backend.workflows.transfer import distance_km
from tests.backend.commands.conftest import run
from tests.backend.workflows.test_seen_parcels import classified

UNLIKE = "unlike_training"


@pytest.fixture(scope="module")
def model(region, tmp_path_factory):
    """Of all 36 parcels, and with a score in spite of that number."""
    path = tmp_path_factory.mktemp("model") / "forest.cropmodel"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(novelty, "LEAST_PARCELS", 36)
        run("train", region.store, "--model", "lda", "--class-field", "CODE_CULTU", "--min-samples", 2, "-o", path)
    return path


@pytest.fixture(scope="module")
def at_home(region, model, tmp_path_factory):
    return classified(region, tmp_path_factory.mktemp("home") / "crops.gpkg", model=model)


@pytest.fixture(scope="module")
def elsewhere(region, model, tmp_path_factory):
    """The same parcels with another vegetation: each series runs backwards in half of them."""
    folder = tmp_path_factory.mktemp("elsewhere")
    store = shutil.copytree(region.store, folder / "other.parcels")
    index = open_store(store).index
    values = np.load(store / "reflectance.npy")
    changed = np.repeat(np.arange(len(index)) < 18, index["n_pixels"])
    values[changed] = values[changed, ::-1]
    np.save(store / "reflectance.npy", values)
    return classified(region, folder / "crops.gpkg", store=store, model=model)


def test_at_home_nothing_is_unlike(region, at_home):
    found = at_home.values["transfer"]
    west, south, east, north = geopandas.read_file(region.parcels).iloc[:36].to_crs(4326).total_bounds
    assert found["trained"]["box"] == pytest.approx([west, south, east, north], abs=2e-3)
    assert found["trained"]["seasons"] == [2017] and found["here"]["season"] == 2017
    assert (found["distance_km"], found["unlike"], found["scored"]) == (0, 0, 36)
    assert at_home.layer["novelty"].iloc[:36].between(0, 1).all() and at_home.layer["novelty"].iloc[36:].isna().all()
    assert "transfer.unlike_training" not in at_home.warnings
    assert at_home.report["transfer"] == found
    assert "Does the model fit these parcels?" in at_home.page and "in the same area" in at_home.page


def test_parcels_unlike_all_classes_are_flagged_and_keep_their_class(elsewhere):
    layer, found = elsewhere.layer, elsewhere.values["transfer"]
    flagged = layer["quality"] == UNLIKE
    assert flagged[:18].mean() > 0.8 and not flagged[18:].any()
    assert (layer["novelty"][flagged] > 1).all() and layer["crop_code"][flagged].notna().all()
    assert found["unlike"] == flagged.sum() == elsewhere.values["quality"][UNLIKE]
    assert {row["quality"]: row["parcels"] for row in elsewhere.report["flags"]}[UNLIKE] == flagged.sum()
    kept = ResultsFolder(Path(elsewhere.values["results"])).parcels()
    assert [parcel.quality for parcel in kept] == layer["quality"].tolist()
    assert f"{flagged.sum()} of 36 parcels have series unlike" in elsewhere.warnings["transfer.unlike_training"]


def test_a_model_that_does_not_tell_still_works(region, tmp_path):
    assert ModelBundle.load(region.model).novelty is None, "it has too few training parcels"
    replace(ModelBundle.load(region.model), region=None).save(tmp_path / "a.cropmodel")
    result = classified(region, tmp_path / "crops.gpkg", model=tmp_path / "a.cropmodel")
    found = result.values["transfer"]
    assert found["trained"] is None and found["scored"] is None and found["unlike"] is None
    assert result.layer["novelty"].isna().all() and result.values["quality"]["ok"] == 36
    assert "The model file does not tell where and when it was trained." in result.page


def test_the_distance_is_that_of_the_nearest_points():
    home = (4.0, 43.0, 5.0, 44.0)
    degree_km = np.pi * 6371 / 180
    assert distance_km(home, (4.5, 43.5, 8.0, 50.0)) == 0
    assert distance_km(home, (4.2, 46.0, 4.8, 47.0)) == pytest.approx(2 * degree_km, rel=0.005)
    assert distance_km((7.0, 43.2, 8.0, 43.4), home) == pytest.approx(
        2 * degree_km * np.cos(np.radians(43.3)), rel=0.005
    )


def test_the_sentences_give_distance_season_and_share():
    found = {
        "trained": {"box": (4.0, 43.0, 5.0, 44.0), "seasons": [2017, 2018]},
        "here": {"box": (1.0, 48.0, 2.0, 49.0), "season": 2019},
        "distance_km": 512.3,
        "shift_days": 9,
        "shift_error_days": 1.5,
        "median_novelty": 0.5,
        "scored": 1000,
        "unlike": 120,
    }
    where, season, unlike = transfer_sentences(found)
    assert where.endswith("seasons 2017, 2018; these parcels are 512 km away, season 2019.")
    assert season.startswith("The season is about 9 days later")
    assert unlike.startswith("12.0 % of the parcels (120 of 1,000)")
    assert "does not know" in unlike and "as a whole" not in unlike
    assert "differs from it as a whole" in transfer_sentences({**found, "median_novelty": 1.2})[2]
    assert "9 days earlier" in transfer_sentences({**found, "shift_days": -9})[1]
    assert "about as early" in transfer_sentences({**found, "shift_days": 2})[1]
    assert len(transfer_sentences({**found, "shift_days": None})) == 2
    assert transfer_sentences(None) == []
