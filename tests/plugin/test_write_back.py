"""Predictions in the layer that they are about: right values, one undo, and a window that never stands still."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time

import pytest
from qgis.core import QgsApplication, QgsFeature, QgsProject, QgsVectorLayer
from sample_layers import file_layer, memory_layer

from crop_classifier_plugin.parcel_source import UnusableLayer
from crop_classifier_plugin.write_back import Outcome, WriteBack

pytestmark = pytest.mark.usefixtures("qgis_app")

PREDICTED = "field=id:string(10)&field=crop_code:string(10)&field=confidence:double&field=n_pixels:integer"
OWN = "field=id:integer&field=owner:string(10)"
ROWS = [("1", "A", 0.5, 9, 0), ("2", None, None, 0, 100), ("7", "B", 0.25, 4, 200)]
PARCELS = [(2, "x", 0), (1, "y", 100), (3, "z", 200), (None, "n", 300)]
LONGEST_S = 0.1
MANY = 20_000


def finish(run: WriteBack) -> Outcome:
    outcomes: list[Outcome] = []
    run.finished.connect(outcomes.append)
    run.start()
    until = time.monotonic() + 60
    while not outcomes and time.monotonic() < until:
        QgsApplication.processEvents()
    assert outcomes and not run.is_running()
    return outcomes[0]


def table(layer: QgsVectorLayer, *names: str) -> list[list]:
    return [[feature[name] or None for name in names] for feature in layer.getFeatures()]


@pytest.fixture()
def crops(tmp_path) -> str:
    file_layer(tmp_path / "crops.gpkg", rows=ROWS, fields=PREDICTED)
    return str(tmp_path / "crops.gpkg")


@pytest.mark.parametrize("ending", ["gpkg", "shp", "memory"])
def test_fields_are_added_filled_saved_and_undone_at_once(crops, tmp_path, ending) -> None:
    driver = {"gpkg": "GPKG", "shp": "ESRI Shapefile"}.get(ending)
    if driver:
        layer = file_layer(tmp_path / f"own.{ending}", driver, rows=PARCELS, fields=OWN)
    else:
        layer = memory_layer(PARCELS, OWN)
    names = [field.name() for field in layer.fields()]
    outcome = finish(WriteBack(layer, crops, "id"))
    assert outcome == Outcome("", 2, 2, 1, ("crop_code", "confidence", "n_pixels"))
    assert layer.isEditable() and layer.undoStack().count() == 1
    expected = [[2, None, None, None], [1, "A", 0.5, 9], [3, None, None, None], [None, None, None, None]]
    assert table(layer, "id", "crop_code", "confidence", "n_pixels") == expected
    layer.undoStack().undo()
    assert [field.name() for field in layer.fields()] == names
    layer.undoStack().redo()
    assert table(layer, "id", "crop_code", "confidence", "n_pixels") == expected
    assert layer.commitChanges(), layer.commitErrors()
    if driver:
        saved = QgsVectorLayer(str(tmp_path / f"own.{ending}"), "", "ogr")
        assert table(saved, "id", "crop_code", "confidence", "n_pixels") == expected
        assert table(saved, "owner") == [["x"], ["y"], ["z"], ["n"]]


def test_fields_of_an_earlier_time_are_filled_again_and_undone_to_what_they_held(crops) -> None:
    rows = [(1, "old", 0), (2, "older", 100), (3, "oldest", 200)]
    layer = memory_layer(rows, "field=id:integer&field=crop_code:string(10)")
    outcome = finish(WriteBack(layer, crops, "id"))
    assert outcome.new_fields == ("confidence", "n_pixels")
    assert table(layer, "crop_code") == [["A"], [None], ["oldest"]]
    layer.undoStack().undo()
    assert table(layer, "crop_code") == [["old"], ["older"], ["oldest"]]


def test_edits_of_the_user_stay_when_it_is_undone(crops) -> None:
    layer = memory_layer(PARCELS, OWN)
    layer.startEditing()
    first = next(layer.getFeatures())
    layer.changeAttributeValue(first.id(), layer.fields().lookupField("owner"), "mine")
    finish(WriteBack(layer, crops, "id"))
    layer.undoStack().undo()
    assert table(layer, "owner") == [["mine"], ["y"], ["z"], ["n"]] and layer.isEditable()


def test_what_cannot_be_written_changes_nothing(crops, tmp_path) -> None:
    layer = memory_layer(PARCELS, OWN)
    with pytest.raises(UnusableLayer, match="has no field parcel. Its fields are id, owner."):
        WriteBack(layer, crops, "parcel")
    with pytest.raises(UnusableLayer, match="holds no predictions"):
        WriteBack(layer, memory_layer(PARCELS, OWN), "id")
    with pytest.raises(UnusableLayer, match="cannot be read"):
        WriteBack(layer, str(tmp_path / "nothing.gpkg"), "id")
    file_layer(tmp_path / "own.csv", "CSV", rows=PARCELS, fields=OWN)
    text = QgsVectorLayer(f"file:///{tmp_path}/own.csv?type=csv", "text", "delimitedtext")
    with pytest.raises(UnusableLayer, match="cannot be edited"):
        WriteBack(text, crops, "id")
    others = memory_layer([(9, "x", 0)], OWN)
    assert "No feature of parcels has a prediction" in finish(WriteBack(others, crops, "id")).message
    twice = memory_layer([("1", "A", 0.5, 9, 0), ("1", "B", 0.5, 9, 0)], PREDICTED)
    assert "several parcels 1 in the field id" in finish(WriteBack(layer, twice, "id")).message
    assert not layer.isEditable() and not others.isEditable() and layer.fields().count() == 2


def many(count: int) -> tuple[QgsVectorLayer, QgsVectorLayer]:
    """A layer and its predictions, in memory."""
    layer, predictions = memory_layer((), OWN), memory_layer((), PREDICTED)
    for target, values in ((layer, lambda n: [n, "o"]), (predictions, lambda n: [str(n), "AB"[n % 2], n / count, n])):
        features = []
        for number in range(count):
            feature = QgsFeature(target.fields())
            feature.setAttributes(values(number))
            features.append(feature)
        target.dataProvider().addFeatures(features)
    return layer, predictions


def test_twenty_thousand_parcels_never_hold_the_window_up(monkeypatch) -> None:
    """Measured in the time of this thread, which other programs of the machine do not change."""
    layer, predictions = many(MANY)
    run = WriteBack(layer, predictions, "id")
    slices = []

    def measured(work=WriteBack._slice) -> None:
        began = time.thread_time()
        work(run)
        slices.append(time.thread_time() - began)

    run._timer.timeout.disconnect()
    run._timer.timeout.connect(measured)
    outcome = finish(run)
    assert outcome.with_prediction == MANY and len(slices) > 10
    assert max(slices) < LONGEST_S
    assert [feature["n_pixels"] for feature in layer.getFeatures()] == list(range(MANY))
    assert layer.undoStack().count() == 1
    layer.rollBack()


@pytest.mark.parametrize("how", ["cancel", "editing ends", "removed"])
def test_a_run_that_is_stopped_leaves_the_layer_as_it_was(how) -> None:
    layer, predictions = many(3000)
    QgsProject.instance().addMapLayer(layer)
    run = WriteBack(layer, predictions, "id")
    outcomes: list[Outcome] = []
    run.finished.connect(outcomes.append)
    run.start()
    while not layer.isEditable() or layer.fields().count() < 5:
        QgsApplication.processEvents()
    assert run.is_running()
    if how == "cancel":
        run.cancel()
        assert layer.fields().count() == 2 and layer.undoStack().count() == 0
    elif how == "editing ends":
        layer.rollBack()
        assert layer.fields().count() == 2
    else:
        QgsProject.instance().removeMapLayer(layer)
    QgsApplication.processEvents()
    assert len(outcomes) == 1 and outcomes[0].message and not run.is_running()
    if how != "removed":
        QgsProject.instance().removeMapLayer(layer)
