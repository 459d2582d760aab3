"""Classify Parcels, from the widgets to the loaded layer, with a fake engine behind the real algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
import time

import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QApplication

from crop_classifier_plugin.settings import Setting
from crop_classifier_plugin.ui import series_deletion
from crop_classifier_plugin.ui.algorithm_run import AlgorithmRun
from crop_classifier_plugin.ui.classify_dialog import ClassifyDialog


@pytest.fixture
def dialog(classify_dialog):
    return classify_dialog


def test_opens_small_and_without_complaints(qtbot, engine, dialog, search, complaints):
    engine()
    dialog.show()
    qtbot.waitExposed(dialog)
    search(dialog)
    assert dialog.width() <= 1000 and dialog.height() <= 580
    assert dialog.minimumSizeHint().width() <= 1000 and dialog.minimumSizeHint().height() <= 580
    assert complaints == []


def test_run_waits_for_every_input(engine, dialog, model_file, tmp_path):
    engine()
    dialog.check_engine()
    assert dialog.run_button.isEnabled()
    dialog.imagery.folder.setFilePath(str(tmp_path / "absent"))
    assert not dialog.run_button.isEnabled() and "folder of the images" in dialog.run_button.toolTip()
    dialog.imagery.folder.setFilePath(str(tmp_path))
    (tmp_path / "broken.cropmodel").write_bytes(b"no zip")
    dialog.model.set_file(str(tmp_path / "broken.cropmodel"))
    assert not dialog.run_button.isEnabled() and "not a usable .cropmodel" in dialog.model.note.text()
    dialog.model.set_file(str(model_file))
    dialog.output.setFilePath(str(tmp_path / "absent" / "out.gpkg"))
    assert not dialog.run_button.isEnabled()
    dialog.output.setFilePath("")
    QgsProject.instance().removeAllMapLayers()
    assert dialog.missing() == "Choose a parcel layer." and not dialog.run_button.isEnabled()


def test_images_may_be_a_catalogue_or_a_file(engine, dialog, tmp_path):
    engine()
    dialog.check_engine()
    (tmp_path / "cube.nc").touch()
    for images in (str(tmp_path / "cube.nc"), "stac:https://example.org/search"):
        dialog.imagery.folder.lineEdit().setText(images)
        assert dialog.run_button.isEnabled() and dialog.parameters()["IMAGERY"] == images
    dialog.imagery.inspect()  # not of all the world: the parcels are known once the run is started
    assert "images of the parcels" in dialog.imagery.acquisitions.summary.text()
    dialog.imagery.folder.lineEdit().setText("https://example.org/search")
    assert not dialog.run_button.isEnabled()


def test_without_an_engine_says_so_and_offers_the_set_up(no_engine, dialog, bar):
    opened = []
    dialog.open_engine_setup = lambda: opened.append(True)
    dialog.show()
    assert not dialog.run_button.isEnabled()
    assert "not set up" in bar.text(dialog.bar)
    bar.press(dialog.bar, "Engine Set-up…")
    assert opened == [True]


def test_shows_the_description_of_the_model(dialog):
    facts = {name: label.text() for name, label in dialog.model.facts.items()}
    assert facts["architecture"] == "CNN + GRU, 90 % of parameters in time"
    assert facts["calendar"] == "7 dates, 3 Jan to 15 Oct, trained on 2017"
    scores = "Overall accuracy 93.1 %, mean F-score 69.2 %, tested on 2,658 parcels by models that had not seen them"
    assert facts["scores"] == scores
    assert dialog.model.classes.count() == 10 and dialog.model.classes.item(3).text() == "Grapevine"


def test_parameters_are_exactly_what_was_chosen(engine, dialog, parcels, imagery, model_file, tmp_path, provider):
    engine()
    masks = tmp_path / "masks"
    masks.mkdir()
    parcels.selectByIds([1, 2])
    dialog.parcels.selected_only.setChecked(True)
    dialog.imagery.masks.setFilePath(str(masks))
    dialog.output.setFilePath(str(tmp_path / "out"))
    dialog.report.setFilePath(str(tmp_path / "out.html"))
    dialog.device.setCurrentIndex(dialog.device.findData("cpu"))
    dialog.preparation.images.set_value("BAND_NAMES", "B02,B03")
    dialog.preparation.images.set_value("SEASON", 2017)
    dialog.truth.setField("CODE_CULTU")
    parameters = dialog.parameters()
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


def test_run_loads_a_styled_layer_and_offers_the_report(qtbot, engine, dialog, bar, iface, tmp_path, monkeypatch):
    jobs = engine()
    dialog.check_engine()
    dialog.report.setFilePath(str(tmp_path / "report.html"))
    dialog.output.setFilePath(str(tmp_path / "out.gpkg"))
    dialog.run_button.click()
    assert dialog.is_running() and not dialog.run_button.isEnabled()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=8000)
    job = jobs()[-1]
    assert job["command"] == "classify" and job["arguments"]["output"] == str(tmp_path / "out.gpkg")
    layer = QgsProject.instance().mapLayersByName("Classified parcels")[0]
    labels = [category.label() for category in layer.renderer().categories()]
    assert layer.renderer().classAttribute() == "crop_code"
    assert "Grapevine" in labels and "Orchard" not in labels  # no parcel of the result is an orchard
    assert dialog.progress.bar.value() == dialog.progress.bar.maximum()
    assert "Classifying" in dialog.log.lines() and "Done" in dialog.log.lines()
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    for place in (dialog.bar, iface.messageBar()):
        assert "2,651 of 2,658 parcels classified." in bar.text(place)
        assert f"The parcel series are kept in {tmp_path / 'out.parcels'} (2.5 MB)." in bar.text(place)
        bar.press(place, "Open Report")
    assert opened == [str(tmp_path / "report.html")] * 2


@pytest.fixture
def classified(qtbot, engine, dialog, tmp_path):
    """The dialog after a run; its series are in the folder given here, too."""
    engine()
    dialog.check_engine()
    dialog.output.setFilePath(str(tmp_path / "out.gpkg"))
    dialog.run()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=8000)
    return dialog, tmp_path / "out.parcels"


def test_series_are_kept_unless_switched_off(engine, dialog):
    assert dialog.keeping.widgets["keep_series"].isChecked() and "KEEP_SERIES" not in dialog.parameters()
    dialog.keeping.widgets["keep_series"].setChecked(False)
    assert dialog.parameters()["KEEP_SERIES"] is False


def test_without_series_no_deletion_is_offered(qtbot, engine, dialog, bar, tmp_path):
    engine()
    dialog.check_engine()
    dialog.output.setFilePath(str(tmp_path / "out.gpkg"))
    dialog.keeping.widgets["keep_series"].setChecked(False)
    dialog.run()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=8000)
    assert "series" not in bar.text(dialog.bar) and bar.buttons(dialog.bar) == ["Open Report"]


def test_kept_series_can_be_deleted_after_a_question(qtbot, classified, bar, iface, monkeypatch):
    dialog, store = classified
    asked, answers = [], [False, True]
    monkeypatch.setattr(series_deletion, "confirm", lambda _, question, title: asked.append(question) or answers.pop(0))
    assert f"kept in {store} (2.5 MB)" in dialog.log.lines()
    bar.press(dialog.bar, "Delete Series")
    assert str(store) in asked[0] and store.exists() and "deleted" not in dialog.log.lines()
    bar.press(dialog.bar, "Delete Series")
    qtbot.waitUntil(lambda: "deleted" in bar.text(dialog.bar), timeout=5000)
    assert not store.exists() and bar.text(dialog.bar) == f"The parcel series in {store} were deleted."
    assert f"The parcel series in {store} were deleted." in dialog.log.lines()
    bar.press(iface.messageBar(), "Delete Series")
    assert bar.text(iface.messageBar()) == f"There are no parcel series in {store} any more."


def test_a_folder_with_other_files_is_not_deleted(qtbot, classified, bar, monkeypatch):
    dialog, store = classified
    (store / "thesis.odt").write_text("three years of work")
    monkeypatch.setattr(series_deletion, "confirm", lambda *_: True)
    bar.press(dialog.bar, "Delete Series")
    qtbot.waitUntil(lambda: "not deleted" in bar.text(dialog.bar), timeout=5000)
    assert "also holds thesis.odt" in bar.text(dialog.bar)
    assert len(list(store.iterdir())) == 3


def test_series_are_not_deleted_during_a_run(qtbot, classified, engine, bar, iface, monkeypatch):
    dialog, store = classified
    monkeypatch.setattr(series_deletion, "confirm", lambda *_: True)
    engine("slow")
    dialog.run()
    bar.press(iface.messageBar(), "Delete Series")
    assert bar.text(iface.messageBar()) == "Wait until the run has finished." and store.exists()
    dialog.cancel()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=5000)


def test_a_failure_is_shown_whole(qtbot, engine, dialog, bar):
    engine("failing")
    dialog.check_engine()
    dialog.run()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=8000)
    for text in (bar.text(dialog.bar), dialog.log.lines()):
        assert "the parcels cover 48.1 N, the images 43.2 N." in text
        assert "Check the layer's coordinate system, and that parcels and images cover the same region." in text
    assert dialog.progress.stage.text() == "Failed"
    assert dialog.run_button.isEnabled()
    dialog.log.copy_button.click()
    assert QApplication.clipboard().text() == dialog.log.lines()


def test_cancel_takes_less_than_two_seconds_and_keeps_the_log(qtbot, engine, dialog, bar):
    engine("slow")
    dialog.check_engine()
    dialog.run()
    qtbot.waitUntil(lambda: "block 2 of 5" in dialog.progress.stage.text(), timeout=8000)
    assert dialog.progress.left.text() == "about 2 min left"
    before = time.monotonic()
    dialog.progress.cancel.click()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=5000)
    assert time.monotonic() - before < 2.0
    assert dialog.progress.stage.text() == "Cancelled"
    assert "classify in" in dialog.log.lines() and "Cancelled" in dialog.log.lines()
    assert bar.text(dialog.bar) == ""


def test_closing_asks_and_waits_for_the_end(qtbot, engine, dialog):
    engine("slow")
    dialog.show()
    dialog.run()
    qtbot.waitUntil(lambda: "block 2" in dialog.progress.stage.text(), timeout=8000)
    dialog.confirm_cancel = lambda: False
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible() and dialog.is_running()
    dialog.confirm_cancel = lambda: True
    dialog.close()
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=5000)
    assert not dialog.is_running()


def test_remembers_the_last_choices(qtbot, engine, dialog, iface, imagery, model_file):
    engine("slow")
    dialog.check_engine()
    dialog.device.setCurrentIndex(dialog.device.findData("cpu"))
    dialog.run()
    dialog.cancel()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=8000)
    assert Setting.IMAGERY.get() == str(imagery) and Setting.MODEL_FILE.get() == str(model_file)
    again = ClassifyDialog(iface)
    qtbot.addWidget(again)
    assert again.imagery.folder.filePath() == str(imagery)
    assert again.model.path() == str(model_file) and again.device.currentData() == "cpu"
    again.imagery.stop()


def test_a_run_outlives_its_deleted_dialog(qtbot, engine, iface, parcels, imagery, model_file, qgis_app):
    engine("slow")
    window = ClassifyDialog(iface)
    window.imagery.folder.setFilePath(str(imagery))
    window.model.set_file(str(model_file))
    window.run()
    qtbot.waitUntil(lambda: "block 2" in window.progress.stage.text(), timeout=8000)
    assert len(AlgorithmRun._alive) == 1
    window.deleteLater()  # as at the plugin's unload; that cancels the run
    qtbot.waitUntil(lambda: not AlgorithmRun._alive, timeout=5000)
    assert qgis_app.taskManager().countActiveTasks() == 0
