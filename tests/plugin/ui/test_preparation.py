"""How images are prepared: the algorithms' own parameters in the dialogs, from the widgets to the engine's jobs."""

# SPDX-License-Identifier: GPL-2.0-or-later
import json
import zipfile

import pytest
from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsScrollArea
from qgis.PyQt.QtCore import QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QWheelEvent
from qgis.PyQt.QtWidgets import QApplication

from crop_classifier_plugin.engine.protocol import options
from crop_classifier_plugin.ui.preparation_page import PreparationPage

ELSEWHERE = (options.CLASSES, options.COMPUTING, options.OUTPUTS)  # groups that other parts of the dialogs show
VALUES = {
    "masks": {"SCL_CLASSES": "4,5", "MASK_DILATION": 40.0, "CLOUD_PROBABILITY": 35.0, "THEIA_REFLECTANCE": "SRE"},
    "images": {
        "START": "2018-03-01", "END": "2018-09-30", "SEASON": 2018, "RESOLUTION": 20.0, "RESAMPLING": "cubic",
        "CRS": QgsCoordinateReferenceSystem("EPSG:2154"), "SCALE": 0.0001, "OFFSET": -0.1, "SKIP_UNREADABLE": True,
        "BAND_NAMES": "B02,B03",
    },
    "series": {"FILLING": "whittaker", "MAX_GAP_DAYS": 45},
    "parcels": {"INNER_BUFFER": 7.5, "FEW_PIXELS": 6, "ENCODING": "CP1252"},
}  # fmt: skip
IMAGE_ARGUMENTS = {
    "scl_classes": "4,5", "mask_dilation_m": 40.0, "cloud_probability": 35.0, "theia_reflectance": "SRE",
    "start": "2018-03-01", "end": "2018-09-30", "season": 2018, "resolution_m": 20.0, "resampling": "cubic",
    "crs": "EPSG:2154", "scale": 0.0001, "offset": -0.1, "skip_unreadable": True, "band_names": "B02,B03",
}  # fmt: skip
SERIES_ARGUMENTS = {"filling": "whittaker", "max_gap_days": 45, "inner_buffer_m": 7.5, "few_pixels": 6}


def enter(page, outliers, **more):
    for group, values in {**VALUES, "series": {**VALUES["series"], "REMOVE_OUTLIERS": outliers, **more}}.items():
        for name, value in values.items():
            getattr(page, group).set_value(name, value)


def run(qtbot, window, jobs):
    window.check_engine()
    assert window.missing() == ""
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    return {job["command"]: job["arguments"] for job in jobs()}


@pytest.fixture
def opened(make_window, parcels, imagery, tmp_path):
    """Opens the window on a task, with its images and its output."""

    def open_window(task, output):
        window = make_window(task)
        window.imagery.folder.setFilePath(str(imagery))
        window.task.outputs.output.setFilePath(str(tmp_path / output))
        return window

    return open_window


@pytest.mark.parametrize("command", ["classify", "extract"])
def test_what_nobody_changed_is_left_to_the_algorithm(qtbot, command):
    page = PreparationPage(command)
    qtbot.addWidget(page)
    assert page.parameters() == {}
    enter(page, "no" if command == "classify" else True)
    given = page.parameters()
    assert {name: given[name] for values in VALUES.values() for name in values} == {
        name: value for values in VALUES.values() for name, value in values.items()
    }


@pytest.mark.parametrize(("command", "name"), [("classify", "classifyparcels"), ("extract", "extractseries")])
def test_every_advanced_parameter_of_images_and_series_is_there(qtbot, provider, command, name):
    page = PreparationPage(command)
    qtbot.addWidget(page)
    shown = {n for g in (page.masks, page.images, page.series, page.parcels) for n in g._definitions}
    algorithm = provider.algorithm(name)
    advanced = {p.name() for p in algorithm.parameterDefinitions() if p.flags() & p.Flag.FlagAdvanced}
    elsewhere = {row.qgis_name for row in options.options_of(command) if row.group in ELSEWHERE}
    assert shown == advanced - elsewhere - {"EXCLUDE", "ID_FIELD"}  # beside the list of images; beside the layer


def test_a_training_is_prepared_as_entered(qtbot, engine, opened):
    jobs = engine()
    window = opened("train", "region.cropmodel")
    window.crops.field.setField("CODE_CULTU")
    window.train.training.epochs.setValue(1)
    enter(window.task.preparation, True, CALENDAR="3,13,43")
    sent = run(qtbot, window, jobs)["extract"]
    assert sent.items() >= {**IMAGE_ARGUMENTS, **SERIES_ARGUMENTS, "remove_outliers": True}.items()
    assert sent["calendar"] == "3,13,43"


def test_a_classification_may_refuse_the_model_s_outlier_test(qtbot, engine, opened, model_file, predictions):
    jobs = engine()
    window = opened("classify", "out.gpkg")
    window.classify.model.set_file(str(model_file))
    enter(window.task.preparation, "no")
    sent = run(qtbot, window, jobs)["classify"]
    assert sent.items() >= {**IMAGE_ARGUMENTS, **SERIES_ARGUMENTS, "remove_outliers": False}.items()


