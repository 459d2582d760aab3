"""Played in QGIS Desktop by test_desktop.py: the page of results in a dock, from the folder to parcels on the map."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time

from crop_classifier.crop_classifier_plugin.ui.results import ResultsPage
from desktop_story import RESULTS, VALUES, play
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

BEAT_MS = 5


def story():
    dock = QDockWidget("Results", iface.mainWindow())
    dock.setObjectName("results")
    page = ResultsPage(iface)
    dock.setWidget(page)
    iface.mainWindow().addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    beats = []
    timer = QTimer()
    timer.setInterval(BEAT_MS)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start()
    page.show_results(VALUES["results_folder"])
    yield lambda: page.results
    layer = page.load_layer() or page.selection.layer()
    yield 0.5
    view = iface.layerTreeView()
    node = view.layerTreeModel().rootGroup().findLayer(layer.id())
    RESULTS["unfolded"] = view.isExpanded(view.node2index(node))
    RESULTS["styles"] = layer.styleManager().styles()
    page.list.setCurrentRow(2)
    size = page.confusion.model.rowCount()
    cells = [(row, column) for row in range(size) for column in range(size)]
    row, column = max(cells, key=lambda cell: page.confusion.model.cells[cell[0]][cell[1]])
    page.confusion.table.clicked.emit(page.confusion.model.index(row, column))
    yield lambda: page.sentence.text()
    RESULTS["cell"] = page.confusion.model.names(row, column)
    RESULTS["selected"] = [[f["CODE_CULTU"], f["crop_name"], f["agreement"]] for f in layer.selectedFeatures()]
    page.list.setCurrentRow(4)
    yield lambda: page.checks.model.rowCount()
    page.sentence.setText("")
    page.checks.table.selectRow(0)
    yield lambda: page.sentence.text()
    (chosen,) = layer.selectedFeatures()
    yield 1.0
    RESULTS["zoomed"] = iface.mapCanvas().extent().width() / chosen.geometry().boundingBox().width()
    RESULTS["pause_s"] = max(later - sooner for sooner, later in zip(beats, beats[1:]))
    iface.mainWindow().removeDockWidget(dock)
    dock.deleteLater()


play(story)
