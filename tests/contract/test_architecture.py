"""The architecture's rules hold for every file: who may import whom, what runs where, how long a file may be."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from tests.contract import rules
from tests.contract.files import ROOT, python_files, read, text_files

ENGINE = python_files("backend")
PLUGIN = python_files("crop_classifier_plugin")
QGIS_SIDE = [*PLUGIN, "__init__.py"]
# the plugin loads them by path
IN_BOTH_HALVES = [
    *("backend/protocol.py", "backend/options.py", "backend/crop_codes.py", "backend/messages.py"),
    "backend/spreadsheet.py",
    *("backend/parcels/class_table.py", "backend/parcels/geopackage_tables.py", "backend/models/__init__.py"),
    *(
        "backend/json_document.py",
        "backend/model_zip.py",
        "backend/model_preparation.py",
        "backend/model_region.py",
        "backend/model_file.py",
    ),
    "backend/vocabulary.py",
    *("backend/results_folder.py", "backend/results_tables.py"),
    *("backend/npy_rows.py", "backend/store_pixels.py", "backend/parcel_course.py", "backend/store_files.py"),
]
# they say what a Python lacks that cannot run the engine
IN_ANY_PYTHON = ["backend/__init__.py", "backend/__main__.py", "backend/installation.py", "backend/errors.py"]
SHIPPED = [*ENGINE, *QGIS_SIDE]
COMMAND_LINE = {"backend/__main__.py", *python_files("backend/commands")}
PROGRAMS = python_files("scripts", "benchmarks")
# what users and developers read
READ = [*SHIPPED, *(path for path in text_files() if path.endswith((".md", ".j2")) and not path.startswith("tests/"))]
RULES = {"tests/contract/rules.py", "tests/contract/test_rules.py"}  # they name what must not be named
# The edges of a process or a thread, where what went wrong is reported to the other side: nothing above would catch it.
EDGES = {"backend/__main__.py", "crop_classifier_plugin/engine/process.py", "crop_classifier_plugin/ui/engine_task.py"}


def test_there_is_something_to_check():
    assert len(ENGINE) > 20 and len(PLUGIN) > 10 and len(text_files()) > len(SHIPPED)


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        (rules.engine_layers, ENGINE),
        (rules.engine_without_qgis, ENGINE),
        (rules.without_a_command_line, [path for path in ENGINE if path not in COMMAND_LINE]),
        (rules.plugin_layers, PLUGIN),
        (rules.plugin_imports, QGIS_SIDE),
        (
            rules.standard_library_only,
            [*IN_BOTH_HALVES, "backend/locations.py"],
        ),
        (rules.python_39, [*QGIS_SIDE, *IN_BOTH_HALVES, *IN_ANY_PYTHON]),
        (rules.short, [*SHIPPED, *PROGRAMS]),
        (rules.headed, [*SHIPPED, *PROGRAMS, *python_files("tests")]),
        (rules.no_print, PLUGIN),
        (rules.plain_texts, [path for path in PLUGIN if path != "crop_classifier_plugin/ui/plain_widgets.py"]),
        (rules.no_pickle, SHIPPED),
        (rules.no_machine_paths, text_files()),
        (rules.absent_pages, sorted({*text_files()} - RULES)),
        (rules.plain_words, READ),
        (rules.web_addresses, text_files()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_file_keeps(rule, paths):
    assert [problem for path in paths for problem in rule(path, read(path))] == []


def test_errors_are_caught_by_name_away_from_the_process_edges():
    found = [problem for path in SHIPPED for problem in rules.catches(path, read(path), edge=path in EDGES)]
    assert found == []


def test_every_package_that_the_engine_imports_is_declared():
    listed = (ROOT / "backend" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    declared = {rules.requirement_name(line) for line in listed if line and not line.startswith("#")}
    found = {name for path in ENGINE for name in rules.third_party(path, read(path))}
    assert found - declared == set()
