"""Classify Parcels, from the widgets to the loaded layer, with a fake engine behind the real algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
import time

import pytest
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QApplication

from crop_classifier_plugin.ui import series_deletion
from crop_classifier_plugin.ui.algorithm_run import AlgorithmRun
from crop_classifier_plugin.ui.window import classify_task
from crop_classifier_plugin.ui.window.task import RESULTS
from crop_classifier_plugin.ui.window.window import CropClassifierWindow


@pytest.fixture
def window(classify_window):
    return classify_window


def test_opens_small_and_without_complaints(qtbot, engine, window, search, complaints):
    engine()
    window.show()
    qtbot.waitExposed(window)
    search(window)
    assert window.width() <= 1000 and window.height() <= 580
    assert window.minimumSizeHint().width() <= 1000 and window.minimumSizeHint().height() <= 580
    assert complaints == []


def test_run_waits_for_every_input(engine, window, model_file, tmp_path):
    engine()
    window.check_engine()
    assert window.run_button.isEnabled()
    window.imagery.folder.setFilePath(str(tmp_path / "absent"))
    assert not window.run_button.isEnabled() and "folder of the images" in window.run_button.toolTip()
    window.imagery.folder.setFilePath(str(tmp_path))
    (tmp_path / "broken.cropmodel").write_bytes(b"no zip")
    window.classify.model.set_file(str(tmp_path / "broken.cropmodel"))
    assert not window.run_button.isEnabled() and "not a usable .cropmodel" in window.classify.model.note.text()
    window.classify.model.set_file(str(model_file))
    window.classify.outputs.output.setFilePath(str(tmp_path / "absent" / "out.gpkg"))
    assert not window.run_button.isEnabled()
    window.classify.outputs.output.setFilePath("")
    QgsProject.instance().removeAllMapLayers()
    assert window.missing() == "Choose a parcel layer." and not window.run_button.isEnabled()


def test_images_may_be_a_catalogue_or_a_file(engine, window, tmp_path):
    engine()
    window.check_engine()
    (tmp_path / "cube.nc").touch()
    for images in (str(tmp_path / "cube.nc"), "stac:https://example.org/search"):
        window.imagery.folder.lineEdit().setText(images)
        assert window.run_button.isEnabled() and window.task.parameters()["IMAGERY"] == images
    window.imagery.inspect()  # not of all the world: the parcels are known once the run is started
    assert "images of the parcels" in window.imagery.acquisitions.summary.text()
    window.imagery.folder.lineEdit().setText("https://example.org/search")
    assert not window.run_button.isEnabled()


def test_without_an_engine_says_so_and_offers_the_set_up(no_engine, window, bar):
    opened = []
    window.open_engine_setup = lambda: opened.append(True)
    window.show()
    assert not window.run_button.isEnabled()
    assert "not set up" in bar.text(window.bar)
    bar.press(window.bar, "Engine Set-up…")
    assert opened == [True]


def test_shows_the_description_of_the_model(window):
    facts = {name: label.text() for name, label in window.classify.model.facts.items()}
    assert facts["architecture"] == "CNN + GRU, 90 % of parameters in time"
    assert facts["calendar"] == "7 dates, 3 Jan to 15 Oct, trained on 2017"
    scores = "Overall accuracy 93.1 %, mean F-score 69.2 %, tested on 2,658 parcels by models that had not seen them"
    assert facts["scores"] == scores
    assert window.classify.model.classes.count() == 10 and window.classify.model.classes.item(3).text() == "Grapevine"


def test_parameters_are_exactly_what_was_chosen(engine, window, parcels, imagery, model_file, tmp_path, provider):
    engine()
    masks = tmp_path / "masks"
    masks.mkdir()
    parcels.selectByIds([1, 2])
    window.data.parcels.selected_only.setChecked(True)
    window.imagery.masks.setFilePath(str(masks))
    window.classify.outputs.output.setFilePath(str(tmp_path / "out"))
    window.classify.outputs.report.setFilePath(str(tmp_path / "out.html"))
    window.classify.device.setCurrentIndex(window.classify.device.findData("cpu"))
    window.classify.preparation.images.set_value("BAND_NAMES", "B02,B03")
    window.classify.preparation.images.set_value("SEASON", 2017)
    window.crops.truth.setField("CODE_CULTU")
    parameters = window.task.parameters()
    chosen = parameters.pop("PARCELS")
    assert isinstance(chosen, QgsProcessingFeatureSourceDefinition)
    assert chosen.selectedFeaturesOnly and chosen.source.staticValue() == parcels.id()
    assert parameters == {
        "IMAGERY": str(imagery),
        "MASKS": str(masks),
        "BAND_NAMES": "B02,B03",
        "SEASON": 2017,
        "MODEL": str(model_file),
        "TRUTH": "CODE_CULTU",
        "DEVICE": "cpu",
        "OUTPUT": str(tmp_path / "out.gpkg"),
        "REPORT": str(tmp_path / "out.html"),
    }
    known = {definition.name() for definition in provider.algorithm("classifyparcels").parameterDefinitions()}
    assert set(parameters) < known


def test_run_loads_a_styled_layer_and_offers_the_report(qtbot, engine, window, bar, iface, tmp_path, monkeypatch):
    jobs = engine()
    window.check_engine()
    window.classify.outputs.report.setFilePath(str(tmp_path / "report.html"))
    window.classify.outputs.output.setFilePath(str(tmp_path / "out.gpkg"))
    window.run_button.click()
    assert window.is_running() and not window.run_button.isEnabled()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    job = next(job for job in jobs() if job["command"] == "classify")
    assert job["command"] == "classify" and job["arguments"]["output"] == str(tmp_path / "out.gpkg")
    layer = QgsProject.instance().mapLayersByName("Classified parcels")[0]
    labels = [category.label() for category in layer.renderer().categories()]
    assert layer.renderer().classAttribute() == "crop_code"
    assert "Grapevine" in labels and "Orchard" not in labels  # no parcel of the result is an orchard
    assert window.progress.bar.value() == window.progress.bar.maximum()
    assert "Classifying" in window.log.lines() and "Done" in window.log.lines()
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    for place in (window.bar, iface.messageBar()):
        assert "2,651 of 2,658 parcels classified." in bar.text(place)
        assert f"The parcel series are kept in {tmp_path / 'out.parcels'} (2.5 MB)." in bar.text(place)
        bar.press(place, "Open Report")
    assert opened == [str(tmp_path / "report.html")] * 2


@pytest.fixture
def classified(qtbot, engine, window, tmp_path):
    """The window after a run; its series are in the folder given here, too."""
    engine()
    window.check_engine()
    window.classify.outputs.output.setFilePath(str(tmp_path / "out.gpkg"))
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    return window, tmp_path / "out.parcels"


def test_a_comparison_with_no_usable_value_is_a_warning(qtbot, engine, window, bar, tmp_path):
    engine("uncomparable")
    window.check_engine()
    window.classify.outputs.output.setFilePath(str(tmp_path / "out.gpkg"))
    window.crops.truth.setField("CODE_CULTU")
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    text = bar.text(window.bar)
    assert "No parcel could be compared with the declared crops of the field CODE_CULTU" in text
    assert "Of 19 parcels: 19 with a declared crop that is none of the model's classes. Their codes: VRC (19)." in text
    assert window.bar.currentItem().level() == Qgis.MessageLevel.Warning


def test_series_are_kept_unless_switched_off(engine, window):
    assert window.classify.keeping.widgets["keep_series"].isChecked() and "KEEP_SERIES" not in window.task.parameters()
    window.classify.keeping.widgets["keep_series"].setChecked(False)
    assert window.task.parameters()["KEEP_SERIES"] is False


def test_without_series_no_deletion_is_offered(qtbot, engine, window, bar, tmp_path):
    engine()
    window.check_engine()
    window.classify.outputs.output.setFilePath(str(tmp_path / "out.gpkg"))
    window.classify.keeping.widgets["keep_series"].setChecked(False)
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    assert "series" not in bar.text(window.bar) and bar.buttons(window.bar) == ["Open Report"]


def test_kept_series_can_be_deleted_after_a_question(qtbot, classified, bar, iface, monkeypatch):
    window, store = classified
    asked, answers = [], [False, True]
    monkeypatch.setattr(series_deletion, "confirm", lambda _, question, title: asked.append(question) or answers.pop(0))
    assert f"kept in {store} (2.5 MB)" in window.log.lines()
    bar.press(window.bar, "Delete Series")
    assert str(store) in asked[0] and store.exists() and "deleted" not in window.log.lines()
    bar.press(window.bar, "Delete Series")
    qtbot.waitUntil(lambda: "deleted" in bar.text(window.bar), timeout=5000)
    assert not store.exists() and bar.text(window.bar) == f"The parcel series in {store} were deleted."
    assert f"The parcel series in {store} were deleted." in window.log.lines()
    bar.press(iface.messageBar(), "Delete Series")
    assert bar.text(iface.messageBar()) == f"There are no parcel series in {store} any more."


def test_a_folder_with_other_files_is_not_deleted(qtbot, classified, bar, monkeypatch):
    window, store = classified
    (store / "thesis.odt").write_text("three years of work")
    monkeypatch.setattr(series_deletion, "confirm", lambda *_: True)
    bar.press(window.bar, "Delete Series")
    qtbot.waitUntil(lambda: "not deleted" in bar.text(window.bar), timeout=5000)
    assert "also holds thesis.odt" in bar.text(window.bar)
    assert len(list(store.iterdir())) == 3


def test_series_are_not_deleted_during_a_run(qtbot, classified, engine, bar, iface, monkeypatch):
    window, store = classified
    monkeypatch.setattr(series_deletion, "confirm", lambda *_: True)
    engine("slow")
    window.run()
    bar.press(iface.messageBar(), "Delete Series")
    assert bar.text(iface.messageBar()) == "Wait until the run has finished." and store.exists()
    window.cancel()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=5000)


def test_a_failure_is_shown_whole(qtbot, engine, window, bar):
    engine("failing")
    window.check_engine()
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    for text in (bar.text(window.bar), window.log.lines()):
        assert "the parcels cover 48.1 N, the images 43.2 N." in text
        assert "Check the layer's coordinate system, and that parcels and images cover the same region." in text
    assert window.progress.stage.text() == "Failed"
    assert window.run_button.isEnabled()
    window.log.copy_button.click()
    assert QApplication.clipboard().text() == window.log.lines()


def test_cancel_takes_less_than_two_seconds_and_keeps_the_log(qtbot, engine, window, bar):
    engine("slow")
    window.check_engine()
    window.run()
    qtbot.waitUntil(lambda: "block 2 of 5" in window.progress.stage.text(), timeout=8000)
    assert window.progress.left.text() == "about 2 min left"
    before = time.monotonic()
    window.progress.cancel.click()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=5000)
    assert time.monotonic() - before < 2.0
    assert window.progress.stage.text() == "Cancelled"
    assert "classify in" in window.log.lines() and "Cancelled" in window.log.lines()
    assert bar.text(window.bar) == ""


def test_a_run_goes_on_in_a_closed_window_and_is_seen_in_it_again(qtbot, engine, window):
    engine("slow")
    window.show()
    window.run()
    qtbot.waitUntil(lambda: "block 2" in window.progress.stage.text(), timeout=8000)
    window.close()
    assert not window.isVisible() and window.is_running()
    window.open_task(window.train)  # the other button of the toolbar: the run is shown, not another task
    assert window.isVisible() and window.task is window.classify and "block" in window.progress.stage.text()
    window.cancel()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=5000)


def test_remembers_the_device_for_all_projects(qtbot, engine, window, make_window):
    engine("slow")
    window.check_engine()
    window.classify.device.setCurrentIndex(window.classify.device.findData("cpu"))
    window.run()
    window.cancel()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    assert make_window().classify.device.currentData() == "cpu"


def test_a_run_outlives_its_deleted_window(qtbot, engine, iface, parcels, imagery, model_file, qgis_app):
    engine("slow")
    window = CropClassifierWindow(iface)
    window.imagery.folder.setFilePath(str(imagery))
    window.classify.model.set_file(str(model_file))
    window.run()
    qtbot.waitUntil(lambda: "block 2" in window.progress.stage.text(), timeout=8000)
    assert len(AlgorithmRun._alive) == 1
    window.deleteLater()  # as at the plugin's unload; that cancels the run
    qtbot.waitUntil(lambda: not AlgorithmRun._alive, timeout=5000)
    assert qgis_app.taskManager().countActiveTasks() == 0


def test_a_model_that_the_images_do_not_fit_is_refused_before_the_run(engine, window, search):
    engine()
    window.check_engine()
    search(window)
    assert window.missing() == "" and window.run_button.isEnabled()
    found = window.imagery.found
    window.imagery.found = {**found, "bands": ["B02", "B03", "B04", "B08"]}
    assert window.missing() == (
        "The model needs the bands B05, B06, B07, B8A, B11, B12, which the images lack. "
        "Choose images with them, or another model."
    )
    late = [{**row, "date": row["date"].replace("2017", "2018")} for row in found["acquisitions"]]
    window.imagery.found = {**found, "acquisitions": late}  # of the season 2017, a year too late
    assert window.missing() == (
        "The images are of 3 Mar 2018 to 7 Aug 2018; the model needs days from 3 Jan 2017 to 15 Oct 2017. "
        "Choose images of that season."
    )
    window.imagery.found = {**found, "acquisitions": late, "season": 2018}
    assert window.missing() == ""


def test_parcels_beside_the_images_are_refused_before_the_run(engine, window, search, parcels):
    engine()
    search(window)
    grid = window.imagery.found["grid"]
    far = {**grid, "bounds": [500_000, 5_000_000, 527_450, 5_027_450]}
    window.imagery.found = {**window.imagery.found, "grid": far}
    assert window.missing() == (
        "No parcel of Parcels 2017 lies on the images. Choose images of the same region, "
        "or check the layer's coordinate system (EPSG:32631)."
    )
    degrees = QgsRectangle(*grid["bounds"])
    to_degrees = QgsCoordinateTransform(parcels.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())
    box = to_degrees.transformBoundingBox(degrees)
    bounds = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
    window.imagery.found = {**window.imagery.found, "grid": {"crs": "EPSG:4326", "bounds": bounds}}
    assert window.missing() == ""


def test_a_run_ends_on_its_results_with_their_layer(qtbot, engine, window, tmp_path, monkeypatch):
    engine()
    window.check_engine()
    window.classify.outputs.output.setFilePath(str(tmp_path / "out.gpkg"))
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    assert (
        window.pages.page() == RESULTS and window.pages.stack.currentWidget().currentWidget() is window.classify.results
    )
    opened = []
    monkeypatch.setattr(classify_task, "open_algorithm", lambda *arguments: opened.append(arguments))
    layer = QgsProject.instance().mapLayersByName("Classified parcels")[0]
    monkeypatch.setattr(window.classify.results.selection, "layer", lambda: layer)
    window.classify.results.export_requested.emit()
    assert opened == [("crop_classifier:exportpredictions", {"PREDICTIONS": layer.id()})]
    wanted = []
    window.inspect_requested.connect(wanted.append)
    window.classify.results.inspect_requested.emit("7")
    assert wanted == [layer]
