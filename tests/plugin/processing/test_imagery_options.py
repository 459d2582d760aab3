"""Grid, masks and gap filling, from the algorithms' advanced parameters to the job."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingParameterDefinition
from running import algorithm, classify_parameters, run
from sample_layers import file_layer

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

IMAGERY = {
    "CRS": "EPSG:2154", "RESOLUTION": 20, "SCL_CLASSES": "4,5", "MASK_DILATION": 40.0, "CLOUD_PROBABILITY": 35.0,
    "THEIA_REFLECTANCE": "SRE",
}  # fmt: skip
SERIES = {"FILLING": "whittaker", "MAX_GAP_DAYS": 45, "REMOVE_OUTLIERS": True}
SENT = {
    "crs": "EPSG:2154", "resolution_m": 20.0, "scl_classes": "4,5", "mask_dilation_m": 40.0,
    "cloud_probability": 35.0, "theia_reflectance": "SRE",
}  # fmt: skip
SENT_SERIES = {"filling": "whittaker", "max_gap_days": 45, "remove_outliers": True}


def sent(fake_engine) -> dict[str, object]:
    return fake_engine.jobs()[0]["arguments"]


def test_inspect_sends_the_masks(fake_engine, imagery) -> None:
    fake_engine.answer("inspect", {"acquisitions": [], "skipped": []})
    run("inspectstack", {"IMAGERY": str(imagery), **IMAGERY, "CRS": QgsCoordinateReferenceSystem("EPSG:2154")})
    assert sent(fake_engine).items() >= SENT.items()


def test_extract_sends_masks_and_filling(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("extract", {"store": "s", "parcels": 4, "pixels": 99})
    layer = file_layer(tmp_path / "parcels.gpkg")
    run(
        "extractseries",
        {"IMAGERY": str(imagery), "PARCELS": layer, "OUTPUT": str(tmp_path / "s.parcels"), **IMAGERY, **SERIES},
    )
    assert sent(fake_engine).items() >= {**SENT, **SENT_SERIES}.items()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"REMOVE_OUTLIERS": "as the model"}, {}),
        ({"REMOVE_OUTLIERS": "yes", "MAX_GAP_DAYS": 45}, {"remove_outliers": True, "max_gap_days": 45}),
        ({"REMOVE_OUTLIERS": "no", "MAX_GAP_DAYS": 0}, {"remove_outliers": False, "max_gap_days": 0}),
    ],
)
def test_a_model_s_outlier_test_and_gap_limit_can_be_refused(fake_engine, imagery, tmp_path, options, expected) -> None:
    answer = {"output": "", "report": "", "parcels": 0, "classified": 0, "classes": [], "scores": None}
    fake_engine.answer("classify", answer)
    run("classifyparcels", {**classify_parameters(imagery, tmp_path, file_layer(tmp_path / "p.gpkg")), **options})
    assert {name: value for name, value in sent(fake_engine).items() if name in SENT_SERIES} == expected


def test_nothing_given_is_left_to_the_engine(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("extract", {"store": "s", "parcels": 4, "pixels": 99})
    layer = file_layer(tmp_path / "parcels.gpkg")
    run("extractseries", {"IMAGERY": str(imagery), "PARCELS": layer, "OUTPUT": str(tmp_path / "s.parcels")})
    assert not set(sent(fake_engine)) & {*SENT, *SENT_SERIES} - {"resolution_m"}


@pytest.mark.parametrize("name", ["extractseries", "classifyparcels", "trainmodel"])
def test_they_are_advanced(name) -> None:
    found = algorithm(name)
    for parameter in {**IMAGERY, **SERIES}:
        flags = found.parameterDefinition(parameter).flags()
        assert flags & QgsProcessingParameterDefinition.Flag.FlagAdvanced, parameter
