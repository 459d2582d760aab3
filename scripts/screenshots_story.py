"""Played in QGIS Desktop by screenshots.py: trains on a made-up region, classifies it, keeps pictures on the way."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from pathlib import Path

from desktop_story import RESULTS, VALUES, open_window, play
from qgis.core import (
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtWidgets import QAction, QApplication, QDockWidget
from qgis.utils import iface, plugins

WORK = Path(VALUES["work"])
PAPER_CLASSES = 1
BLUE, GREEN, RED = 1, 2, 3  # the files' first three layers
CLEAR_DAY = "20170602"
LEGEND_PX = 330
PREPARATION = 1  # the window's second page
FILLS_WINDOW = 0.62  # the region is square, the window is not
LARGER_PX, AROUND_M = 250, 500  # of a field that is inspected
DRAWN_S = 1.5  # for a window to be painted whole


def story():
    window = iface.mainWindow()
    window.showMaximized()
    window.findChild(QDockWidget, "Browser").hide()
    parcels = QgsProject.instance().addMapLayer(QgsVectorLayer(VALUES["parcels"], "Parcels of 2017", "ogr"))
    iface.setActiveLayer(parcels)
    yield from set_up()
    classify = yield from train()
    yield from classified_by(classify)
    yield from map_of(parcels)
    yield from inspected()


def set_up():
    dialog = open_window("engine", "EngineDialog")
    dialog.choice.existing.setChecked(True)
    dialog.choice.python.setFilePath(f"{VALUES['engine']}/bin/python")
    dialog.set_up_button.click()
    yield lambda: not dialog.is_running()
    yield from shoot(dialog, "engine_dialog")
    dialog.reject()


def train():
    dialog = open_window("trainmodel", "CropClassifierWindow")
    dialog.imagery.folder.setFilePath(VALUES["imagery"])
    dialog.imagery.masks.setFilePath(VALUES["masks"])
    dialog.crops.field.setField(VALUES["class_field"])
    dialog.crops.table.setCurrentIndex(PAPER_CLASSES)
    dialog.train.training.architecture.setCurrentIndex(dialog.train.training.architecture.findData("dated-ltae"))
    dialog.train.outputs.output.setFilePath(str(WORK / "region.cropmodel"))
    yield lambda: dialog.imagery.acquisitions.table.rowCount() and dialog.crops.preview.table.rowCount()
    yield from shoot(dialog, "train_data")
    dialog.show_page(PREPARATION)
    yield from shoot(dialog, "preparation")
    dialog.run_button.click()
    yield (
        lambda: (
            dialog.train.curves.loss.curves and len(dialog.train.curves.loss.curves[0].points) > 0.7 * VALUES["epochs"]
        )
    )
    yield from shoot(dialog, "train_dialog", seconds=0)
    yield lambda: not dialog.is_running()
    yield from shoot(dialog, "train_scores")
    RESULTS["report"] = str(WORK / "region_report.html")
    dialog.train.classify_button.click()
    return dialog


def classified_by(dialog):
    dialog.classify.outputs.output.setFilePath(str(WORK / "classified.gpkg"))
    yield from shoot(dialog, "classify_dialog")
    dialog.run_button.click()
    yield lambda: not dialog.is_running()
    dialog.close()


def map_of(parcels):
    """The main window: the classified layer over an image of a clear day."""
    root = QgsProject.instance().layerTreeRoot()
    root.findLayer(parcels).setItemVisibilityChecked(False)
    root.findLayer(parcels).setExpanded(False)
    image = true_colour(sorted(Path(VALUES["imagery"]).glob(f"*{CLEAR_DAY}*.tif"))[0])
    QgsProject.instance().addMapLayer(image, False)
    root.addLayer(image).setExpanded(False)
    window = iface.mainWindow()
    window.resizeDocks([window.findChild(QDockWidget, "Layers")], [LEGEND_PX], Qt.Orientation.Horizontal)
    canvas = iface.mapCanvas()
    canvas.setExtent(parcels.extent())
    canvas.zoomByFactor(FILLS_WINDOW)
    yield 3.0
    yield from shoot(window, "classified")


def inspected():
    """The main window with the parcel inspector, after a click on one of the larger fields."""
    layer = QgsProject.instance().mapLayersByName("Classified parcels")[0]
    iface.setActiveLayer(layer)
    iface.mainWindow().findChild(QAction, "CropClassifier_inspectparcels").trigger()
    inspector = plugins["crop_classifier"]._inspector
    feature = max(layer.getFeatures(), key=lambda one: (one["n_pixels"] < LARGER_PX, one["n_pixels"]))
    inspector.show(layer, feature)
    iface.mapCanvas().setExtent(feature.geometry().boundingBox().buffered(AROUND_M))
    yield 3.0
    yield lambda: not inspector.dock.pictures.surroundings.is_busy()
    iface.messageBar().clearWidgets()
    yield from shoot(iface.mainWindow(), "inspector")


def true_colour(path: Path) -> QgsRasterLayer:
    day = QDate.fromString(re.search(r"\d{8}", path.name)[0], "yyyyMMdd")
    layer = QgsRasterLayer(str(path), f"Sentinel-2 image of {day.toString('d MMMM yyyy')}")
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), RED, GREEN, BLUE))
    stretch = QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
    layer.setContrastEnhancement(stretch, QgsRasterMinMaxOrigin.Limits.CumulativeCut)
    return layer


def shoot(window, name: str, seconds: float = DRAWN_S):
    """A picture of the window with its frame, cut out of the screen."""
    window.raise_()
    yield seconds
    frame = window.frameGeometry()
    screen = QApplication.primaryScreen()
    place = frame.intersected(screen.geometry())
    screen.grabWindow(0, place.x(), place.y(), place.width(), place.height()).save(f"{VALUES['shots']}/{name}.png")


play(story)
