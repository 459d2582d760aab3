"""What a user reads of a score: of how many parcels, whether the model was trained on them, and which are left out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import geopandas
import numpy as np
import pandas
import pytest
from sklearn.metrics import accuracy_score

from backend.models.bundle import ModelBundle
from backend.models.training_parcels import TrainingParcels
from backend.parcels.outline_digests import digests
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder

NAMES = {"BTH": "cereal", "MIS": "cereal", "PPH": "meadows"}  # of the paper's table


def classified(region, output, *more, store=None, model=None) -> SimpleNamespace:
    reporter = Recorder()
    arguments = ("--model", model or region.model, "-o", output, "--device", "cpu", *more)
    values = run("classify", store or region.store, *arguments, reporter=reporter).values
    report = json.loads(output.with_name(f"{output.stem}_report.json").read_text())
    page = output.with_name(f"{output.stem}_report.html").read_text()
    layer = geopandas.read_file(output)
    return SimpleNamespace(values=values, report=report, page=page, layer=layer, warnings=dict(reporter.warnings))


def read_files(region):
    return [*region.images.glob("*.tif"), *region.masks.glob("*.tif")]


def with_parcels(region, path, parcels):
    """The region's model, remembering these parcels instead of its own."""
    replace(ModelBundle.load(region.model), training_parcels=parcels).save(path)
    return path


@pytest.fixture(scope="module")
def found(region, tmp_path_factory):
    return classified(region, tmp_path_factory.mktemp("seen") / "crops.gpkg", "--truth", "CODE_CULTU")


def test_the_model_remembers_those_it_learned_from(region, found):
    learned = ModelBundle.load(region.model).training_parcels.digests[2017]
    parcels = geopandas.read_file(region.parcels)
    of_layer = digests(parcels.geometry)
    assert set(learned) <= set(of_layer) and len(learned) + found.values["scores"]["parcels"] == 36
    of_parcel = dict(zip(parcels["parcel"], np.isin(of_layer, learned)))
    seen = found.layer.set_index("parcel")["trained_on"].dropna()
    assert {number: value == "yes" for number, value in seen.items()} == {n: of_parcel[n] for n in seen.index}


def test_each_group_has_its_own_score(found):
    layer = found.layer.dropna(subset=["crop_code", "CODE_CULTU"])
    for group in found.report["judged"]:
        own = layer[layer["trained_on"] == group["trained_on"]]
        assert group["parcels"] == len(own) > 0
        assert group["oa"] == pytest.approx(accuracy_score(own["CODE_CULTU"].map(NAMES), own["crop_code"]))
        low, high = group["oa_interval"]
        assert 0 <= low <= group["oa"] <= high <= 1
    groups = {group["trained_on"]: group for group in found.report["judged"]}
    assert set(groups) == {"no", "yes"}
    assert found.report["scores"]["oa"] == groups["no"]["oa"]
    assert f"trained on {groups['yes']['parcels']} of the 36 parcels" in found.page
    assert found.values["judged"] == found.report["judged"]


def test_another_season_is_a_third_group(region, tmp_path):
    of_layer = digests(geopandas.read_file(region.parcels).geometry)
    parcels = TrainingParcels({2016: np.sort(of_layer[:10]), 2017: np.sort(of_layer[5:12])})
    model = with_parcels(region, tmp_path / "a.cropmodel", parcels)
    result = classified(region, tmp_path / "out.gpkg", "--truth", "CODE_CULTU", model=model)
    groups = {group["trained_on"]: group["parcels"] for group in result.values["judged"]}
    assert groups == {"yes": 7, "other season": 5, "no": 24}
    assert result.values["scores"]["parcels"] == 29
    assert "used for training in another season" in result.page


def test_where_the_model_saw_every_parcel_there_are_no_scores(region, tmp_path):
    of_layer = digests(geopandas.read_file(region.parcels).geometry)
    parcels = TrainingParcels({2017: np.unique(of_layer[of_layer > 0])})
    model = with_parcels(region, tmp_path / "a.cropmodel", parcels)
    result = classified(region, tmp_path / "out.gpkg", "--truth", "CODE_CULTU", model=model)
    assert result.values["scores"] is None and result.report["reliability"] == []
    assert [group["parcels"] for group in result.values["judged"]] == [36]
    assert "the model was trained on every parcel that could be compared" in result.page
    assert "scores.trained_on" in result.warnings
    judged = run("evaluate", tmp_path / "out.gpkg", "--truth", "CODE_CULTU", "--class-table", "paper").values
    assert judged["scores"] is None and judged["judged"] == result.values["judged"]


