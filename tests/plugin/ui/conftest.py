"""A fake engine, a small region of parcels and a model file: what the window needs to run for real."""

# SPDX-License-Identifier: GPL-2.0-or-later
import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsSettings,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QLabel, QPushButton

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from crop_classifier_plugin.engine import locate  # noqa: E402
from crop_classifier_plugin.ui.window.window import CropClassifierWindow  # noqa: E402

_spec = importlib.util.spec_from_file_location("_ui_fake_engine", HERE / "fake_engine.py")  # tests/plugin has one, too
FAKE = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(FAKE)
CODES = ("BTH", "MIS", "PPH", "PPH", "VRC", "BTH", "BTH", "LUZ", "PPH", None)
DATES = 17  # of the images that the fake engine finds


@pytest.fixture(autouse=True)
def clean_state(qgis_app):
    """Nothing is remembered, and no layer is left behind."""
    QgsSettings().remove("crop_classifier")
    QgsProject.instance().clear()
    yield
    QgsSettings().remove("crop_classifier")
    QgsProject.instance().removeAllMapLayers()


@pytest.fixture
def complaints(qgis_app):
    """What QGIS logs as a warning or worse while the test runs."""
    heard = []

    def listen(text, tag, level):
        if level in (Qgis.MessageLevel.Warning, Qgis.MessageLevel.Critical):
            heard.append(f"{tag}: {text}")

    QgsApplication.messageLog().messageReceived[str, str, Qgis.MessageLevel].connect(listen)
    yield heard
    QgsApplication.messageLog().messageReceived[str, str, Qgis.MessageLevel].disconnect(listen)


@pytest.fixture
def engine(tmp_path, monkeypatch, provider):
    """`engine(mode)` sets the engine to a fake one and returns a function that gives the jobs it was handed."""

    def set_up(mode="well"):
        folder = tmp_path / "engine folder"
        folder.mkdir(exist_ok=True)
        program = folder / "python"
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -I "{HERE / "fake_engine.py"}" {mode} "{folder}" "$@"\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv(locate.PYTHON_VARIABLE, str(program))
        jobs = folder / "jobs.jsonl"
        return lambda: [json.loads(line) for line in jobs.read_text("utf-8").splitlines()] if jobs.exists() else []

    return set_up


@pytest.fixture
def no_engine(tmp_path, monkeypatch, provider):
    """An engine that is not set up."""
    monkeypatch.delenv(locate.PYTHON_VARIABLE, raising=False)
    monkeypatch.setattr(locate, "location", lambda: tmp_path / "nowhere")


@pytest.fixture
def iface():
    """The parts of QGIS's main window that the window uses."""
    bar = QgsMessageBar()
    return SimpleNamespace(
        messageBar=lambda: bar, mainWindow=lambda: None, activeLayer=lambda: None, mapCanvas=lambda: None
    )


@pytest.fixture
def imagery(tmp_path):
    folder = tmp_path / "imagery"
    folder.mkdir()
    return folder


