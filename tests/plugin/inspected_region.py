"""A made-up region that the real engine classified, with its series: what the parcel inspector's tests look at."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import QAction, QMainWindow

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("CROP_CLASSIFIER_PYTHON") or ROOT / ".venv" / "bin" / "python")
PARCELS, DATES = 60, 6
needs_engine = pytest.mark.skipif(not ENGINE.is_file(), reason=f"the engine's Python {ENGINE} is missing: make engine")


def engine(*arguments: object) -> dict:
    command = [str(ENGINE), "-m", "backend", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


def rewrite(path: Path, **changes: object) -> None:
    """Changes keys of a JSON document."""
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, **changes}), encoding="utf-8")


@dataclass(frozen=True)
class Region:
    """`crops.gpkg`, `crops.results` and `crops.parcels` in `folder`; `imagery` are its images."""

    folder: Path
    imagery: Path
    masks: Path
    class_field: str

    @property
    def results(self) -> Path:
        return self.folder / "crops.results"

    @property
    def store(self) -> Path:
        return self.folder / "crops.parcels"

    def layer(self, source: str = "crops.gpkg") -> QgsVectorLayer:
        layer = QgsVectorLayer(str(self.folder / source), "Classified parcels", "ogr")
        assert layer.isValid()
        return QgsProject.instance().addMapLayer(layer)


@pytest.fixture(scope="session")
def made_region(tmp_path_factory) -> Region:
    folder = tmp_path_factory.mktemp("inspected")
    made = engine("simulate", folder / "region", "--parcels", PARCELS, "--dates", DATES, "--seed", 3)
    store, model = folder / "train.parcels", folder / "region.cropmodel"
    engine("extract", made["imagery"], made["parcels"], "--masks", made["masks"], "-o", store)
    learning = ["--model", "gru", "--epochs", 2, "--class-field", made["class_field"], "--min-samples", 5]
    engine("train", store, *learning, "-o", model)
    inputs = ["classify", made["imagery"], made["parcels"], "--masks", made["masks"], "--model", model]
    engine(*inputs, "--keep-series", "--truth", made["class_field"], "-o", folder / "crops.gpkg")
    return Region(folder, Path(made["imagery"]), Path(made["masks"]), made["class_field"])


@pytest.fixture
def region(made_region, tmp_path) -> Region:
    """A copy to change."""
    for name in ("crops.gpkg", "crops.results", "crops.parcels"):
        source = made_region.folder / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    rewrite(tmp_path / "crops.results" / "results.json", store=str(tmp_path / "crops.parcels"))
    return Region(tmp_path, made_region.imagery, made_region.masks, made_region.class_field)


class Iface:
    """As much of QgisInterface as the inspector uses."""

    def __init__(self) -> None:
        self.window, self.canvas = QMainWindow(), QgsMapCanvas()
        self.window.setCentralWidget(self.canvas)
        self.active = None

    def mainWindow(self) -> QMainWindow:
        return self.window

    def mapCanvas(self) -> QgsMapCanvas:
        return self.canvas

    def activeLayer(self) -> object:
        return self.active

    def addDockWidget(self, area: Qt.DockWidgetArea, dock: object) -> None:
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock: object) -> None:
        self.window.removeDockWidget(dock)


@pytest.fixture
def inspector(region, qtbot, qgis_app):
    """A controller over a canvas that shows the region's layer, which is `inspector.iface.active`."""
    from crop_classifier_plugin.ui.inspector.controller import InspectorController

    iface = Iface()
    layer = region.layer()
    iface.active = layer
    iface.window.resize(QSize(1200, 800))
    iface.canvas.setDestinationCrs(layer.crs())
    iface.canvas.setLayers([layer])
    iface.canvas.setExtent(layer.extent())
    iface.window.show()
    action = QAction("Inspect Parcels", iface.window)
    action.setCheckable(True)
    controller = InspectorController(iface, action)
    yield controller
    controller.unload()
    iface.canvas.setLayers([])
    iface.window.close()
    iface.window.deleteLater()
    QgsProject.instance().removeAllMapLayers()
