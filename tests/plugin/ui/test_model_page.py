"""The page of the model: the library's rows, what can be done with one, and any other file."""

# SPDX-License-Identifier: GPL-2.0-or-later
import shutil

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog

from crop_classifier_plugin.settings import Setting
from crop_classifier_plugin.ui.window import model_page
from crop_classifier_plugin.ui.window.model_page import ModelPage
from crop_classifier_plugin.ui.window.model_table import MEAN_F, NAME, PARCELS, YEARS


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    Setting.MODEL_FOLDER.set(str(folder))
    return folder


@pytest.fixture
def told():
    return []


@pytest.fixture
def page(qtbot, folder, model_file, told):
    for name in ("North", "South"):
        shutil.copy(model_file, folder / f"{name}.cropmodel")
    (folder / "Broken.cropmodel").write_bytes(b"no zip")
    page = ModelPage(lambda text, level: told.append(text))
    qtbot.addWidget(page)
    page.show()
    listed(qtbot, page, 3)
    return page


def listed(qtbot, page, count):
    qtbot.waitUntil(lambda: page._reading is None and page.table.table.rowCount() == count, timeout=5000)
    return [page.table.table.item(row, NAME).text() for row in range(count)]


def test_the_rows_say_what_a_model_is_worth(page):
    table = page.table.table
    row = next(row for row in range(3) if table.item(row, NAME).text() == "North")
    assert table.item(row, YEARS).text() == "2017"
    assert table.item(row, MEAN_F).data(Qt.ItemDataRole.DisplayRole) == 0.692
    assert table.item(row, PARCELS).data(Qt.ItemDataRole.DisplayRole) == 2658
    assert "by models that had not seen them" in table.item(row, NAME).toolTip()
    broken = next(table.item(row, NAME) for row in range(3) if table.item(row, NAME).text() == "Broken")
    assert not broken.flags() & Qt.ItemFlag.ItemIsEnabled and "not a usable" in broken.toolTip()


def test_picking_a_row_chooses_its_file_and_another_file_no_row(page, folder, model_file):
    assert not page.rename.isEnabled()
    page.table.table.selectRow(1)
    assert page.path() == str(folder / "North.cropmodel") and page.panel.model is not None and page.rename.isEnabled()
    page.panel.set_file(str(model_file))
    assert page.table.current() is None and not page.remove.isEnabled()


def test_import_export_rename_and_delete(qtbot, page, folder, model_file, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(model_file)], ""))
    page.add.click()
    assert listed(qtbot, page, 4) == ["Broken", "North", "South", "region"]
    assert page.path() == str(folder / "region.cropmodel")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("East", True))
    page.rename.click()
    assert "East" in listed(qtbot, page, 4) and page.path() == str(folder / "East.cropmodel")
    target = tmp_path / "given away"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    page.export.click()
    assert target.with_suffix(".cropmodel").read_bytes() == model_file.read_bytes()
    answers = [False, True]
    monkeypatch.setattr(model_page, "confirm", lambda *_: answers.pop(0))
    listed(qtbot, page, 4)
    page.remove.click()
    assert (folder / "East.cropmodel").exists()
    listed(qtbot, page, 4)
    page.remove.click()
    assert "East" not in listed(qtbot, page, 3) and page.path() == ""


def test_a_refusal_is_told(qtbot, page, told, monkeypatch):
    page.table.table.selectRow(1)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("South", True))
    page.rename.click()
    assert told == ["There is a model of the name “South” already."]
    assert listed(qtbot, page, 3) == ["Broken", "North", "South"]


def test_an_empty_library_says_where_models_come_from(qtbot, folder):
    page = ModelPage(lambda *_: None)
    qtbot.addWidget(page)
    page.show()
    listed(qtbot, page, 0)
    assert "Models that you train are listed here" in page.note.text() and page.note.isVisible()


def test_without_a_file_a_trained_model_goes_into_the_library(qtbot, engine, train_window, folder):
    jobs = engine()
    train_window.train.outputs.output.setFilePath("")
    train_window.train.training.epochs.setValue(1)
    assert train_window.missing() == ""
    train_window.run()
    qtbot.waitUntil(lambda: not train_window.is_running(), timeout=8000)
    (sent,) = (job["arguments"] for job in jobs() if job["command"] == "train")
    assert sent["output"] == str(folder / "Parcels 2017.cropmodel")
    assert train_window.train.model_file == str(folder / "Parcels 2017.cropmodel")
