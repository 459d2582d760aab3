"""Played in QGIS Desktop by test_inspect.py: clicks parcels of a classified layer and measures QGIS's pauses."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time

from desktop_story import RESULTS, VALUES, play
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QAction
from qgis.utils import iface, plugins

BEAT_MS = 5
SETTLED_S = 2.0  # the map is drawn


def story():
    iface.mainWindow().showMaximized()
    layer = QgsProject.instance().addMapLayer(QgsVectorLayer(VALUES["layer"], "Classified parcels", "ogr"))
    iface.setActiveLayer(layer)
    iface.mapCanvas().setExtent(layer.extent())
    action = iface.mainWindow().findChild(QAction, "CropClassifier_inspectparcels")
    action.trigger()
    yield SETTLED_S
    inspector = plugins["crop_classifier"]._inspector
    RESULTS.update(checked=action.isChecked(), titles=[], grounds=[], clicks_s=[], problems=[])
    beats = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start(BEAT_MS)
    for number in VALUES["numbers"]:
        click(layer, number)
        yield lambda: not inspector.dock.pictures.surroundings.is_busy()
        dock = inspector.dock
        RESULTS["titles"].append(dock.header.title.text())
        RESULTS["problems"].append(dock.problem_bar.label.text())
        RESULTS["grounds"].append(len(dock.pictures.strip.grounds))
    timer.stop()
    RESULTS["longest_pause_s"] = max(later - sooner for sooner, later in zip(beats, beats[1:]))
    QTest.keyClick(iface.mapCanvas(), Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    RESULTS["next"] = inspector.dock.header.title.text()


def click(layer, number):
    """With the mouse, within a feature of the map."""
    canvas = iface.mapCanvas()
    point = layer.getFeature(number).geometry().pointOnSurface().asPoint()
    place = canvas.getCoordinateTransform().transform(point)
    began = time.monotonic()
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, none, QPoint(int(place.x()), int(place.y())))
    RESULTS["clicks_s"].append(time.monotonic() - began)


play(story)
