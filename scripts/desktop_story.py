"""Plays a story inside QGIS Desktop: a generator that acts as a user would and yields what it waits for.

A story is a Python file given to `qgis --code`; it ends with `play(story)`. It may yield a condition (a function; the
story goes on once it returns something true) or a number of seconds. What it writes into `RESULTS` goes back to
`desktop.run_story`, and so does the traceback of an error.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, Generator, Union

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QAction, QApplication
from qgis.utils import iface

Condition = Union[Callable[[], Any], float]
Story = Generator[Condition, None, None]
STEP_MS = 25

VALUES: Dict[str, Any] = json.loads(os.environ["DESKTOP_STORY"])
RESULTS: Dict[str, Any] = {}


class _Player:
    """Checks the current condition from QGIS's own event loop, so that QGIS keeps running."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._condition: Condition = 0.5  # QGIS settles
        self._since = time.monotonic()
        self._deadline = time.monotonic() + VALUES["seconds"]
        self._timer = QTimer()
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    def _step(self) -> None:
        self._timer.stop()  # a story that opens a dialog of its own must not be entered twice
        try:
            if self._is_met():
                self._condition, self._since = next(self._story), time.monotonic()
            self._timer.start()
        except StopIteration:
            self._finish("")
        except Exception:  # whatever went wrong, the test outside must get it
            self._finish(traceback.format_exc())

    def _is_met(self) -> bool:
        if time.monotonic() > self._deadline:
            raise TimeoutError(f"waited in vain at {_places(self._story)} of the story")
        if callable(self._condition):
            return bool(self._condition())
        return time.monotonic() - self._since >= self._condition

    def _finish(self, error: str) -> None:
        document = json.dumps({**RESULTS, "error": error})
        Path(VALUES["results"]).write_text(document, encoding="utf-8")
        iface.newProject()  # else QGIS asks whether to save, and whether temporary layers may go
        self._timer.timeout.disconnect()
        self._timer.timeout.connect(self._leave)
        self._timer.start()

    def _leave(self) -> None:
        """Exits once nothing runs in the background: QGIS would ask."""
        if not QgsApplication.taskManager().countActiveTasks():
            self._timer.stop()
            iface.actionExit().trigger()


def _places(story: Story) -> str:
    """The lines that wait, from the story inwards."""
    lines = []
    while story is not None and story.gi_frame is not None:
        lines.append(f"line {story.gi_frame.f_lineno}")
        story = story.gi_yieldfrom
    return ", ".join(lines)


def play(story: Callable[[], Story]) -> None:
    """Starts the story once QGIS is up."""
    global _player
    _player = _Player(story())


def open_window(action: str, kind: str) -> Any:
    """Chooses an action of the plugin's menu and returns the window that it opens, by the name of its class."""
    iface.mainWindow().findChild(QAction, f"CropClassifier_{action}").trigger()
    return find_window(kind)


def find_window(kind: str) -> Any:
    """The visible window of a class; raises LookupError where there is none."""
    for widget in QApplication.topLevelWidgets():
        if type(widget).__name__ == kind and widget.isVisible():
            return widget
    raise LookupError(f"no {kind} is open")
