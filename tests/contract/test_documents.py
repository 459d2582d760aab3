"""The project's pages tell the truth: the files they name exist, the targets of make too."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import runpy

import pytest

from backend.vocabulary import QUALITY
from tests.contract.files import ROOT, read

PAGES = ["README.md", "CONTRIBUTING.md"]
FOLDERS = ("backend", "crop_classifier_plugin", "resources", "tests", "docs", "benchmarks", "scripts", "i18n", ".ci")


def paths_in(text: str) -> list[str]:
    """What stands in backticks or behind a link and looks like a file of the repository; NAME stands for any name."""
    named = re.findall(r"`([^`\s]+)`", text) + re.findall(r"\]\(([^)\s#]+)\)", text)
    return [name.replace("NAME", "*").rstrip("/") for name in named if name.split("/")[0] in FOLDERS and "/" in name]


def test_paths_are_found_in_text():
    text = "edit `backend/models/NAME.py`, [see](docs/contracts.md) and `python -m backend`, `ui/x`"
    assert paths_in(text) == ["backend/models/*.py", "docs/contracts.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page):
    named = paths_in(read(page))
    assert named
    assert [path for path in named if not any(ROOT.glob(path))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(page), re.MULTILINE))
    assert "test" in named
    assert named - targets == set()


def test_the_tables_of_options_are_those_of_the_code():
    script = runpy.run_path(str(ROOT / "scripts" / "option_tables.py"))
    page = read("docs/contracts.md")
    assert page == script["page"](page), "run: python scripts/option_tables.py"
    assert page.count("| `") >= 80 and "| `epochs` | train, experiment |" in page


def test_the_qualities_of_the_options_are_those_of_the_vocabulary():
    assert runpy.run_path(str(ROOT / "backend" / "options.py"))["QUALITIES"] == tuple(QUALITY)
