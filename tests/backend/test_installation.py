"""A Python that cannot run the engine says so in one message, whoever asks: a person, a script or the plugin."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from backend import installation
from backend.errors import OldPython
from tests.contract.files import ROOT


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """The Python of an environment without any package, pip included."""
    folder = tmp_path_factory.mktemp("bare") / "environment"
    venv.create(folder, with_pip=False)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def run(python: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables |= {"PYTHONPATH": str(path)} if path else {}
    command = [str(python), "-m", "backend", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)


def required() -> set[str]:
    lines = (ROOT / "backend" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {line.split("=")[0].strip("<>~!") for line in lines if line and not line.startswith("#")}


def test_on_the_command_line_the_missing_packages_are_named_without_a_traceback(bare):
    done = run(bare, "doctor")
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    error, advice = done.stderr.splitlines()
    assert error.startswith("Error [engine.missing_packages]: ") and str(bare) in advice
    assert set(error.split(": ")[2].rstrip(".").split(", ")) == required()


@pytest.mark.parametrize("arguments", [("doctor", "--json"), ("classify", "--events"), ("--job", "none.json")])
def test_programs_get_the_message_in_their_own_form(bare, arguments):
    done = run(bare, *arguments)
    document = json.loads(done.stdout)
    failed = document.get("failed", document)
    assert done.returncode == 1 and failed["code"] == "engine.missing_packages"
    assert set(failed["fields"]["missing"]) == required()


def test_packages_that_are_missing_later_are_named_as_well(bare, tmp_path):
    files = importlib.metadata.files("click") or []
    for file in files:
        if ".." not in file.parts:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), tmp_path / file)
    done = run(bare, "doctor", "--json", path=tmp_path)
    assert set(json.loads(done.stdout)["failed"]["fields"]["missing"]) == required() - {"click"}
    assert "Traceback" not in done.stderr


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(installation, "MINIMUM", (9, 9))
    error = installation.problem()
    assert isinstance(error, OldPython) and "Python 9.9 or newer" in error.message and sys.executable in error.message


def test_this_python_has_everything():
    assert installation.problem() is None