def polygons(name, field="CODE_CULTU", codes=CODES):
    """Squares beside each other, one per code."""
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:32631&field=id:integer&field={field}:string(40)", name, "memory")
    features = []
    for number, code in enumerate(codes):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([number, code])
        left = 100.0 * number
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(left, 0, left + 90, 90)))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def write(layer, path, name):
    """Writes a layer of its own into a GeoPackage, beside the ones that are there."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = name
    if path.exists():
        options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), QgsProject.instance().transformContext(), options)
    return path


@pytest.fixture
def geopackage(tmp_path, qgis_app):
    """`geopackage(name, *layers)` makes a file of such layers."""

    def make(name, *layers):
        for layer in layers:
            write(polygons(layer), tmp_path / name, layer)
        return tmp_path / name

    return make


@pytest.fixture
def sample_parcels(tmp_path, qgis_app):
    """What the fake engine gives back as a simulated region, two crops that can be learnt."""
    (tmp_path / "engine folder").mkdir(exist_ok=True)
    layer = polygons("parcels", codes=("BTH",) * 9 + ("PPH",) * 9)
    return write(layer, tmp_path / "engine folder" / "sample.gpkg", "parcels")


@pytest.fixture
def parcels(tmp_path, qgis_app):
    """A parcel layer of ten features in the project; one has no crop."""
    path = write(polygons("parcels"), tmp_path / "parcels.gpkg", "parcels")
    layer = QgsVectorLayer(f"{path}|layername=parcels", "Parcels 2017", "ogr")
    return QgsProject.instance().addMapLayer(layer)


@pytest.fixture
def predictions(tmp_path, qgis_app):
    """What the fake engine gives back as classified parcels."""
    folder = tmp_path / "engine folder"
    folder.mkdir(exist_ok=True)
    codes = ("cereal", "meadows", "meadows", "grapevine", None)
    return write(polygons("predictions", "crop_code", codes), folder / "predictions.gpkg", "predictions")


@pytest.fixture
def model_file(tmp_path):
    """A model of ten classes as far as its description goes."""
    bands = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
    calendar = [2, 42, 72, 132, 187, 233, 287]
    shape = [[0.1] * len(bands)] * len(calendar)
    document = {
        "schema": 1,
        "architecture": "cnn-gru-0.9",
        "figures": {"kernels": [16, 16, 16], "hidden": 128},
        "view": "patch",
        "bands": bands,
        "calendar": calendar,
        "season": 2017,
        "normalisation": {"mean": shape, "std": shape},
        "classes": [{"code": code, "name": name, "colour": colour} for code, name, colour, _ in FAKE.CLASSES],
        "class_table": [{"code": "BTH", "name": "Winter wheat", "class": "Cereal", "colour": "#e3b23c"}],
        "calibration": {"temperature": 1.0},
        "scores": {"parcels": 2658, "oa": 0.9312, "mean_f": 0.692},
        "provenance": {},
    }
    path = tmp_path / "region.cropmodel"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps(document))
        archive.writestr("weights.safetensors", b"")
        archive.writestr("report.json", b"{}")
    return path


@pytest.fixture
def make_window(qtbot, iface):
    """`make_window(task)` gives the window with the pages of a task; at the end nothing works for it any more."""
    windows = []

    def make(task="classify"):
        window = CropClassifierWindow(iface)
        qtbot.addWidget(window)
        windows.append(window)
        window.choose(getattr(window, task))
        return window

    yield make
    for window in windows:
        window.stop()
        qtbot.waitUntil(lambda window=window: not window.is_running(), timeout=5000)


@pytest.fixture
def classify_window(make_window, parcels, imagery, model_file, predictions):
    """The window on Classify Parcels, filled in as far as it can be without an engine."""
    window = make_window()
    window.imagery.folder.setFilePath(str(imagery))
    window.classify.model.set_file(str(model_file))
    return window


@pytest.fixture
def train_window(make_window, parcels, imagery, tmp_path):
    """The window on Train on My Region, filled in as far as it can be without an engine."""
    window = make_window("train")
    window.imagery.folder.setFilePath(str(imagery))
    window.crops.field.setField("CODE_CULTU")
    window.train.outputs.output.setFilePath(str(tmp_path / "region"))
    return window


@pytest.fixture
def search(qtbot):
    """`search(window)` lists the acquisitions that the fake engine finds."""

    def run(window):
        window.imagery.inspect()
        qtbot.waitUntil(lambda: window.imagery.acquisitions.table.rowCount() == DATES, timeout=8000)

    return run


class Bar:
    """A message bar as a user meets it."""

    @staticmethod
    def text(bar):
        """What it shows now; empty where it shows nothing."""
        return bar.currentItem().findChild(QLabel, "message").text() if bar.items() else ""

    @staticmethod
    def buttons(bar):
        """The titles of the buttons of the message on top."""
        return [button.text() for button in bar.currentItem().findChildren(QPushButton)]

    @staticmethod
    def press(bar, title):
        """Clicks a button of the message on top."""
        next(button for button in bar.currentItem().findChildren(QPushButton) if button.text() == title).click()


@pytest.fixture
def bar():
    return Bar
