"""QGIS layers to files: nothing lost, nothing that QGIS hides let through, and the main thread is not held up."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import threading
import time

import pytest
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsField,
    QgsProcessingFeatureSourceDefinition,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication
from sample_layers import ROWS, file_layer, memory_layer

from crop_classifier_plugin.parcel_source import CopyCancelled, ParcelFile, ParcelSource, UnusableLayer

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing")

CODES = ["BTH", "MIS", NULL, "VRC"]
MANY = 20_000


def prepare_parcels(layer: QgsVectorLayer, selection=None) -> ParcelFile:
    return ParcelSource(layer, selection).file()


def reopened(parcels) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{parcels.path}|layername={parcels.layer}" if parcels.layer else parcels.path, "", "ogr")
    assert layer.isValid()
    return layer


def codes(layer: QgsVectorLayer) -> list:
    return [feature["code"] for feature in layer.getFeatures()]


def selected_only(layer: QgsVectorLayer) -> QgsProcessingFeatureSourceDefinition:
    return QgsProcessingFeatureSourceDefinition(layer.id(), True)


@pytest.mark.parametrize(
    ("name", "driver"), [("a b.gpkg", "GPKG"), ("é.shp", "ESRI Shapefile"), ("x.geojson", "GeoJSON")]
)
def test_a_plain_file_is_used_in_place(tmp_path, name, driver) -> None:
    layer = file_layer(tmp_path / name, driver)
    assert prepare_parcels(layer).path == str(tmp_path / name)


def test_the_layer_in_a_file_of_several_is_named(tmp_path) -> None:
    file_layer(tmp_path / "x.gpkg")
    layer = QgsVectorLayer(f"{tmp_path / 'x.gpkg'}|layername=x", "", "ogr")
    assert prepare_parcels(layer).layer == "x"


def test_a_memory_layer_is_written_with_everything_it_has() -> None:
    copy = reopened(prepare_parcels(memory_layer()))
    assert codes(copy) == CODES
    assert [feature["area"] for feature in copy.getFeatures()] == [1.5, 2.5, 0.5, 3.0]
    assert [feature.geometry().isEmpty() for feature in copy.getFeatures()] == [False, False, False, True]
    assert copy.crs().authid() == "EPSG:2154"
    assert [feature.geometry().area() for feature in copy.getFeatures()][:3] == pytest.approx([2500] * 3)


def test_only_the_selection(tmp_path) -> None:
    layer = file_layer(tmp_path / "x.gpkg")
    layer.selectByExpression("\"code\" = 'MIS'")
    assert codes(reopened(prepare_parcels(layer, selected_only(layer)))) == ["MIS"]


def test_a_number_of_features_of_the_selection(tmp_path) -> None:
    layer = file_layer(tmp_path / "x.gpkg")
    layer.selectByExpression('"area" > 1')
    some = selected_only(layer)
    some.featureLimit = 2
    assert codes(reopened(prepare_parcels(layer, some))) == ["BTH", "MIS"]


def test_a_filtered_layer(tmp_path) -> None:
    layer = file_layer(tmp_path / "x.shp", "ESRI Shapefile")
    layer.setSubsetString('"area" > 2')
    assert codes(reopened(prepare_parcels(layer))) == ["MIS", "VRC"]


def test_edits_that_are_not_saved_yet(tmp_path) -> None:
    layer = file_layer(tmp_path / "x.gpkg")
    layer.startEditing()
    layer.changeAttributeValue(1, layer.fields().indexOf("code"), "ORH")
    assert codes(reopened(prepare_parcels(layer))) == ["ORH", *CODES[1:]]


def test_fields_that_only_qgis_has(tmp_path) -> None:
    layer = file_layer(tmp_path / "x.gpkg")
    field = QgsField(layer.fields().field("code"))  # a copy, since a field's type is named otherwise from 3.38 on
    field.setName("made")
    layer.addExpressionField("'x' || \"code\"", field)
    assert [feature["made"] for feature in reopened(prepare_parcels(layer)).getFeatures()] == [
        "xBTH",
        "xMIS",
        NULL,
        "xVRC",
    ]


def test_a_coordinate_system_that_was_set_in_qgis(tmp_path) -> None:
    layer = file_layer(tmp_path / "x.gpkg")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    assert reopened(prepare_parcels(layer)).crs().authid() == "EPSG:3857"


def test_a_field_called_fid_that_is_not_a_key() -> None:
    fields = "field=fid:string(10)&field=code:string(10)"
    layer = memory_layer([("7", "BTH", 0), ("7", "MIS", 100), (None, "VRC", None)], fields)
    copy = reopened(prepare_parcels(layer))
    assert [(feature["fid"], feature["code"]) for feature in copy.getFeatures()] == [
        ("7", "BTH"),
        ("7", "MIS"),
        (NULL, "VRC"),
    ]


def test_a_layer_that_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(UnusableLayer, match="missing parcels"):
        prepare_parcels(QgsVectorLayer(str(tmp_path / "none.gpkg"), "missing parcels", "ogr"))


def test_the_sample_covers_a_null_class_and_a_null_geometry() -> None:
    assert any(row[0] is None for row in ROWS) and any(row[-1] is None for row in ROWS)


def test_later_edits_do_not_reach_the_file() -> None:
    layer = memory_layer()
    source = ParcelSource(layer)
    layer.startEditing()
    layer.deleteFeatures(layer.allFeatureIds())
    assert codes(reopened(source.file())) == CODES


def test_a_cancelled_copy_leaves_nothing(monkeypatch, tmp_path) -> None:
    path = tmp_path / "copy.gpkg"
    monkeypatch.setattr(
        "crop_classifier_plugin.parcel_source.QgsProcessingUtils.generateTempFilename", lambda _: str(path)
    )
    with pytest.raises(CopyCancelled):
        ParcelSource(memory_layer()).file(lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_in_the_background_does_not_hold_up_the_main_thread() -> None:
    """The selection of 20,000 features took 1.6 s of it, in which QGIS did not answer."""
    layer = memory_layer([("BTH", 1.0, 60 * number) for number in range(MANY)])
    layer.selectAll()
    source = ParcelSource(layer, selected_only(layer))
    beats, found = [], []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start()
    thread = threading.Thread(target=lambda: found.append(source.file()))
    thread.start()
    while thread.is_alive():
        QApplication.processEvents()
    timer.stop()
    assert reopened(found[0]).featureCount() == MANY
    assert len(beats) > 10  # none, where the copy blocks
