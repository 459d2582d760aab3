"""The page of the algorithms is that of the provider."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import runpy

import pytest
from sample_layers import ROOT

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")


def test_the_tables_of_algorithms_are_those_of_the_provider(provider) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "algorithm_tables.py"))
    page = (ROOT / "docs" / "processing.md").read_text(encoding="utf-8")
    found = script["ordered"](provider)
    assert page == script["page"](page, found), "run: .venv-qgis/bin/python scripts/algorithm_tables.py"
    assert len(found) == len(provider.algorithms()) == page.count("qgis_process run crop_classifier:")
