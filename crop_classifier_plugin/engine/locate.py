"""Where the engine is: its code, and the Python that runs it (never QGIS's own)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..settings import Setting
from ..translation import tr
from . import install
from .protocol import ROOT

PYTHON_VARIABLE = "CROP_CLASSIFIER_PYTHON"  # for headless runs and tests; comes before the settings


@dataclass(frozen=True)
class EngineStatus:
    """Where the engine is not ready, `reason` is the cause and `advice` what to do."""

    ready: bool
    python: Optional[Path]
    reason: str = ""
    advice: str = ""

    @property
    def problem(self) -> str:
        """Reason and advice in one; empty where the engine is ready."""
        return " ".join(part for part in (self.reason, self.advice) if part)


def engine_root() -> Path:
    """The folder that contains `backend/`."""
    return ROOT


def location() -> Path:
    """The folder of the environment that the plugin makes."""
    chosen = str(Setting.ENGINE_LOCATION.get())
    return Path(chosen) if chosen else install.default_location()


def find_python() -> Optional[Path]:
    """The Python that runs the engine; None where none is set up."""
    return status().python


def status() -> EngineStatus:
    """Checks files only, so it is fast enough for every `canExecute()`; the set-up dialog also runs `doctor`."""
    named = os.environ.get(PYTHON_VARIABLE, "")
    if named:
        problem = tr("{path}, the engine's Python according to the variable {variable}, is not an executable program.")
        return _existing(Path(named), problem.format(path=named, variable=PYTHON_VARIABLE))
    chosen = str(Setting.ENGINE_PYTHON.get())
    if chosen:
        problem = tr("{path}, the engine's Python according to the settings, is not an executable program.")
        return _existing(Path(chosen), problem.format(path=chosen))
    if install.is_ready(location()):
        return EngineStatus(True, install.python_of(location()))
    return _not_ready(tr("The engine is not set up."))


def _existing(python: Path, problem: str) -> EngineStatus:
    if python.is_file() and os.access(python, os.X_OK):
        return EngineStatus(True, python)
    return _not_ready(problem)


def _not_ready(reason: str) -> EngineStatus:
    return EngineStatus(False, None, reason, tr("Open Plugins > Crop Classifier > Engine Set-up…"))
