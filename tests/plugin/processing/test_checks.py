"""What is found wrong before a long run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from running import classify_parameters, problem, train_parameters
from sample_layers import memory_layer

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")


def test_a_wrong_path_is_found_before_the_run(tmp_path) -> None:
    assert "does not exist" in problem("inspectstack", {"IMAGERY": str(tmp_path / "none")})
    assert "Mask folder" in problem("inspectstack", {"IMAGERY": str(tmp_path), "MASKS": str(tmp_path / "none")})


def test_a_catalogue_is_no_path(tmp_path) -> None:
    assert problem("inspectstack", {"IMAGERY": "stac:" + str(tmp_path / "items.json")}) == ""


@pytest.mark.parametrize("date", ["2018-02-30", "yesterday", "2018-05-01,201805"])
def test_a_wrong_date_is_found_before_the_run(tmp_path, date) -> None:
    assert "expected a date" in problem("inspectstack", {"IMAGERY": str(tmp_path), "EXCLUDE": date})


def test_what_classify_finds_before_the_run(imagery, tmp_path) -> None:
    good = classify_parameters(imagery, tmp_path, memory_layer())
    assert problem("classifyparcels", good) == ""
    assert problem("classifyparcels", {**good, "OUTPUT": "TEMPORARY_OUTPUT"}) == ""
    assert "has no field crop; it has code, area" in problem("classifyparcels", {**good, "TRUTH": "crop"})
    assert "has no field last" in problem("classifyparcels", {**good, "PREVIOUS_FIELD": "last"})
    assert ".docx: the ending" in problem("classifyparcels", {**good, "OUTPUT": str(tmp_path / "x.docx")})
    assert "no coordinate system" in problem("classifyparcels", {**good, "PARCELS": memory_layer(crs="")})
    broken = tmp_path / "broken.cropmodel"
    broken.write_text("no zip")
    assert "damaged or of another kind" in problem("classifyparcels", {**good, "MODEL": str(broken)})


def test_what_train_finds_before_the_run(imagery, tmp_path) -> None:
    own = train_parameters(tmp_path)
    full = {**own, "IMAGERY": str(imagery), "PARCELS": memory_layer()}
    assert problem("trainmodel", full) == ""
    assert "or a parcel series store" in problem("trainmodel", own)
    assert "together" in problem("trainmodel", {**own, "IMAGERY": str(imagery)})
    assert "together" in problem("trainmodel", {**own, "PARCELS": memory_layer()})
    assert "has no field crop" in problem("trainmodel", {**full, "CLASS_FIELD": "crop"})
    assert "choose a CSV file" in problem("trainmodel", {**full, "CLASS_TABLE": 3})
    assert "choose a class table" in problem("trainmodel", {**full, "UNKNOWN_CLASS": "Other"})
    assert problem("trainmodel", {**full, "CLASS_TABLE": 1, "UNKNOWN_CLASS": "Other"}) == ""
    assert "ends in .cropmodel" in problem("trainmodel", {**full, "OUTPUT": str(tmp_path / "model.pt")})
