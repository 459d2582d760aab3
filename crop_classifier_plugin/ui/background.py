"""Long work as a background task: it says lines, can be cancelled, and never raises."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, ClassVar, Optional

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

Say = Callable[[str], None]
Cancelled = Callable[[], bool]
Work = Callable[[Say, Cancelled], Any]


class BackgroundTask(QgsTask):
    """Runs `work` in a thread, where no layer and no widget may be touched.

    `line` comes while it runs; `done` carries its value or the exception, in the main thread.
    """

    line = pyqtSignal(str)
    done = pyqtSignal(object, object)
    _alive: ClassVar[set[BackgroundTask]] = set()  # the task manager holds the C++ half alone

    def __init__(self, title: str, work: Work) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._work = work
        self._value: Any = None
        self._error: Optional[Exception] = None

    def start(self) -> None:
        self._alive.add(self)
        QgsApplication.taskManager().addTask(self)

    def run(self) -> bool:
        try:
            self._value = self._work(self.line.emit, self.isCanceled)
        except Exception as error:  # noqa: BLE001 (the edge of a thread: what passes it brings QGIS down)
            self._error = error
        return self._error is None

    def finished(self, result: bool) -> None:
        self._alive.discard(self)
        self.done.emit(self._value, self._error)
