"""The model panel: the description in a file is shown as text, and a large file does not block the window."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from qgis.PyQt.QtCore import Qt

from crop_classifier_plugin.model_file import AT_ONCE_BYTES
from crop_classifier_plugin.ui.model_panel import ModelPanel


@pytest.fixture
def panel(qtbot, qgis_app):
    shown = ModelPanel()
    qtbot.addWidget(shown)
    yield shown
    shown.stop()


def changed(path: Path, **changes: object) -> Path:
    """The model with other parts in its model.json."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    document = {**json.loads(contents["model.json"]), **changes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**contents, "model.json": json.dumps(document)}.items():
            archive.writestr(name, content)
    return path


def rows(count: int) -> list:
    crops = [(f"{number}", f"crop number {number}") for number in range(count)]
    return [{"code": code, "name": name, "class": "Cereal", "colour": "", "class_code": "c"} for code, name in crops]


def test_a_large_model_is_read_in_the_background(qtbot, panel, model_file):
    table = rows(4000)
    assert len(json.dumps(table)) > AT_ONCE_BYTES
    panel.set_file(str(changed(model_file, class_table=table)))
    assert panel.model is None and panel.missing() == "Reading the model…"
    qtbot.waitUntil(lambda: panel.model is not None, timeout=5000)
    assert panel.missing() == "" and len(panel.model.class_table) == 4000


def test_a_large_model_that_is_refused_says_why(qtbot, panel, model_file):
    panel.set_file(str(changed(model_file, class_table=rows(4000), calendar=[9, 3])))
    qtbot.waitUntil(lambda: "calendar" in panel.missing(), timeout=5000)
    assert panel.model is None and "ascending" in panel.note.text()


def test_another_choice_abandons_the_read(qtbot, panel, model_file, tmp_path):
    panel.set_file(str(changed(model_file, class_table=rows(4000))))
    panel.set_file(str(tmp_path / "absent.cropmodel"))
    qtbot.wait(300)
    assert panel.model is None and "absent.cropmodel" in panel.missing()


def test_markup_in_a_model_is_shown_as_text(panel, model_file):
    crops = [{"code": f"<b>{number}</b>", "name": "<h1>x</h1>", "colour": "#aabb00"} for number in range(2)]
    bands = ["<img src='x'>", *(f"B{number}" for number in range(9))]
    panel.set_file(str(changed(model_file, classes=crops, bands=bands)))
    shown = panel.facts["bands"]
    assert shown.text().startswith("<img") and shown.textFormat() == Qt.TextFormat.PlainText
    assert panel.classes.item(0).toolTip() == "<span>&lt;h1&gt;x&lt;/h1&gt; (&lt;b&gt;0&lt;/b&gt;)</span>"
