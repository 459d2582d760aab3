"""Played in QGIS Desktop by test_desktop.py: Classify Parcels from its menu entry to the styled layer.

First with the parcels' file, then with selected features of a temporary layer in another coordinate system.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import processing
from desktop_story import RESULTS, VALUES, open_window, play
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QMessageBox, QPushButton
from qgis.utils import iface

SELECTED = 7


def story():
    dialog = open_window("classifyparcels", "CropClassifierWindow")
    RESULTS["run_at_first"] = dialog.run_button.isEnabled()
    dialog.imagery.folder.setFilePath(VALUES["imagery"])
    dialog.imagery.masks.setFilePath(VALUES["masks"])
    dialog.data.parcels.add_file(VALUES["parcels"])
    dialog.classify.model.set_file(VALUES["model"])
    dialog.classify.outputs.output.setFilePath(VALUES["output"])
    yield lambda: dialog.imagery.acquisitions.table.rowCount()
    RESULTS["acquisitions"] = dialog.imagery.acquisitions.table.rowCount()
    dialog.run_button.click()
    yield lambda: not dialog.is_running()
    yield 0.2  # the legend is unfolded once it is built
    RESULTS["whole"] = description(classified_layer())
    RESULTS["offered"] = [button.text() for button in iface.messageBar().findChildren(QPushButton)]

    layer = temporary_copy(VALUES["parcels"])
    dialog.data.parcels.combo.setLayer(layer)
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][:SELECTED])
    dialog.data.parcels.selected_only.setChecked(True)
    dialog.classify.outputs.output.setFilePath("")
    dialog.run_button.click()
    yield lambda: not dialog.is_running()
    RESULTS["selection"] = description(classified_layer())
    RESULTS["temporary_series"] = [str(path) for path in Path(classified_layer().source()).parent.glob("*.parcels")]

    with answer_yes():
        bar_button("Delete Series").click()
    yield lambda: not Path(RESULTS["temporary_series"][0]).exists()
    RESULTS["log"] = dialog.log.lines()
    RESULTS["engine_libraries_in_qgis"] = loaded_from(VALUES["environment"])
    dialog.close()


@contextmanager
def answer_yes():
    """Answers the question of a button with Yes."""
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: QApplication.activeModalWidget().button(QMessageBox.StandardButton.Yes).click())
    timer.start(500)
    yield


def bar_button(title: str) -> QPushButton:
    """Of the newest message in QGIS's main window."""
    return next(
        button for button in iface.messageBar().currentItem().findChildren(QPushButton) if button.text() == title
    )


def temporary_copy(path: str) -> QgsVectorLayer:
    parameters = {"INPUT": path, "TARGET_CRS": "EPSG:4326", "OUTPUT": "TEMPORARY_OUTPUT"}
    layer = processing.run("native:reprojectlayer", parameters)["OUTPUT"]
    return QgsProject.instance().addMapLayer(layer)


def classified_layer() -> QgsVectorLayer:
    """The newest one: it is the first in the legend."""
    return iface.layerTreeView().layerTreeModel().rootGroup().findLayers()[0].layer()


def description(layer: QgsVectorLayer) -> dict:
    renderer = layer.renderer()
    node = QgsProject.instance().layerTreeRoot().findLayer(layer)
    legend = iface.layerTreeView().layerTreeModel().layerLegendNodes(node)
    return {
        "name": layer.name(),
        "crs": layer.crs().authid(),
        "features": layer.featureCount(),
        "classified": sum(bool(feature["crop_code"]) for feature in layer.getFeatures()),
        "coloured_by": renderer.classAttribute(),
        "codes": sorted({feature["crop_code"] for feature in layer.getFeatures() if feature["crop_code"]}),
        "categories": [category.value() for category in renderer.categories()],
        "colours": [category.symbol().color().name() for category in renderer.categories()],
        "legend": [entry.data(0) for entry in legend],
        "unfolded": iface.layerTreeView().isExpanded(iface.layerTreeView().node2index(node)),
        "styles": layer.styleManager().styles(),
        "kept_styles": sorted(layer.listStylesInDatabase()[2]),
    }


def loaded_from(folder: str) -> list:
    """The libraries in this process that come from the engine's environment."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    return sorted({line.split()[-1] for line in lines if folder in line})


play(story)
