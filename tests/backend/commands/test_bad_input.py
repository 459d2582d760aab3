"""Each kind of bad input has its own stable code and leaves no output."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely

from backend import errors
from backend.parcels import writing
from tests.backend.commands.conftest import run
from tests.backend.ground import CRS, DATES, X0, Y0, write_parcels, write_raster, write_season


def code_of(*arguments) -> str:
    with pytest.raises(errors.EngineError) as caught:
        run(*arguments)
    assert caught.value.message
    return caught.value.code


def classify(region, output, images=None, parcels=None, model=None):
    arguments = (images or region.images, parcels or region.parcels, "--model", model or region.model, "-o", output)
    return ("classify", *arguments, "--device", "cpu")


def test_imagery(region, tmp_path):
    (tmp_path / "empty").mkdir()
    assert code_of("inspect", tmp_path / "empty") == "imagery.none_found"
    assert code_of("inspect", region.images, "--exclude", "2017-02-31") == "imagery.bad_date"
    few = write_season(tmp_path / "few", DATES[:1])
    write_raster(few / "rgb_20170501.tif", geopandas.np.ones((3, 60, 60), "uint16"), ("B02", "B03", "B04"))
    assert code_of(*classify(region, tmp_path / "o.gpkg", images=few)) == "imagery.missing_bands"
    assert not (tmp_path / "o.gpkg").exists()


def test_a_truncated_image_is_named_and_can_be_skipped(region, tmp_path):
    images = tmp_path / "images"
    shutil.copytree(region.images, images)
    broken = images / f"S2_{DATES[1]}.tif"
    broken.write_bytes(broken.read_bytes()[:300])
    arguments = ("extract", images, region.parcels, "-o", tmp_path / "s.parcels")
    with pytest.raises(errors.UnreadableImage, match=broken.name):
        run(*arguments)
    outcome = run(*arguments, "--skip-unreadable")
    assert len(outcome.values["dates"]) == len(DATES) - 1
    assert [row["code"] for row in outcome.values["skipped"]] == ["imagery.unreadable"]


def test_parcels(region, tmp_path):
    box = shapely.box(X0 + 10, Y0 - 90, X0 + 90, Y0 - 10)
    output = tmp_path / "o.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        write_parcels(tmp_path / "no_crs.gpkg", [box], crs=None)
    cases = {
        "parcels.no_crs": tmp_path / "no_crs.gpkg",
        "parcels.outside": write_parcels(tmp_path / "outside.gpkg", [shapely.box(0, 0, 10, 10)]),
        "parcels.empty": write_parcels(tmp_path / "points.gpkg", [shapely.Point(X0, Y0)]),
    }
    for code, path in cases.items():
        assert code_of(*classify(region, output, parcels=path)) == code
    (tmp_path / "text.gpkg").write_text("this is no GeoPackage")
    assert code_of(*classify(region, output, parcels=tmp_path / "text.gpkg")) == "parcels.unreadable"
    geopandas.GeoDataFrame({"a": []}, geometry=[], crs=CRS).to_file(tmp_path / "none.gpkg")
    assert code_of(*classify(region, output, parcels=tmp_path / "none.gpkg")) == "parcels.empty"
    assert code_of(*classify(region, output), "--truth", "no_such_field") == "parcels.missing_field"
    assert code_of(*classify(region, output), "--id-field", "note") == "argument.invalid"
    assert not output.exists()


def test_models(region, tmp_path):
    output = tmp_path / "o.gpkg"
    truncated = tmp_path / "truncated.cropmodel"
    truncated.write_bytes(region.model.read_bytes()[:5000])
    assert code_of(*classify(region, output, model=truncated)) == "model.invalid"
    assert code_of(*classify(region, output, model=region.parcels)) == "model.invalid"
    newer = tmp_path / "newer.cropmodel"
    with zipfile.ZipFile(region.model) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "model.json":
                content = json.dumps({**json.loads(content), "schema": 99}).encode()
            new.writestr(name, content)
    assert code_of(*classify(region, output, model=newer)) == "model.newer_schema"


def test_outputs(region, tmp_path):
    assert code_of(*classify(region, tmp_path / "o.kml")) == "output.unknown_format"
    (tmp_path / "a_file").write_text("")
    assert code_of(*classify(region, tmp_path / "a_file" / "o.gpkg")) == "output.not_writable"


def test_an_output_in_the_place_of_an_input_is_refused(region, tmp_path):
    parcels = shutil.copy(region.parcels, tmp_path / "p.gpkg")
    before = parcels.read_bytes()
    assert code_of(*classify(region, parcels, parcels=parcels)) == "argument.invalid"
    assert parcels.read_bytes() == before


def test_a_report_that_cannot_be_written_is_found_before_the_work(region, tmp_path):
    (tmp_path / "a_file").write_text("")
    report = ("--report", tmp_path / "a_file" / "r.html")
    assert code_of(*classify(region, tmp_path / "o.gpkg"), *report) == "output.not_writable"
    training = ("train", region.store, "-o", tmp_path / "m.cropmodel", "--class-field", "CODE_CULTU")
    assert code_of(*training, *report) == "output.not_writable"
    (tmp_path / "m.cropmodel").mkdir()
    assert code_of(*training) == "output.not_writable"
    assert {path.name for path in tmp_path.iterdir()} == {"a_file", "m.cropmodel"}


def test_a_kept_store_of_other_inputs_is_not_replaced(region, tmp_path):
    kept = tmp_path / "kept.parcels"
    run("extract", region.images, region.parcels, "-o", kept, "--few-pixels", 3)
    assert code_of(*classify(region, tmp_path / "o.gpkg"), "--store", kept) == "store.other_inputs"
    assert (kept / "manifest.json").exists()


def test_an_evaluation_of_odd_confidences(tmp_path):
    boxes, crops = [shapely.box(0, i, 1, i + 1) for i in range(4)], ["a", "b", "a", "b"]
    for values, reported in (([0.9, None, 0.8, 70.0], 2), (["high", "low", None, "0.5"], 1), ([None] * 4, 0)):
        path = write_parcels(tmp_path / f"{reported}.gpkg", boxes, crop_code=crops, truth=crops, confidence=values)
        report = run("evaluate", path, "--truth", "truth").values["report"]
        bins = json.loads(Path(report).with_suffix(".json").read_text())["reliability"]
        assert sum(row["parcels"] for row in bins) == reported


def test_an_output_that_is_open_elsewhere_is_not_touched(region, tmp_path):
    output = tmp_path / "o.gpkg"
    shutil.copy(region.parcels, output)
    before = output.read_bytes()
    holder = sqlite3.connect(output, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert run(*classify(region, output)).values["output"] == str(tmp_path / "o_2.gpkg")
    holder.rollback()
    holder.close()
    assert output.read_bytes() == before
    (tmp_path / "o.gpkg-wal").write_bytes(b"journal of an open layer")
    assert code_of(*classify(region, output)) == "output.not_writable"


def test_a_disk_that_fills_up_leaves_the_old_file(region, tmp_path, monkeypatch):
    output = tmp_path / "o.gpkg"
    shutil.copy(region.parcels, output)
    before = output.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_write_as", full)
    assert code_of(*classify(region, output)) == "output.disk_full"
    assert output.read_bytes() == before


def test_a_folder_that_is_not_a_store(region, tmp_path):
    arguments = ("--model", region.model, "-o", tmp_path / "o.gpkg")
    assert code_of("classify", tmp_path, *arguments) == "argument.invalid"
    (tmp_path / "manifest.json").write_text("{}")
    assert code_of("classify", tmp_path, *arguments) == "store.invalid"


def test_an_evaluation_without_common_classes(region, tmp_path):
    path = write_parcels(
        tmp_path / "p.gpkg", [shapely.box(0, 0, 1, 1)], crop_code=["cereal"], crop_name=["Cereal"], truth=[None]
    )
    assert code_of("evaluate", path, "--truth", "truth") == "labels.no_common_class"


def test_every_code_is_stable_and_its_own():
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.EngineError)]
    codes = [c.code for c in classes]
    assert len(set(codes)) == len(codes)


def test_options_that_a_store_would_ignore_are_refused(region, tmp_path):
    arguments = ("classify", region.store, "--model", region.model, "-o", tmp_path / "o.gpkg")
    assert code_of(*arguments, "--exclude", "2017-01-03") == "argument.invalid"
    assert code_of(*arguments, "--store", tmp_path / "s.parcels") == "argument.invalid"
