"""Every flag that a classification may give has a sentence in the inspector."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import runpy

import pytest
from sample_layers import ROOT

from crop_classifier_plugin.ui.inspector.quality import meaning

pytestmark = pytest.mark.usefixtures("qgis_app")


def test_each_flag_of_the_engine_has_a_meaning_of_its_own() -> None:
    flags = list(runpy.run_path(str(ROOT / "backend" / "vocabulary.py"))["QUALITY"])
    sentences = [meaning(flag) for flag in flags]
    assert sentences[flags.index("ok")] == "" and len(set(sentences)) == len(flags)
    assert all(sentence.endswith(".") for sentence in sentences if sentence)
    assert meaning("of_a_later_version") == "of_a_later_version"
