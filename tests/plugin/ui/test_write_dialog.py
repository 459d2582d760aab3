"""Predictions written into a layer of the user's from the page of results."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.core import QgsFeature, QgsProject, QgsVectorLayer

from crop_classifier_plugin.ui.results.write_dialog import WriteDialog

PREDICTED = "field=crop_code:string(20)&field=crop_name:string(40)&field=confidence:double&field=quality:string(20)"


def layer_of(name, fields, rows):
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:32631&{fields}", name, "memory")
    features = []
    for row in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(list(row))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return QgsProject.instance().addMapLayer(layer)


@pytest.fixture
def predictions(qgis_app):
    rows = [("7", "BTH", "Wheat", 0.9, "ok"), ("8", "MIS", "Maize", 0.6, "ok")]
    return layer_of("Classified", f"field=parcel:string(10)&{PREDICTED}", rows)


@pytest.fixture
def parcels(qgis_app):
    return layer_of("Parcels", "field=name:string(10)&field=parcel:string(10)", [("a", "8"), ("b", "9")])


def test_the_features_get_their_predictions_and_the_counts_are_told(qtbot, predictions, parcels, bar):
    dialog = WriteDialog(predictions, "parcel")
    qtbot.addWidget(dialog)
    assert dialog.layer.count() == 1 and dialog.layer.currentLayer() is parcels  # never the result itself
    assert [dialog.field.itemText(row) for row in range(dialog.field.count())] == ["parcel"]
    dialog.write_button.click()
    qtbot.waitUntil(lambda: dialog.run_of is None, timeout=5000)
    assert bar.text(dialog.bar).startswith("1 features have a prediction now, 1 have none; 1 predictions are of other")
    found = {feature["parcel"]: feature["crop_code"] for feature in parcels.getFeatures()}
    assert found["8"] == "MIS" and not found["9"]
    parcels.undoStack().undo()
    assert parcels.fields().lookupField("crop_code") < 0
    parcels.rollBack()


def test_without_a_common_field_nothing_can_be_written(qtbot, predictions):
    layer_of("Others", "field=name:string(10)", [("a",)])
    dialog = WriteDialog(predictions, "parcel")
    qtbot.addWidget(dialog)
    assert not dialog.write_button.isEnabled()


def test_ids_that_do_not_match_are_told(qtbot, predictions, bar):
    layer_of("Others", "field=parcel:string(10)", [("1",), ("2",)])
    dialog = WriteDialog(predictions, "parcel")
    qtbot.addWidget(dialog)
    dialog.write_button.click()
    qtbot.waitUntil(lambda: dialog.run_of is None, timeout=5000)
    assert "compare the values of parcel in both layers" in bar.text(dialog.bar) and dialog.write_button.isEnabled()
