"""What is found wrong before a long run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from running import classify_parameters, problem, train_parameters
from sample_layers import memory_layer, store_folder

from crop_classifier_plugin.class_tables import CLASS_TABLES

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
    assert "has no field crop. Its fields are code, area" in problem("classifyparcels", {**good, "TRUTH": "crop"})
    assert "has no field last" in problem("classifyparcels", {**good, "PREVIOUS_FIELD": "last"})
    assert ".docx: this file extension is not supported" in problem(
        "classifyparcels", {**good, "OUTPUT": str(tmp_path / "x.docx")}
    )
    assert "no coordinate system" in problem("classifyparcels", {**good, "PARCELS": memory_layer(crs="")})
    broken = tmp_path / "broken.cropmodel"
    broken.write_text("no zip")
    assert "damaged or of another kind" in problem("classifyparcels", {**good, "MODEL": str(broken)})


def test_what_train_finds_before_the_run(imagery, tmp_path) -> None:
    own = train_parameters(tmp_path)
    full = {**own, "IMAGERY": str(imagery), "PARCELS": memory_layer()}
    assert problem("trainmodel", full) == ""
    assert "or a parcel series store" in problem("trainmodel", own)
    assert "both images and parcels" in problem("trainmodel", {**own, "IMAGERY": str(imagery)})
    assert "both images and parcels" in problem("trainmodel", {**own, "PARCELS": memory_layer()})
    assert "has no field crop" in problem("trainmodel", {**full, "CLASS_FIELD": "crop"})
    assert "choose a CSV file" in problem("trainmodel", {**full, "CLASS_TABLE": 3})
    assert "choose a class table" in problem("trainmodel", {**full, "UNKNOWN_CLASS": "Other"})
    assert problem("trainmodel", {**full, "CLASS_TABLE": 1, "UNKNOWN_CLASS": "Other"}) == ""
    for table in (0, CLASS_TABLES.index("worldcereal")):  # each value a class; a table without parents
        found = problem("trainmodel", {**full, "CLASS_TABLE": table, "RARE_CLASSES": "group"})
        assert "a class table with the columns code, name, class, colour, parent" in found
    assert problem("trainmodel", {**full, "CLASS_TABLE": 1, "RARE_CLASSES": "leave-out"}) == ""
    assert problem("trainmodel", {**full, "CLASS_TABLE": 7, "RARE_CLASSES": "group"}) == ""  # HCAT3, level 5
    assert "the file extension of a model is .cropmodel" in problem(
        "trainmodel", {**full, "OUTPUT": str(tmp_path / "model.pt")}
    )


@pytest.mark.parametrize("name", ["extractseries", "trainmodel"])
@pytest.mark.parametrize("days", ["3,43,13", "3,3", "every:0", "every:", "every:-5", "3;13", "2018-05-01", ","])
def test_days_that_are_no_calendar_are_found_before_the_run(imagery, tmp_path, name, days) -> None:
    own = train_parameters(tmp_path) if name == "trainmodel" else {"OUTPUT": str(tmp_path / "s.parcels")}
    full = {**own, "IMAGERY": str(imagery), "PARCELS": memory_layer()}
    found = problem(name, {**full, "CALENDAR": days})
    assert "3,13,43, or every:10" in found and found.endswith(f"found {days}.")
    for good in ("3", "-40, 3, 13", "every:10", ""):
        assert problem(name, {**full, "CALENDAR": good}) == ""


def test_options_that_a_store_does_not_take(tmp_path) -> None:
    full = {**train_parameters(tmp_path), "STORE": str(store_folder(tmp_path))}
    assert problem("trainmodel", {**full, "FILLING": None, "REMOVE_OUTLIERS": False, "CALENDAR": ""}) == ""
    for option in ({"FILLING": "nearest"}, {"MAX_GAP_DAYS": 30}, {"REMOVE_OUTLIERS": True}, {"CALENDAR": "every:9"}):
        assert "no effect on an existing store" in problem("trainmodel", {**full, **option})


def test_a_model_of_clear_observations_needs_them(imagery, tmp_path) -> None:
    full = {**train_parameters(tmp_path), "MODEL": "dated-gru", "IMAGERY": str(imagery), "PARCELS": memory_layer()}
    assert problem("trainmodel", {**full, "FILLING": "nearest"}) == ""
    for option in ({"FILLING": "whittaker"}, {"CALENDAR": "3,13"}):
        assert "dated-gru uses clear observations" in problem("trainmodel", {**full, **option})
        assert problem("trainmodel", {**full, "MODEL": "gru", **option}) == ""
