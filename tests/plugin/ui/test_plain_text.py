"""Names and messages from models, class tables, layers and the engine are shown as they are, never as markup."""

# SPDX-License-Identifier: GPL-2.0-or-later
import json
import zipfile
from types import SimpleNamespace

import pytest
from qgis.core import QgsField, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QPoint, Qt, QVariant
from qgis.PyQt.QtGui import QHelpEvent, QTextDocument
from qgis.PyQt.QtWidgets import QApplication, QComboBox, QLabel, QListWidget, QTableWidget, QToolTip, QWidget

from crop_classifier_plugin.engine.install import InstallError
from crop_classifier_plugin.engine.locate import EngineStatus
from crop_classifier_plugin.plain_text import tooltip, without_markup
from crop_classifier_plugin.ui.algorithm_run import Outcome
from crop_classifier_plugin.ui.background import BackgroundTask
from crop_classifier_plugin.ui.engine_dialog import EngineDialog
from crop_classifier_plugin.ui.plain_widgets import message_box, with_plain_tips

HOSTILE = "<img src=x><b>bold"


def items(widget):
    """The cells or entries of a table or a list."""
    if isinstance(widget, QTableWidget):
        cells = [(row, column) for row in range(widget.rowCount()) for column in range(widget.columnCount())]
        return [item for item in (widget.item(*cell) for cell in cells) if item is not None]
    return [widget.item(row) for row in range(widget.count())] if isinstance(widget, QListWidget) else []


def shown(tip):
    """What a tooltip shows: Qt reads it as HTML where it looks like that."""
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText() if Qt.mightBeRichText(tip) else tip


def texts(window):
    """Every text of the window that holds HOSTILE, as shown; fails where one of them would be read as markup."""
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        if isinstance(widget, QLabel) and HOSTILE in widget.text():
            assert widget.textFormat() == Qt.TextFormat.PlainText, widget.text()
            found.append(widget.text())
        for holder in (widget, *items(widget)):
            assert "<img" not in holder.toolTip() and "<b>" not in holder.toolTip(), holder.toolTip()
            found += [text for text in [shown(holder.toolTip())] if HOSTILE in text]
    return found


def test_a_tooltip_shows_every_character(qgis_app):
    for text in (HOSTILE, "Pois & haricots", "a\n<b>b", "&lt;b&gt;", "x < y", "plain\ntwo lines"):
        assert shown(tooltip(text)) == text


def test_messages_for_either_kind_of_window_hold_no_tag(qgis_app):
    assert not Qt.mightBeRichText(without_markup(HOSTILE))
    assert without_markup("Plugins > Engine Set-up, 3 < 4 & 5") == "Plugins > Engine Set-up, 3 < 4 & 5"
    assert BackgroundTask(f"Counting crops of {HOSTILE}", lambda *_: None).description().endswith("‹b>bold")


@pytest.fixture
def hostile_model(model_file, tmp_path):
    """The model file with markup in every text."""
    with zipfile.ZipFile(model_file) as archive:
        document = json.loads(archive.read("model.json"))
    for crop in document["classes"]:
        crop.update(code=HOSTILE + crop["code"], name=HOSTILE + crop["name"])
    document["bands"] = [HOSTILE, *document["bands"][1:]]
    document["provenance"] = {"engine": HOSTILE, "notes": [HOSTILE]}
    path = tmp_path / f"{HOSTILE}.cropmodel"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps(document))
        archive.writestr("weights.safetensors", b"")
        archive.writestr("report.json", b"{}")
    return path


