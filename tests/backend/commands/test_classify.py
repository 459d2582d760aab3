"""From images and a model to an attribute layer: every format, every parcel, the truth compared."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely
from sklearn.metrics import accuracy_score, f1_score

from backend.parcels.predictions import FIELDS
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder


def classify(region, output, *more, reporter=None):
    source = (region.images, region.parcels, "--masks", region.masks)
    return run("classify", *source, "--model", region.model, "-o", output, "--device", "cpu", *more, reporter=reporter)


@pytest.fixture(scope="module")
def classified(region):
    output = region.folder / "out.gpkg"
    outcome = classify(region, output, "--truth", "CODE_CULTU")
    return outcome, geopandas.read_file(output)


def test_every_parcel_comes_back_with_its_own_fields(region, classified):
    outcome, layer = classified
    own = geopandas.read_file(region.parcels)
    assert list(layer.columns) == ["parcel", "CODE_CULTU", "note", *FIELDS, "agreement", "geometry"]
    pandas.testing.assert_frame_equal(
        pandas.DataFrame(layer[["parcel", "CODE_CULTU", "note"]]), pandas.DataFrame(own.drop(columns="geometry"))
    )
    assert layer.geometry.geom_equals(own.geometry).tolist()[:37] == [True] * 37
    assert layer["quality"].tolist() == ["ok"] * 36 + ["outside", "invalid_geometry"]
    assert layer["crop_code"].isna().tolist() == [False] * 36 + [True, True]
    assert outcome.values["quality"] == {"ok": 36, "outside": 1, "invalid_geometry": 1}
    assert (outcome.values["parcels"], outcome.values["classified"]) == (38, 36)


def test_confidence_and_margin_agree(classified):
    sure = classified[1].iloc[:36]
    assert sure["confidence"].between(1 / 3, 1).all()
    assert (sure["margin"] <= sure["confidence"]).all()
    assert (sure["crop_code"] != sure["crop2_code"]).all()
    assert (sure["n_pixels"] == 64).all()
    assert sure["observed"].between(0.7, 0.9).all()


def test_scores_are_scikit_learn_s_on_the_written_layer(classified):
    outcome, layer = classified
    sure = layer.iloc[:36]
    sure = sure[sure["trained_on"] == "no"]
    declared = sure["CODE_CULTU"].map({"BTH": "cereal", "MIS": "cereal", "PPH": "meadows"})
    assert outcome.values["scores"]["parcels"] == len(sure) > 5
    assert outcome.values["scores"]["oa"] == pytest.approx(accuracy_score(declared, sure["crop_code"]))
    assert outcome.values["scores"]["mean_f"] == pytest.approx(f1_score(declared, sure["crop_code"], average="macro"))


def test_report_is_written_beside_the_layer(region, classified):
    outcome, _ = classified
    page = region.folder / "out_report.html"
    assert outcome.values["report"] == str(page)
    document = json.loads(page.with_suffix(".json").read_text())
    assert {row["quality"]: row["parcels"] for row in document["flags"]} == outcome.values["quality"]
    assert sum(row["parcels"] for row in document["breakdown"]) == 36
    assert "Outside the images" in page.read_text()
    assert page.with_suffix(".png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("ending", "read"),
    [
        ("shp", geopandas.read_file),
        ("parquet", geopandas.read_parquet),
        ("fgb", geopandas.read_file),
        ("csv", pandas.read_csv),
    ],
)
def test_formats_hold_the_same_values(region, classified, ending, read):
    output = region.folder / f"as_{ending}.{ending}"
    classify(region, output)
    found = read(output)
    assert found["parcel"].tolist() == list(range(38))
    expected = classified[1]
    assert len(found) == 38
    for name in FIELDS:
        want, got = expected[name], found[name].where(found[name].notna(), None)
        if want.dtype.kind == "f":
            np.testing.assert_allclose(got.astype(float), want, atol=1e-4)
        else:
            assert [None if pandas.isna(v) or v == "" else v for v in got] == [
                None if pandas.isna(v) else v for v in want
            ], name


def test_from_a_store_and_from_images_are_the_same(region, classified):
    output = region.folder / "from_store.gpkg"
    run("classify", region.store, "--model", region.model, "-o", output, "--device", "cpu")
    pandas.testing.assert_frame_equal(geopandas.read_file(output)[list(FIELDS)], classified[1][list(FIELDS)])


def test_nothing_is_left_beside_the_output(region, classified):
    names = {path.name for path in region.folder.iterdir()}
    assert not [name for name in names if name.startswith(".")]


def test_own_fields_of_taken_names_are_kept(region):
    table = geopandas.read_file(region.parcels).assign(crop_code="mine", n_pixels=7)
    table.to_file(region.folder / "taken.gpkg")
    reporter = Recorder()
    output = region.folder / "taken_out.gpkg"
    arguments = ("--masks", region.masks, "--model", region.model, "-o", output, "--device", "cpu")
    run("classify", region.images, region.folder / "taken.gpkg", *arguments, reporter=reporter)
    layer = geopandas.read_file(output)
    assert (layer["crop_cod_1"] == "mine").all()
    assert (layer["n_pixels_1"] == 7).all()
    reported = dict(reporter.warnings)["output.field_renamed"]
    assert "crop_code as crop_cod_1, n_pixels as n_pixels_1" in reported


def test_integers_with_nulls_and_ids_come_back_untouched(region, tmp_path):
    table = geopandas.read_file(region.parcels)
    table["big"] = pandas.array([2**53 + 1, None] * 19, dtype="Int64")
    table["flag"] = [True, False] * 19
    table["day"] = pandas.Timestamp("2017-05-01")
    table.to_file(tmp_path / "p.gpkg")
    output = tmp_path / "o.gpkg"
    run("classify", region.images, tmp_path / "p.gpkg", "--model", region.model, "-o", output, "--device", "cpu")
    before, after = (pyogrio.read_info(path) for path in (tmp_path / "p.gpkg", output))
    kinds = dict(zip(after["fields"], after["dtypes"]))
    assert {name: kinds[name] for name in before["fields"]} == dict(zip(before["fields"], before["dtypes"]))
    found = pyogrio.read_arrow(output, columns=["big", "flag"])[1]
    assert found["big"].to_pylist() == [2**53 + 1, None] * 19
    assert found["flag"].to_pylist() == [True, False] * 19


def test_other_dates_are_interpolated_onto_the_model_s_calendar(region):
    reporter = Recorder()
    outcome = classify(
        region, region.folder / "few.gpkg", "--exclude", "2017-06-01", "--exclude", "2017-03-10", reporter=reporter
    )
    assert outcome.values["classified"] == 36
    assert "season.not_covered" in [code for code, _ in reporter.warnings]


def test_evaluate_reads_what_classify_wrote(region, classified):
    outcome, _ = classified
    again = run("evaluate", region.folder / "out.gpkg", "--truth", "CODE_CULTU", "--class-table", "paper")
    assert again.values["scores"]["oa"] == pytest.approx(outcome.values["scores"]["oa"])
    assert again.values["scores"]["mean_f"] == pytest.approx(outcome.values["scores"]["mean_f"])
    assert (region.folder / "out_evaluation.html").exists()


def test_parcels_in_another_coordinate_system(region, classified, tmp_path):
    moved = geopandas.read_file(region.parcels).to_crs("EPSG:4326")
    moved.to_file(tmp_path / "p.fgb", SPATIAL_INDEX="NO")
    output = tmp_path / "o.gpkg"
    run("classify", region.images, tmp_path / "p.fgb", "--masks", region.masks, "--model", region.model, "-o", output)
    layer = geopandas.read_file(output).sort_values("parcel")
    assert layer.crs.to_epsg() == 4326
    assert layer["crop_code"].tolist()[:36] == classified[1]["crop_code"].tolist()[:36]
    assert shapely.is_missing(np.asarray(layer.geometry.array)).sum() == 1
