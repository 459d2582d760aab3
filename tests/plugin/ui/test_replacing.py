"""What a classification asks before it replaces a layer or a file, and how it reports where the result is."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QMessageBox

from crop_classifier_plugin.ui.window import classify_task


@pytest.fixture
def window(classify_window):
    return classify_window


@pytest.fixture
def asked(monkeypatch):
    """The questions before a run; `asked.answer` is given to each."""
    questions = type("Questions", (list,), {"answer": True})()

    def confirm(parent, question, title, action=""):
        questions.append((question, action))
        return questions.answer

    monkeypatch.setattr(classify_task, "confirm", confirm)
    return questions


def run_into(qtbot, window, path):
    """Runs to the end, if the question is answered so."""
    window.check_engine()
    window.classify.outputs.output.setFilePath(str(path))
    window.run_button.click()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)


def classifications(jobs):
    """The arguments of the classifications; the search for acquisitions runs beside them."""
    return [job["arguments"] for job in jobs() if job["command"] == "classify"]


def test_a_layer_of_the_same_name_is_replaced_after_a_question(qtbot, engine, window, asked, geopackage, tmp_path):
    jobs, path = engine(), geopackage("region.gpkg", "region", "precious", "roads")
    asked.answer = False
    run_into(qtbot, window, path)
    assert classifications(jobs) == [] and window.bar.items() == []
    asked.answer = True
    run_into(qtbot, window, tmp_path / "region")  # completed by .gpkg
    question = "Replace the layer “region” in region.gpkg?\nIts other layers are kept: precious, roads."
    assert asked == [(question, "Replace")] * 2
    (sent,) = classifications(jobs)
    assert sent["overwrite"] is True and sent["output"] == str(path)


def test_a_file_is_replaced_after_a_question_and_a_layer_is_added_without(
    qtbot, engine, window, asked, geopackage, tmp_path
):
    jobs = engine()
    geopackage("added.gpkg", "parcels")
    for name in ("new.gpkg", "added.gpkg"):
        run_into(qtbot, window, tmp_path / name)
        assert "overwrite" not in classifications(jobs)[-1]
    assert asked == [] and len(classifications(jobs)) == 2
    geopackage("only.gpkg", "only")
    (tmp_path / "old.shp").touch()
    for name in ("only.gpkg", "old.shp"):
        run_into(qtbot, window, tmp_path / name)
    assert [question for question, _ in asked] == [
        "Replace the layer “only” in only.gpkg?",
        "Replace the file old.shp?",
    ]


def test_the_question_has_the_buttons_replace_and_cancel(window, geopackage, monkeypatch):
    window.classify.outputs.output.setFilePath(str(geopackage("only.gpkg", "only")))
    boxes = []

    def answer(box):
        boxes.append((box.textFormat(), [button.text() for button in box.buttons()], box.defaultButton().text()))
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "exec", answer)
    assert window.task.ask() == {"OVERWRITE": True}
    ((text_format, titles, default),) = boxes
    assert text_format == Qt.TextFormat.PlainText and "Replace" in titles and len(titles) == 2
    assert "Cancel" in default.replace("&", "")


def test_a_result_that_is_kept_under_another_name_is_reported_and_loaded(qtbot, engine, window, bar, iface, tmp_path):
    engine("elsewhere")
    run_into(qtbot, window, tmp_path / "out.gpkg")
    kept = tmp_path / "out_2.gpkg"
    for place in (window.bar, iface.messageBar()):
        assert f"The result is in {kept}. Both files are kept." in bar.text(place)
    (layer,) = QgsProject.instance().mapLayersByName("Classified parcels")
    assert layer.source().split("|")[0] == str(kept)
