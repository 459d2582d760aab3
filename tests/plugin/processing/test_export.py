"""The export of predictions: its job, what QGIS loads, and what is refused before the run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorLayer,
)
from running import Feedback, algorithm, problem, run
from sample_layers import file_layer, memory_layer

from crop_classifier_plugin.engine.protocol import options

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

CLASSIFIED = "field=id:integer&field=crop_code:string(10)&field=quality:string(20)"
ROWS = [(1, "A", "ok", 0), (2, "B", "ok", 100), (3, None, "outside", 200)]
EXPORTED = {
    "output": "OUT", "layer": "out", "parcels": 3, "left_out": 0, "fields": ["id", "crop_code"], "joined": None,
    "classes": [
        {"code": "A", "name": "Wheat", "colour": "#e3b23c"}, {"code": "B", "name": "Vine", "colour": "#8e5aa8"},
    ],
    "class_table": None, "field_table": None,
}  # fmt: skip


@pytest.fixture()
def crops(tmp_path) -> QgsVectorLayer:
    return file_layer(tmp_path / "crops.gpkg", rows=ROWS, fields=CLASSIFIED)


def test_the_options_reach_the_engine(fake_engine, crops, tmp_path) -> None:
    joined = {"with_prediction": 2, "without_prediction": 1, "without_feature": 0}
    tables = {"class_table": "C.csv", "field_table": "F.csv"}
    fake_engine.answer("export", {**EXPORTED, "joined": joined, **tables, "left_out": 1, "output": "x.shp"})
    (tmp_path / "crops.results").mkdir()
    original = file_layer(tmp_path / "original.gpkg", rows=ROWS, fields=CLASSIFIED)
    given = {"QUALITIES": ["ok", "few_pixels"], "MIN_CONFIDENCE": 0.5, "CRS": "EPSG:4326", "JOIN": original}
    more = {
        "ID_FIELD": "id",
        "FIELDS": ["fid", "id", "crop_code"],
        "OVERWRITE": True,
        "OUTPUT": str(tmp_path / "x.shp"),
    }
    results = run("exportpredictions", {"PREDICTIONS": crops, **given, **more})
    (job,) = fake_engine.jobs()
    assert job == {"command": "export", "arguments": {
        "predictions": str(tmp_path / "crops.gpkg"), "results": str(tmp_path / "crops.results"),
        "fields": "id,crop_code", "qualities": "ok,few_pixels", "min_confidence": 0.5, "crs": "EPSG:4326",
        "join": str(tmp_path / "original.gpkg"), "id_field": "id", "overwrite": True,
        "output": str(tmp_path / "x.shp"),
    }}  # fmt: skip
    assert results == {
        "OUTPUT": "x.shp", "PARCEL_COUNT": 3, "LEFT_OUT_COUNT": 1, "UNMATCHED_COUNT": 1, "CLASS_TABLE": "C.csv",
        "FIELD_TABLE": "F.csv",
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["id,crop_code", "id;crop_code"])
def test_fields_may_be_typed_as_qgis_process_takes_them(fake_engine, crops, tmp_path, typed) -> None:
    fake_engine.answer("export", EXPORTED)
    more = {"FIELDS": typed, "QUALITIES": "ok,outside", "OUTPUT": str(tmp_path / "x.csv")}
    run("exportpredictions", {"PREDICTIONS": crops, **more})
    sent = fake_engine.jobs()[0]["arguments"]
    assert (sent["fields"], sent["qualities"]) == ("id,crop_code", "ok,outside")


def test_only_the_selected_parcels_of_a_temporary_layer_are_exported(fake_engine, tmp_path) -> None:
    fake_engine.answer("export", EXPORTED)
    layer = QgsProject.instance().addMapLayer(memory_layer(ROWS, CLASSIFIED))
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][1:])
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    run("exportpredictions", {"PREDICTIONS": chosen, "OUTPUT": str(tmp_path / "x.gpkg")})
    sent = fake_engine.jobs()[0]["arguments"]
    copied = QgsVectorLayer(f"{sent['predictions']}|layername={sent['layer']}")
    assert sorted(feature["id"] for feature in copied.getFeatures()) == [2, 3]
    assert "results" not in sent and "fields" not in sent and "qualities" not in sent
    QgsProject.instance().removeMapLayer(layer)


def test_the_exported_layer_is_loaded_with_the_colours_of_its_classes(fake_engine, crops, tmp_path) -> None:
    output = str(tmp_path / "out.gpkg")
    fake_engine.answer("export", {**EXPORTED, "output": output}, tmp_path / "crops.gpkg")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    details = QgsProcessingContext.LayerDetails("Exported", QgsProject.instance(), "OUTPUT")
    context.addLayerToLoadOnCompletion(output, details)
    run("exportpredictions", {"PREDICTIONS": crops, "OUTPUT": output}, context=context)
    layer = QgsProcessingUtils.mapLayerFromString(output, context)
    context.layerToLoadOnCompletionDetails(output).postProcessor().postProcessLayer(layer, context, Feedback())
    assert [c.value() for c in layer.renderer().categories()] == ["A", "B", ""]


def test_what_cannot_be_exported_is_refused_before_the_run(crops, tmp_path) -> None:
    good = {"PREDICTIONS": crops, "OUTPUT": str(tmp_path / "x.gpkg")}
    assert problem("exportpredictions", good) == ""
    for change, words in (
        ({"PREDICTIONS": memory_layer()}, "has no field crop_code"),
        ({"FIELDS": ["nothing"]}, "has no field nothing. Its fields are fid, id, crop_code, quality."),
        ({"JOIN": memory_layer()}, "Give both the layer"),
        ({"ID_FIELD": "id"}, "Give both the layer"),
        ({"JOIN": memory_layer(), "ID_FIELD": "id"}, "The layer parcels has no field id. Its fields are code, area."),
        ({"OUTPUT": str(tmp_path / "x.docx")}, "this file extension is not supported"),
    ):
        assert words in problem("exportpredictions", {**good, **change})


def test_the_qualities_to_tick_are_the_engine_s() -> None:
    owner = algorithm("exportpredictions")  # of the definition, which goes with it
    assert owner.parameterDefinition("QUALITIES").options() == list(options.QUALITIES)
