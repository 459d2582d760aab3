"""`pip install .` in a clone, then the main job with the console script, from another folder.

Run by `make test-package`, since the build backend comes from a package registry (or from PIP_FIND_LINKS). The engine's
dependencies are not installed again: the new environment sees those of the Python that runs the test.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio
import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installation:
    """A clone, the environment that it was installed into, and a folder to work in that is neither."""

    clone: Path
    scripts: Path
    folder: Path
    status_before: str
    status_after: str

    def run(self, program: str, *arguments: object) -> str:
        return _run([self.scripts / program, *arguments], self.folder)

    def engine(self, *arguments: object) -> Any:
        return json.loads(self.run("crop-classifier", *arguments, "--json"))


def _run(command: Sequence[object], folder: Path) -> str:
    """The standard output of a process that knows nothing of this repository but its arguments."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run([str(part) for part in command], cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def _clone(target: Path) -> Path:
    """The files that git lists, as they are in the working tree, in a repository of their own."""
    listed = _run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], ROOT).split("\0")
    for name in listed:
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    _run(["git", "init", "--quiet"], target)
    _run(["git", "add", "--all"], target)
    return target


def _status(clone: Path) -> str:
    return _run(["git", "status", "--porcelain", "--ignored"], clone)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Installation:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    top = tmp_path_factory.mktemp("installed")
    for name in ("clone", "work"):
        (top / name).mkdir()
    clone = _clone(top / "clone")
    _run([sys.executable, "-m", "venv", top / "venv"], top)
    scripts = top / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    before = _status(clone)
    _run([scripts / "python", "-m", "pip", "install", "--quiet", "--no-deps", "."], clone)
    after = _status(clone)
    site = _run([scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], top).strip()
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installation(clone, scripts, top / "work", before, after)


@pytest.fixture(scope="module")
def season(installed) -> dict[str, Any]:
    return installed.engine("simulate", "region", "--parcels", 120, "--dates", 6, "--seed", 3)


@pytest.fixture(scope="module")
def model(installed, season) -> dict[str, Any]:
    """A random forest, trained with a class table by its name."""
    images = (season["imagery"], season["parcels"], "--masks", season["masks"])
    store = installed.engine("extract", *images, "-o", "region.parcels")["store"]
    crops = ("--class-field", season["class_field"], "--class-table", "paper", "--min-samples", 5)
    return installed.engine("train", store, "--model", "random-forest", *crops, "-o", "region.cropmodel")


def test_the_installation_leaves_nothing_in_the_clone(installed):
    assert installed.status_before.startswith("A  ")
    assert installed.status_after == installed.status_before


def test_the_engine_is_the_installed_one(installed):
    printed = installed.run("python", "-c", "import backend; print(backend.__file__)").strip()
    assert Path(printed).is_relative_to(installed.scripts.parent)


def test_the_metadata_has_the_version_and_every_requirement(installed):
    script = (
        "import backend, importlib.metadata as m; d = m.distribution('crop-classifier-engine'); "
        "print(d.version == backend.__version__, *sorted(r for r in d.requires if 'extra' not in r))"
    )
    listed = (ROOT / "backend" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = sorted(line.split("#")[0].strip() for line in listed if not line.startswith("#"))
    assert len(wanted) > 15
    assert installed.run("python", "-c", script).split() == ["True", *wanted]


def test_the_console_script_is_the_command_line(installed):
    assert installed.run("crop-classifier", "--help").startswith("Usage: crop-classifier ")
    module = installed.run("python", "-m", "backend", "models", "--json")
    assert installed.run("crop-classifier", "models", "--json") == module


def test_training_reports_with_the_styles_of_the_template(installed, model):
    page = (installed.folder / model["report"]).read_text(encoding="utf-8")
    sheet = (ROOT / "resources" / "report" / "report.css").read_text(encoding="utf-8")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert sheet.strip() in style
    assert model["scores"]["parcels"] > 10


def test_images_are_classified_with_that_model(installed, season, model):
    images = (season["imagery"], season["parcels"], "--masks", season["masks"])
    done = installed.engine("classify", *images, "--model", model["model"], "-o", "crops.gpkg")
    assert (installed.folder / done["report"]).stat().st_size > 10_000
    layer = pyogrio.read_dataframe(installed.folder / done["output"], read_geometry=False)
    assert len(layer) == season["parcel_count"] == done["parcels"]
    assert layer["crop_code"].notna().sum() == done["classified"] > 100
    assert set(layer["crop_code"].dropna()) <= {row["code"] for row in model["classes"]}


def test_all_class_tables_come_along(installed):
    script = (
        "from backend.parcels.nomenclature import built_in, read; print(*(n for n in built_in() if read(n).classes))"
    )
    tables = sorted(path.stem for path in (ROOT / "resources" / "nomenclatures").glob("*.csv"))
    assert installed.run("python", "-c", script).split() == tables