def test_a_model_and_the_images_in_a_classification(engine, make_window, hostile_model, parcels):
    engine()
    window = make_window()
    window.classify.model.set_file(str(hostile_model))
    listed = {"date": "2018-05-01", "name": HOSTILE, "product": HOSTILE, "bands": [HOSTILE], "platform": HOSTILE}
    skipped = {"path": f"images/{HOSTILE}.tif", "reason": HOSTILE}
    window.imagery.acquisitions.fill({"acquisitions": [listed], "skipped": [skipped]})
    progress = {"kind": "progress", "fraction": 0.5, "stage": HOSTILE, "message": HOSTILE, "seconds_left": None}
    window.runner._on_event(SimpleNamespace(**progress))
    window.runner._on_finished(Outcome(False, message=HOSTILE, advice=f"{HOSTILE} again"))
    found = texts(window)
    assert any("Leguminous Fodder" in text for text in found)  # classes of the model
    assert any(text.startswith("images/") for text in found) and any("B04" in text for text in found)
    assert f"{HOSTILE}\n{HOSTILE} again" in found and HOSTILE in window.log.lines()


def test_a_model_that_is_refused(engine, make_window, tmp_path):
    engine()
    window = make_window()
    window.classify.model.set_file(str(tmp_path / f"{HOSTILE}.cropmodel"))
    assert window.classify.model.note.text() in texts(window)


def test_layers_fields_and_crops_in_a_training(engine, make_window):
    engine()
    layer = QgsVectorLayer("Polygon?crs=EPSG:32631&field=id:integer", HOSTILE, "memory")
    layer.dataProvider().addAttributes([QgsField(f"{HOSTILE} field", QVariant.String)])
    layer.updateFields()
    QgsProject.instance().addMapLayer(layer)
    window = make_window("train")
    window.crops.field.setCurrentIndex(1)
    window.crops.preview._on_counted({HOSTILE: 3, HOSTILE.upper(): 2, "B": 2}, None)
    assert any("differ only in upper and lower case" in text for text in texts(window))
    window.crops.preview._on_counted(None, ValueError(HOSTILE))
    assert window.crops.preview.summary.text() in texts(window)
    scored = {
        "name": HOSTILE,
        "code": HOSTILE,
        "colour": HOSTILE,
        "precision": 0.5,
        "recall": 0.5,
        "f": 0.5,
        "support": 1,
    }
    figures = {"oa": 0.5, "mean_f": 0.5, "mean_precision": 0.5, "mean_recall": 0.5, "parcels": 1}
    window.train.scores.show_scores({**figures, "classes": [scored]})
    assert f"{HOSTILE} ({HOSTILE})" in texts(window)
    window.train.on_finished(
        Outcome(True, values={"model": HOSTILE, "report": "", "left_out": [], "scores": {**figures, "classes": []}})
    )
    assert any(text.startswith("The model is saved in") for text in texts(window))


def test_the_engine_in_its_set_up(qtbot, no_engine):
    window = EngineDialog()
    qtbot.addWidget(window)
    window.state.show_status(EngineStatus(False, None, HOSTILE))
    device = {"name": HOSTILE, "kind": "cpu", "works": True, "note": ""}
    window.state.show_doctor(
        {"engine": HOSTILE, "python": "3.12", "packages": {HOSTILE: "1"}, "devices": [device], "problems": [HOSTILE]}
    )
    window._fail(InstallError(HOSTILE, "Do this."))
    found = texts(window)
    assert f"{HOSTILE} 1" in found and f"CPU ({HOSTILE})" in found and f"{HOSTILE}\nDo this." in found


def test_a_list_of_fields_shows_the_name_in_place_of_its_own_tooltip(qtbot, qgis_app):
    combo = QComboBox()
    qtbot.addWidget(combo)
    combo.addItem(HOSTILE)
    combo.setItemData(0, f"<b>{HOSTILE}</b>", Qt.ItemDataRole.ToolTipRole)
    with_plain_tips(combo)
    combo.show()
    combo.showPopup()
    viewport = combo.view().viewport()
    at = combo.view().visualRect(combo.model().index(0, 0)).center()
    QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(QPoint(at))))
    assert shown(QToolTip.text()) == HOSTILE
    combo.hidePopup()


def test_questions_are_plain_text(qtbot, qgis_app):
    parent = QWidget()
    qtbot.addWidget(parent)
    box = message_box(parent, 0, "Title", HOSTILE)
    assert box.textFormat() == Qt.TextFormat.PlainText and box.text() == HOSTILE
