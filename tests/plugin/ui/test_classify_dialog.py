"""Classify Parcels, from the widgets to the loaded layer, with a fake engine behind the real algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
import time

import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QApplication, QMessageBox

from crop_classifier_plugin.settings import Setting
from crop_classifier_plugin.ui import classify_dialog, series_deletion
from crop_classifier_plugin.ui.algorithm_run import AlgorithmRun
from crop_classifier_plugin.ui.classify_dialog import ClassifyDialog

DATES = 17


@pytest.fixture
def dialog(qtbot, iface, parcels, imagery, model_file, predictions):
    """Filled in, as far as it can be without an engine."""
    window = ClassifyDialog(iface)
    qtbot.addWidget(window)
    window.imagery.folder.setFilePath(str(imagery))
    window.model.set_file(str(model_file))
    yield window
    window.imagery.stop()
    window.cancel()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=5000)


def search(qtbot, window):
    window.imagery.inspect()
    qtbot.waitUntil(lambda: window.imagery.acquisitions.table.rowCount() == DATES, timeout=8000)


def test_opens_small_and_without_complaints(qtbot, engine, dialog, complaints):
    engine()
    dialog.show()
    qtbot.waitExposed(dialog)
    search(qtbot, dialog)
    assert dialog.width() <= 1000 and dialog.height() <= 580
    assert dialog.minimumSizeHint().width() <= 1000 and dialog.minimumSizeHint().height() <= 580
    assert complaints == []


def test_lists_acquisitions_and_what_was_skipped(qtbot, engine, dialog):
    engine()
    search(qtbot, dialog)
    acquisitions = dialog.imagery.acquisitions
    assert acquisitions.table.item(0, 0).text() == "2017-03-03"
    assert acquisitions.table.item(3, 2).data(Qt.ItemDataRole.DisplayRole) is None  # no mask: unknown, not zero
    assert [acquisitions.skipped.item(1, column).text() for column in (0, 1)] == [
        "S2_L2A_20170715.tif",
        "The file is cut short",
    ]
    assert acquisitions.summary.text() == "17 of 17 acquisitions used; 2 files skipped"


def test_acquisitions_without_a_cloud_mask_are_counted_before_the_run(qtbot, engine, dialog):
    engine()
    dialog.show()
    search(qtbot, dialog)
    acquisitions = dialog.imagery.acquisitions
    note = acquisitions.clouds
    assert note.isVisible() and note.label.text() == (
        "2 of 17 acquisitions have no cloud mask: their clouds are not masked. Add masks, or deselect them."
    )
    assert "“Remove clouds that the masks missed” under Preparation" in note.toolTip()
    acquisitions.table.item(3, 0).setCheckState(Qt.CheckState.Unchecked)
    assert "1 of 16" in note.label.text()
    acquisitions.table.item(7, 0).setCheckState(Qt.CheckState.Unchecked)
    assert not note.isVisible()


def test_images_without_any_cloud_mask_are_reported_before_the_run(qtbot, engine, dialog):
    engine("unmasked")
    dialog.show()
    search(qtbot, dialog)
    acquisitions = dialog.imagery.acquisitions
    assert acquisitions.clouds.isVisible() and acquisitions.clouds.label.text() == (
        "Clouds are not masked: no acquisition has a cloud mask. Choose a mask folder, or images with an SCL layer."
    )
    shares = {acquisitions.table.item(row, 2).text() for row in range(DATES)}
    assert shares == {""}  # not 100 %
    acquisitions.clear()
    assert not acquisitions.clouds.isVisible()


def test_acquisitions_can_be_switched_off(qtbot, engine, dialog):
    engine()
    search(qtbot, dialog)
    acquisitions = dialog.imagery.acquisitions
    for row in (0, 4):
        acquisitions.table.item(row, 0).setCheckState(Qt.CheckState.Unchecked)
    assert dialog.parameters()["EXCLUDE"] == "2017-03-03,2017-05-04"
    acquisitions.use_none.click()
    assert dialog.missing() == "Select at least one acquisition."
    assert not dialog.run_button.isEnabled()
    acquisitions.use_all.click()
    assert "EXCLUDE" not in dialog.parameters() and dialog.run_button.isEnabled()


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
    scores = "Overall accuracy 93.1 %, mean F-score 69.2 %, of 2,658 parcels that it was not trained on"
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
def asked(monkeypatch):
    """The questions before a run; `asked.answer` is given to each."""
    questions = type("Questions", (list,), {"answer": True})()

    def confirm(parent, question, title, action=""):
        questions.append((question, action))
        return questions.answer

    monkeypatch.setattr(classify_dialog, "confirm", confirm)
    return questions


def run_into(qtbot, dialog, path):
    """Runs to the end, if the question is answered so."""
    dialog.check_engine()
    dialog.output.setFilePath(str(path))
    dialog.run_button.click()
    qtbot.waitUntil(lambda: not dialog.is_running(), timeout=8000)


def test_a_layer_of_the_same_name_is_replaced_after_a_question(qtbot, engine, dialog, asked, geopackage, tmp_path):
    jobs, path = engine(), geopackage("region.gpkg", "region", "precious", "roads")
    asked.answer = False
    run_into(qtbot, dialog, path)
    assert [job["command"] for job in jobs()] == [] and dialog.bar.items() == []
    asked.answer = True
    run_into(qtbot, dialog, tmp_path / "region")  # completed by .gpkg
    question = "Replace the layer “region” in region.gpkg?\nIts other layers are kept: precious, roads."
    assert asked == [(question, "Replace")] * 2
    assert jobs()[-1]["arguments"]["overwrite"] is True and jobs()[-1]["arguments"]["output"] == str(path)


def test_a_file_is_replaced_after_a_question_and_a_layer_is_added_without(
    qtbot, engine, dialog, asked, geopackage, tmp_path
):
    jobs = engine()
    geopackage("added.gpkg", "parcels")
    for name in ("new.gpkg", "added.gpkg"):
        run_into(qtbot, dialog, tmp_path / name)
        assert "overwrite" not in jobs()[-1]["arguments"]
    assert asked == [] and len(jobs()) == 2
    geopackage("only.gpkg", "only")
    (tmp_path / "old.shp").touch()
    for name in ("only.gpkg", "old.shp"):
        run_into(qtbot, dialog, tmp_path / name)
    assert [question for question, _ in asked] == [
        "Replace the layer “only” in only.gpkg?",
        "Replace the file old.shp?",
    ]


def test_the_question_has_the_buttons_replace_and_cancel(dialog, geopackage, monkeypatch):
    dialog.output.setFilePath(str(geopackage("only.gpkg", "only")))
    boxes = []

    def answer(box):
        boxes.append((box.textFormat(), [button.text() for button in box.buttons()], box.defaultButton().text()))
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "exec", answer)
    assert dialog.ask() == {"OVERWRITE": True}
    ((text_format, titles, default),) = boxes
    assert text_format == Qt.TextFormat.PlainText and "Replace" in titles and len(titles) == 2
    assert "Cancel" in default.replace("&", "")


def test_a_result_that_is_kept_under_another_name_is_reported_and_loaded(qtbot, engine, dialog, bar, iface, tmp_path):
    engine("elsewhere")
    run_into(qtbot, dialog, tmp_path / "out.gpkg")
    kept = tmp_path / "out_2.gpkg"
    for place in (dialog.bar, iface.messageBar()):
        assert f"The result is in {kept}. Both files are kept." in bar.text(place)
    (layer,) = QgsProject.instance().mapLayersByName("Classified parcels")
    assert layer.source().split("|")[0] == str(kept)


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
