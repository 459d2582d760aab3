"""A language beside the source: found by QGIS's language, used by `tr`, gone when the plugin is unloaded."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import ast
import shutil
import subprocess

import pytest
from qgis.PyQt.QtCore import QCoreApplication
from sample_layers import ROOT

from crop_classifier_plugin.translation import install_translator, tr

pytestmark = pytest.mark.usefixtures("qgis_app")
SOURCE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS><TS version="2.1" language="fr"><context>
<name>CropClassifier</name><message><source>Classify parcels</source><translation>Classer les parcelles</translation>
</message></context></TS>"""


@pytest.mark.skipif(shutil.which("lrelease") is None, reason="lrelease (package qttools5-dev-tools) is not installed")
def test_a_language_is_found_and_taken_out_again(tmp_path) -> None:
    (tmp_path / "crop_classifier_fr.ts").write_text(SOURCE, encoding="utf-8")
    subprocess.run(["lrelease", "-silent", str(tmp_path / "crop_classifier_fr.ts")], check=True)
    translator = install_translator(tmp_path, "fr_FR")
    assert tr("Classify parcels") == "Classer les parcelles"
    QCoreApplication.removeTranslator(translator)
    assert tr("Classify parcels") == "Classify parcels"


def test_a_language_that_is_not_there_is_no_error(tmp_path) -> None:
    assert install_translator(tmp_path, "xx") is None


def test_every_translated_text_is_a_constant() -> None:
    """Else no tool finds it in the source, and no language can hold it."""
    odd = []
    for path in (ROOT / "crop_classifier_plugin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(getattr(node, "func", None), "id", "")
            if called == "tr" and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)):
                odd.append(f"{path.name}:{node.lineno}")
    assert odd == []