def test_masks_and_grid_are_those_of_the_list_of_acquisitions(qtbot, engine, opened):
    jobs = engine()
    window = opened("classify", "out.gpkg")
    window.check_engine()
    qtbot.waitUntil(lambda: window.imagery.acquisitions.table.rowCount() > 0, timeout=8000)
    window.task.preparation.masks.set_value("SCL_CLASSES", "4,5")
    window.task.preparation.images.set_value("BAND_NAMES", "B02,B03")
    qtbot.waitUntil(lambda: len(jobs()) > 1, timeout=8000)
    sent = jobs()[-1]
    assert (sent["command"], sent["arguments"]["scl_classes"]) == ("inspect", "4,5")
    assert sent["arguments"]["band_names"] == "B02,B03"


def test_numbers_show_the_decimals_that_they_need(qtbot):
    page = PreparationPage()
    qtbot.addWidget(page)
    shown = {name: wrapper.wrappedWidget() for name, wrapper in page.images._wrappers.items()}
    page.images.set_value("SCALE", 0.0001)
    assert (shown["RESOLUTION"].text(), shown["SCALE"].text()) == ("10.0", "0.000100")


def test_the_wheel_scrolls_past_a_number_without_changing_it(qtbot):
    page = PreparationPage()
    qtbot.addWidget(page)
    page.resize(900, 400)
    page.show()
    qtbot.waitExposed(page)
    area = page.findChildren(QgsScrollArea)[1]
    assert area.isAncestorOf(page.images)
    for widget in (area.viewport(), page.images._wrappers["RESOLUTION"].wrappedWidget()):
        middle, down, none = widget.rect().center(), QPoint(0, -120), Qt.MouseButton.NoButton
        place = QPointF(widget.mapToGlobal(middle))
        turn = (down, down, none, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(widget, QWheelEvent(QPointF(middle), place, *turn))
    assert area.verticalScrollBar().value() > 0 and page.parameters() == {}


def test_a_wrong_day_is_reported_before_the_run(qtbot, engine, opened, bar):
    engine()
    window = opened("train", "region.cropmodel")
    window.crops.field.setField("CODE_CULTU")
    window.task.preparation.series.set_value("CALENDAR", "43,13")
    window.check_engine()
    window.run()
    assert not window.is_running() and "found 43,13." in bar.text(window.bar)


def unset(page):
    """What the widgets show for options that are not given."""
    wrappers = {**page.masks._wrappers, **page.series._wrappers, **page.parcels._wrappers}
    return {name: shown_by(wrapper.wrappedWidget()) for name, wrapper in wrappers.items()}


def shown_by(widget):
    if hasattr(widget, "currentText"):
        return widget.currentText()
    return widget.text() or widget.placeholderText()


def test_a_training_shows_the_defaults(qtbot):
    page = PreparationPage()
    qtbot.addWidget(page)
    expected = {"FILLING": "linear", "MAX_GAP_DAYS": "0", "SCL_CLASSES": "4,5,6,7", "INNER_BUFFER": "0.0"}
    found = unset(page)
    assert found.items() >= {**expected, "CLOUD_PROBABILITY": "not used", "CALENDAR": "the dates of the images"}.items()
    seasons = page.images._wrappers["SEASON"].wrappedWidget(), page.images._wrappers["START"].wrappedWidget()
    assert [shown_by(widget) for widget in seasons] == ["from the dates of the images", "the first image"]


def test_a_classification_shows_how_the_model_was_trained(qtbot, engine, opened, model_file):
    window = opened("classify", "out.gpkg")
    following = ("FILLING", "MAX_GAP_DAYS", "REMOVE_OUTLIERS", "SCL_CLASSES", "MASK_DILATION", "INNER_BUFFER")
    window.classify.model.set_file(str(model_file))  # an old one, which does not hold it
    assert {unset(window.task.preparation)[name] for name in following} == {"as the model was trained"}
    masks = {"scl_classes": [4, 5], "mask_dilation_m": 20.0, "cloud_probability": None}
    series = {"filling": "whittaker", "max_gap_days": None, "remove_outliers": True}
    with zipfile.ZipFile(model_file) as archive:
        document = json.loads(archive.read("model.json"))
    document["provenance"] = {"preparation": {"series": series, "masks": masks, "inner_buffer_m": 5.0}}
    trained = model_file.with_name("trained.cropmodel")
    with zipfile.ZipFile(trained, "w") as archive:
        archive.writestr("model.json", json.dumps(document))
        archive.writestr("weights.safetensors", b"")
        archive.writestr("report.json", b"{}")
    window.classify.model.set_file(str(trained))
    values = ("whittaker", "0", "yes", "4,5", "20", "5")
    found = unset(window.task.preparation)
    assert [found[name] for name in following] == [f"as the model was trained: {value}" for value in values]
    assert window.task.preparation.parameters() == {}
    window.task.preparation.series.set_value("FILLING", "linear")
    assert window.task.preparation.parameters() == {"FILLING": "linear"}
