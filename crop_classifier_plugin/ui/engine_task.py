"""Long work on the engine's environment as a background task: it says lines, can be cancelled, and never raises."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from qgis.core import QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from ..engine import install
from ..engine.process import run_job
from ..engine.protocol import Job

Say = Callable[[str], None]
Cancelled = Callable[[], bool]
Work = Callable[[Say, Cancelled], Any]


@dataclass(frozen=True)
class Checked:
    """A Python that runs the engine, and what `doctor` found in it."""

    python: Path
    doctor: Any


class EngineTask(QgsTask):
    """Runs `work` in a thread. `line` comes while it runs; `done` gives its value or exception to the main thread."""

    line = pyqtSignal(str)
    done = pyqtSignal(object, object)

    def __init__(self, title: str, work: Work) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._work = work
        self._value: Any = None
        self._error: Optional[Exception] = None

    def run(self) -> bool:
        try:
            self._value = self._work(self.line.emit, self.isCanceled)
        except Exception as error:  # noqa: BLE001 (the edge of a thread: what passes it brings QGIS down)
            self._error = error
        return self._error is None

    def finished(self, result: bool) -> None:
        self.done.emit(self._value, self._error)


def check(python: Path) -> Work:
    """Runs `doctor` in `python`."""

    def work(say: Say, is_cancelled: Cancelled) -> Checked:
        def on_event(event: Any) -> None:
            if event.kind in ("log", "warning"):
                say(event.message)

        return Checked(python, run_job(Job("doctor"), on_event, is_cancelled, python=python))

    return work


def create(plan: install.InstallPlan) -> Work:
    """Makes the environment and checks it."""

    def work(say: Say, is_cancelled: Cancelled) -> Checked:
        return check(install.install(plan, say, is_cancelled))(say, is_cancelled)

    return work


def remove(location: Path) -> Work:
    """Deletes the environment."""

    def work(say: Say, is_cancelled: Cancelled) -> None:
        say(str(location))
        install.remove(location)

    return work
