"""The inspector in a window: clicks, the selection, the keys, the highlight, and the way back out of QGIS."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import time

import pytest
from inspected_region import PARCELS, inspector, made_region, needs_engine, region, rewrite
from qgis.core import QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsProject
from qgis.gui import QgsHighlight
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog

from crop_classifier_plugin.ui.inspector.neighbours import neighbour
from crop_classifier_plugin.ui.inspector.problems import Remedy

pytestmark = [needs_engine, pytest.mark.usefixtures("qgis_app")]
__all__ = ["inspector", "made_region", "region"]
MOST_S = 0.3  # that a click may take


def click(inspector, number):
    """On the map, at a point within the feature."""
    feature = inspector.iface.active.getFeature(number)
    point = feature.geometry().pointOnSurface().asPoint()
    place = inspector.iface.canvas.getCoordinateTransform().transform(point)
    viewport = inspector.iface.canvas.viewport()
    began = time.perf_counter()
    QTest.mouseClick(
        viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(int(place.x()), int(place.y()))
    )
    return time.perf_counter() - began


def test_a_click_shows_the_parcel(inspector, qtbot):
    inspector.toggle()
    assert inspector.iface.canvas.mapTool() is inspector.tool and inspector.tool.action().isChecked()
    assert click(inspector, 12) < MOST_S
    dock, feature = inspector.dock, inspector.iface.active.getFeature(12)
    assert dock.header.title.text() == "Parcel 12" and feature["crop_name"] in dock.header.details.text()
    assert dock.course.isVisible() and dock.course.chart.data.variable == "NDVI"
    assert dock.course.variable.itemText(1) == "NDMI" and dock.course.variable.count() == 14
    assert len(dock.course.chart.data.curves) == 2 and not dock.problem_bar.isVisible()
    shown = dock.probabilities.bars
    assert shown[0].name == feature["crop_name"]
    assert shown[0].probability == pytest.approx(feature["confidence"], abs=1e-4)
    assert [bar.declared for bar in shown].count(True) == 1
    assert all(box.isVisible() and box.isEnabled() for box in dock.course.classes.values())
    assert isinstance(inspector._highlight, QgsHighlight)


def test_what_is_chosen_stays_from_parcel_to_parcel(inspector):
    inspector.toggle()
    click(inspector, 12)
    course = inspector.dock.course
    course.variable.setCurrentIndex(course.variable.findText("B11"))
    course.draw()
    course.classes["declared"].setChecked(False)
    click(inspector, 30)
    assert inspector.dock.header.title.text() == "Parcel 30"
    assert course.chart.data.variable == "B11" and [c.declared for c in course.chart.data.curves] == [False]


def test_a_click_beside_all_parcels_says_so(inspector):
    inspector.toggle()
    inspector.tool.pick(QgsPointXY(inspector.iface.active.extent().xMaximum() + 5000, 0))
    assert "no parcel at this place" in inspector.dock.problem_bar.label.text()
    assert not inspector.dock.course.isVisible() and inspector._highlight is None


def test_a_second_press_ends_the_tool(inspector):
    inspector.toggle()
    inspector.toggle()
    assert inspector.iface.canvas.mapTool() is not inspector.tool and not inspector.tool.action().isChecked()


def test_a_selected_parcel_is_shown_while_the_dock_is_open(inspector):
    layer = inspector.iface.active
    inspector.dock.hide()
    layer.selectByIds([7])
    assert inspector.dock.inspection is None
    inspector.dock.show()
    layer.selectByIds([8])
    assert inspector.dock.header.title.text() == "Parcel 8"
    layer.selectByIds([9, 10])
    assert inspector.dock.header.title.text() == "Parcel 8"


def test_what_is_selected_already_is_shown_when_the_tool_starts(inspector):
    inspector.dock.hide()
    inspector.iface.active.selectByIds([7])
    inspector.toggle()
    assert inspector.dock.header.title.text() == "Parcel 7"


def test_layers_that_the_map_does_not_show_are_not_asked(inspector):
    inspector.toggle()
    inspector.iface.canvas.setLayers([])
    click(inspector, 12)
    assert inspector.dock.inspection is None and "Select a layer" in inspector.dock.problem_bar.label.text()


def test_a_neighbour_without_an_outline_is_shown_without_a_highlight(inspector):
    inspector.toggle()
    click(inspector, 12)
    inspector.iface.active.dataProvider().changeGeometryValues({13: QgsGeometry()})
    inspector.step(1)
    assert inspector.dock.header.title.text() == "Parcel 13" and inspector._highlight is None


def test_keys_go_to_the_neighbours(inspector):
    inspector.toggle()
    click(inspector, 12)
    canvas = inspector.iface.canvas
    for key, title in ((Qt.Key.Key_Right, "Parcel 13"), (Qt.Key.Key_Left, "Parcel 12"), (Qt.Key.Key_Left, "Parcel 11")):
        QTest.keyClick(canvas, key, Qt.KeyboardModifier.AltModifier)
        assert inspector.dock.header.title.text() == title


def test_neighbours_are_in_the_order_of_the_layer_or_of_the_selection(inspector):
    layer = inspector.iface.active
    layer.dataProvider().deleteFeatures([20, 21])
    assert neighbour(layer, 19, 1).id() == 22 and neighbour(layer, 22, -1).id() == 19
    assert neighbour(layer, 1, -1) is None and neighbour(layer, PARCELS, 1) is None
    layer.selectByIds([3, 30, 40])
    assert neighbour(layer, 3, 1).id() == 30 and neighbour(layer, 35, -1).id() == 30
    assert neighbour(layer, 40, 1) is None


def test_the_map_moves_only_to_a_parcel_out_of_sight(inspector):
    inspector.toggle()
    click(inspector, 12)
    canvas, layer = inspector.iface.canvas, inspector.iface.active
    before = canvas.extent()
    inspector.step(1)
    assert canvas.extent() == before
    canvas.setExtent(layer.getFeature(13).geometry().boundingBox())
    inspector.step(1)
    box = layer.getFeature(14).geometry().boundingBox()
    assert canvas.extent().contains(box.center())


def test_without_series_the_user_can_extract_or_locate_them(inspector, region, monkeypatch):
    moved = region.store.rename(region.folder / "elsewhere.parcels")
    wanted = []
    inspector.extraction_wanted.disconnect()
    inspector.extraction_wanted.connect(lambda layer, path: wanted.append((layer, path)))
    inspector.toggle()
    click(inspector, 12)
    bar = inspector.dock.problem_bar
    assert "no longer in" in bar.label.text() and str(region.store) in bar.label.text()
    assert inspector.dock.course.isVisible() and not inspector.dock.pictures.isVisible()  # the classes' courses
    bar.buttons[Remedy.EXTRACT].click()
    assert wanted == [(inspector.iface.active, str(region.store))]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(region.results))
    bar.buttons[Remedy.LOCATE_SERIES].click()
    assert "holds no manifest.json" in bar.label.text()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(moved))
    bar.buttons[Remedy.LOCATE_SERIES].click()
    assert not bar.isVisible() and inspector.dock.pictures.isVisible()


def test_results_can_be_located(inspector, region, monkeypatch):
    moved = region.results.rename(region.folder / "elsewhere.results")
    inspector.toggle()
    click(inspector, 12)
    bar = inspector.dock.problem_bar
    assert "has no results" in bar.label.text()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(moved))
    bar.buttons[Remedy.LOCATE_RESULTS].click()
    assert inspector.dock.header.title.text() == "Parcel 12"


def test_the_extraction_dialog_is_filled_in(inspector, region, monkeypatch):
    import processing

    asked = []
    moved = region.folder / "new.parcels"

    def dialog(algorithm, parameters):
        asked.append((algorithm, parameters))
        return {"OUTPUT": str(moved)}

    monkeypatch.setattr(processing, "execAlgorithmDialog", dialog, raising=False)
    inspector.toggle()
    region.store.rename(moved)
    click(inspector, 12)
    inspector.dock.problem_bar.buttons[Remedy.EXTRACT].click()
    layer = inspector.iface.active
    known = {"PARCELS": layer, "OUTPUT": str(region.store)}
    assert asked == [("crop_classifier:extractseries", known)]
    assert inspector.dock.inspection.series.facts.path == moved


def test_a_parcel_that_was_not_classified_says_why(inspector, region):
    import sqlite3

    with sqlite3.connect(region.results / "parcels.sqlite") as database:
        database.execute("UPDATE parcel SET parcel_id = 'out', quality = 'outside', crop = NULL, confidence = NULL, "
                         "probabilities = NULL, first_pixel = 0, n_pixels = 0 WHERE parcel_id = '12'")  # fmt: skip
    layer = inspector.iface.active
    feature = layer.getFeature(12)
    rewrite(region.results / "results.json", id_field=region.class_field)
    feature[region.class_field] = "out"
    inspector.show(layer, feature)
    text = inspector.dock.header.details.text()
    assert "Not classified" in text and "outside the images" in text
    assert "has no pixels" in inspector.dock.problem_bar.label.text() and inspector.dock.probabilities.bars == ()


def test_without_declared_crops_there_is_no_choice_of_them(inspector, region):
    rewrite(region.results / "results.json", truth=None)
    inspector.toggle()
    click(inspector, 12)
    assert not inspector.dock.course.classes["declared"].isVisible()


def test_a_layer_that_is_removed_is_forgotten(inspector):
    inspector.toggle()
    click(inspector, 12)
    inspector.iface.canvas.setLayers([])
    QgsProject.instance().removeAllMapLayers()
    inspector.iface.active = None
    assert inspector.dock.inspection is None and inspector._highlight is None and inspector._layer is None
    inspector.step(1)


def test_closing_the_dock_takes_the_highlight_away(inspector):
    inspector.toggle()
    click(inspector, 12)
    inspector.dock.hide()
    assert inspector._highlight is None
    inspector.dock.show()
    assert inspector._highlight is not None


def test_of_overlapping_parcels_the_smaller_one_is_meant(inspector):
    layer = inspector.iface.active
    feature = next(layer.getFeatures(QgsFeatureRequest(12)))
    inner = feature.geometry().pointOnSurface().buffer(3, 4)
    layer.dataProvider().changeGeometryValues({30: inner})
    inspector.toggle()
    click(inspector, 30)
    assert inspector._feature.id() == 30


def test_everything_is_undone(region, made_region, qtbot, qgis_app):
    from inspected_region import Iface
    from qgis.PyQt.QtWidgets import QAction

    from crop_classifier_plugin.ui.inspector.controller import InspectorController

    iface = Iface()
    qtbot.addWidget(iface.window)
    layer = region.layer()
    before = len(iface.canvas.actions()), len(iface.canvas.scene().items())
    controller = InspectorController(iface, QAction("a", iface.window))
    controller.toggle()
    controller.show(layer, layer.getFeature(3))
    dock, tool = controller.dock, controller.tool
    controller.unload()
    qtbot.waitUntil(lambda: sip.isdeleted(dock) and sip.isdeleted(tool))
    assert iface.canvas.mapTool() is None
    assert (len(iface.canvas.actions()), len(iface.canvas.scene().items())) == before
    layer.selectByIds([4])  # nothing listens any more
    QgsProject.instance().removeMapLayer(layer.id())
    shutil.rmtree(region.store)
