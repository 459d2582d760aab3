"""What was chosen in the window belongs to the project: kept with it, and cleared with a new one."""

# SPDX-License-Identifier: GPL-2.0-or-later
import json

import pytest
from qgis.core import QgsProject

from crop_classifier_plugin.ui.window.memory import KEY, SCOPE


@pytest.fixture(autouse=True)
def empty_project(qgis_app):
    QgsProject.instance().clear()
    yield
    QgsProject.instance().clear()


@pytest.fixture
def filled(make_window, parcels, imagery, model_file, tmp_path):
    """A window with choices on every page, on the task of training."""
    window = make_window("train")
    window.imagery.folder.setFilePath(str(imagery))
    parcels.selectByIds([1, 2])
    window.data.parcels.selected_only.setChecked(True)
    window.crops.field.setField("CODE_CULTU")
    window.crops.truth.setField("id")
    window.crops.table.setCurrentIndex(1)
    window.train.preparation.series.set_value("CALENDAR", "3,13,43")
    window.train.training.set_value("model", "gru")
    window.train.training.set_value("epochs", 7)
    window.train.training.split.set_value("split", "blocks")
    window.train.training.advanced.set_value("seed", 5)
    window.train.outputs.output.setFilePath(str(tmp_path / "region.cropmodel"))
    window.classify.preparation.images.set_value("CRS", "EPSG:32631")
    window.classify.model.set_file(str(model_file))
    window.classify.outputs.output.setFilePath(str(tmp_path / "out.gpkg"))
    window.classify.keeping.set_value("keep_series", False)
    return window


def chosen(window):
    """The parameters of both tasks, and which is shown, with the layer's selection in words."""
    found = {task.name: task.parameters() for task in window.tasks}
    for parameters in found.values():
        source = parameters["PARCELS"]
        parameters["PARCELS"] = getattr(source, "selectedFeaturesOnly", source)
    return {**found, "task": window.task.name}


def save(path):
    assert QgsProject.instance().write(str(path))


def test_an_opened_project_shows_its_choices_and_a_new_one_none(qtbot, filled, tmp_path):
    before = chosen(filled)
    assert before["train"]["CALENDAR"] == "3,13,43" and before["train"]["SEED"] == 5
    assert before["classify"]["KEEP_SERIES"] is False and before["classify"]["TRUTH"] == "id"
    filled.memory.keep()
    save(tmp_path / "one.qgz")
    QgsProject.instance().clear()
    empty = chosen(filled)
    assert empty["task"] == "classify" and filled.imagery.folder.filePath() == "" and filled.classify.model.path() == ""
    assert {"CALENDAR", "SEED", "EPOCHS", "SPLIT"}.isdisjoint(empty["train"])
    assert QgsProject.instance().readEntry(SCOPE, KEY) == ("", False)
    assert QgsProject.instance().read(str(tmp_path / "one.qgz"))
    QgsProject.instance().mapLayersByName("Parcels 2017")[0].selectByIds([1, 2])  # a project keeps no selection
    after = chosen(filled)
    for parameters in (*after.values(), *before.values()):
        if isinstance(parameters, dict):
            parameters.pop("PARCELS")
    assert after == before


def test_a_window_that_is_opened_later_shows_the_project_s_choices(filled, make_window, imagery):
    filled.memory.keep()
    again = make_window()
    assert again.imagery.folder.filePath() == str(imagery) and again.task.name == "classify"  # as it was asked for
    assert again.train.training.value("epochs") == 7 and again.crops.field.currentField() == "CODE_CULTU"


def test_only_a_choice_marks_the_project_as_changed(qtbot, make_window, parcels, imagery):
    QgsProject.instance().setDirty(False)
    window = make_window()
    window.choose(window.train)
    window.memory.keep()
    assert not QgsProject.instance().isDirty()
    window.imagery.folder.setFilePath(str(imagery))
    qtbot.waitUntil(QgsProject.instance().isDirty, timeout=3000)
    kept = json.loads(QgsProject.instance().readEntry(SCOPE, KEY)[0])
    assert kept["tasks"]["classify"]["IMAGERY"] == str(imagery)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"schema": 2, "task": "train", "tasks": {}}', '{"schema": 1}'])
def test_choices_that_cannot_be_read_are_no_error(make_window, text):
    QgsProject.instance().writeEntry(SCOPE, KEY, text)
    window = make_window()
    assert window.imagery.folder.filePath() == ""


def test_a_layer_that_has_gone_is_asked_for_again(filled, make_window):
    filled.memory.keep()
    QgsProject.instance().removeAllMapLayers()
    again = make_window()
    assert again.data.parcels.layer() is None and "parcel layer" in again.missing()
