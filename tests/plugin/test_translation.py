"""A language beside the source: found by QGIS's language, used by `tr`, gone when the plugin is unloaded."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from qgis.PyQt.QtCore import QCoreApplication
from sample_layers import ROOT

from crop_classifier_plugin.engine.protocol import messages, options
from crop_classifier_plugin.translation import install_translator, tr, translated

_spec = importlib.util.spec_from_file_location("_translations", ROOT / "scripts" / "translations.py")
translations = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(translations)

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
    """Else no tool finds it in the source, and no language can hold it; or a table of the engine has it."""
    odd = []
    rows = {"label", "help", "otherwise", "unit", "expected", "message", "advice", "meaning"}
    for path in (ROOT / "crop_classifier_plugin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(getattr(node, "func", None), "id", "")
            if called == "tr" and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)):
                odd.append(f"{path.name}:{node.lineno}")
            if called == "translated" and getattr(node.args[0], "attr", getattr(node.args[0], "id", "")) not in rows:
                odd.append(f"{path.name}:{node.lineno}")
    assert odd == []


def test_the_file_for_translators_has_every_text_and_keeps_what_is_translated(tmp_path) -> None:
    path = tmp_path / "crop_classifier_fr.ts"
    path.write_text(SOURCE, encoding="utf-8")
    missing = translations.write(path, "fr")
    assert translations.translations(path) == {"Classify parcels": "Classer les parcelles"}
    written = [element.text for element in ElementTree.parse(path).iter("source")]
    assert written == translations.texts() and missing == len(written) - 1
    row = options.option("mask_dilation_m")
    assert {row.label, row.help, row.unit, row.expected, "Run on", options.option("season").otherwise} <= set(written)
    assert {messages.ERRORS["parcels.outside"].message, *(text.message for text in messages.WARNINGS.values())} <= set(
        written
    )
    assert translations.write(path, "fr") == missing and len(set(written)) == len(written)


@pytest.mark.skipif(shutil.which("lrelease") is None, reason="lrelease (package qttools5-dev-tools) is not installed")
def test_texts_of_the_table_of_options_are_translated(tmp_path) -> None:
    text = options.option("seed", "train").label
    path = tmp_path / "crop_classifier_fr.ts"
    path.write_text(SOURCE.replace("Classify parcels", text).replace("Classer les parcelles", "Graine"), "utf-8")
    subprocess.run(["lrelease", "-silent", str(path)], check=True)
    translator = install_translator(tmp_path, "fr_FR")
    assert translated(text) == "Graine" and translated("") == ""
    QCoreApplication.removeTranslator(translator)