@pytest.mark.parametrize("parcels", [None, TrainingParcels({}, complete=False)])
def test_a_model_that_does_not_tell(region, tmp_path, parcels):
    """As those of 0.1.0, and those with a training parcel whose outline is missing."""
    model = with_parcels(region, tmp_path / "a.cropmodel", parcels)
    result = classified(region, tmp_path / "out.gpkg", "--truth", "CODE_CULTU", model=model)
    assert [(group["trained_on"], group["parcels"]) for group in result.values["judged"]] == [(None, 36)]
    assert result.layer["trained_on"].isna().all()
    assert "scores.not_told" in result.warnings and "It is not known whether the model was trained on 36" in result.page


def test_a_crop_that_the_model_does_not_know_is_counted(region, tmp_path):
    parcels = geopandas.read_file(region.parcels)
    parcels.loc[parcels.index[:5], "CODE_CULTU"] = "VRC"  # vines: none of the paper table's classes
    parcels.loc[5, "CODE_CULTU"] = None
    parcels.to_file(tmp_path / "parcels.gpkg")
    store = tmp_path / "a.parcels"
    run("extract", region.images, tmp_path / "parcels.gpkg", "--masks", region.masks, "-o", store)
    result = classified(region, tmp_path / "out.gpkg", "--truth", "CODE_CULTU", store=store)
    reasons = {"not_classified": 2, "no_declared_crop": 1, "class_not_known": 5, "codes": {"VRC": 5}}
    assert result.values["not_judged"] == result.report["not_judged"] == reasons
    assert sum(group["parcels"] for group in result.values["judged"]) == 30
    assert "5 have a crop that is none of the model's classes (VRC (5))" in result.warnings["labels.not_judged"]
    assert "5 parcels have a declared crop of no known class (VRC (5))" in result.page


def test_the_same_parcels_in_another_system_are_known(region, tmp_path):
    geopandas.read_file(region.parcels).to_crs("EPSG:4326").to_file(tmp_path / "degrees.gpkg")
    store = tmp_path / "a.parcels"
    run("extract", region.images, tmp_path / "degrees.gpkg", "--masks", region.masks, "-o", store)
    result = classified(region, tmp_path / "out.gpkg", "--truth", "CODE_CULTU", store=store)
    first = classified(region, tmp_path / "first.gpkg", "--truth", "CODE_CULTU")
    pandas.testing.assert_series_equal(result.layer["trained_on"], first.layer["trained_on"])


def test_the_provenance_names_what_a_run_needs(region, found, tmp_path):
    told = found.report["provenance"]
    assert told["model sha256"] == hashlib.sha256(region.model.read_bytes()).hexdigest()
    assert (told["model file"], told["store"]) == (str(region.model), str(region.store))
    assert told["device"].startswith("cpu, ")
    assert told["image files"] == sorted(f"{path.parent.name}/{path.name}" for path in read_files(region))
    assert told["images"].startswith(f"10 files of images and masks in {region.folder}, ")
    assert told["masks"] != "none: clouds are not masked"
    described = json.loads((tmp_path / found.values["results"] / "results.json").read_text())
    assert described["provenance"] == told
    given = ("--inner-buffer-m", "10")
    result = classified(region, tmp_path / "out.gpkg", region.parcels, *given, store=region.images)
    told = result.report["provenance"]
    assert told["masks"] == "none: clouds are not masked" and "store" not in told
    assert told["options"]["inner_buffer_m"] == 10


def test_the_digest_of_the_images_is_of_their_names_and_sizes(region, found):
    listed = sorted(f"{path.parent.name}/{path.name} {path.stat().st_size}" for path in read_files(region))
    expected = hashlib.sha256("\n".join(listed).encode()).hexdigest()
    assert found.report["provenance"]["image list sha256"] == expected


def test_the_report_gives_what_the_training_reached(region, found):
    scores = ModelBundle.load(region.model).scores
    (note,) = [text for text in found.report["notes"] if text.startswith("In its training")]
    assert f"{100 * scores['oa']:.1f} %" in note and f"tested on {scores['parcels']} parcels" in note
