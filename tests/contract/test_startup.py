"""The command line answers at once: asking for help loads nothing heavy."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import subprocess
import sys

from tests.contract.files import ROOT
from tests.contract.test_architecture import IN_BOTH_HALVES

HEAVY = {
    "torch",
    "numpy",
    "rasterio",
    "pyogrio",
    "geopandas",
    "shapely",
    "pyproj",
    "pyarrow",
    "sklearn",
    "scipy",
    "pandas",
}
COMMANDS = ("inspect", "extract", "train", "classify", "evaluate", "experiment", "models", "simulate", "doctor")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)


def _loaded(report: str) -> set[str]:
    """The top-level packages in a report of `-X importtime`."""
    return {
        line.rsplit("|", 1)[1].strip().split(".")[0] for line in report.splitlines() if line.startswith("import time:")
    }


def test_the_report_of_imports_is_read_rightly():
    assert {"json", "numpy"} <= _loaded(_run("-X", "importtime", "-c", "import json, numpy.linalg").stderr)


def test_help_names_the_commands_and_loads_nothing_heavy():
    done = _run("-X", "importtime", "-m", "backend", "--help")
    assert [command for command in COMMANDS if command not in done.stdout] == []
    assert _loaded(done.stderr) & HEAVY == set()


BY_PATH = """
import importlib, sys
from types import ModuleType
package = sys.modules["private"] = ModuleType("private")
package.__path__ = ["backend"]
for path in sys.argv[1:]:
    importlib.import_module("private." + path.removeprefix("backend/").removesuffix(".py").replace("/", "."))
print(*sys.modules)
"""


def test_what_the_plugin_loads_by_path_loads_nothing_but_the_standard_library():
    """One after the other in a package of another name, as the plugin does."""
    loaded = {name.split(".")[0] for name in _run("-I", "-S", "-c", BY_PATH, *IN_BOTH_HALVES).stdout.split()}
    assert loaded - set(sys.stdlib_module_names) <= {"__main__", "private", "sitecustomize", "usercustomize"}
