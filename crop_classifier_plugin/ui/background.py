"""Long work as a background task: it reports lines, can be cancelled, and returns its error instead of raising it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, ClassVar, Optional

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from ..engine.errors import EngineProblem
from ..engine.install import InstallError
from ..plain_text import without_markup
from ..translation import tr

OnLine = Callable[[str], None]
Cancelled = Callable[[], bool]
Work = Callable[[OnLine, Cancelled], Any]


class BackgroundTask(QgsTask):
    """Runs `work` in a thread, where no layer and no widget may be touched.

    `line` comes while it runs; `done` carries its value or the exception, in the main thread.
    """

    line = pyqtSignal(str)
    done = pyqtSignal(object, object)
    _alive: ClassVar[set[BackgroundTask]] = set()  # the task manager only holds the C++ object

    def __init__(self, title: str, work: Work) -> None:
        super().__init__(without_markup(title), QgsTask.Flag.CanCancel)
        self._work = work
        self._value: Any = None
        self._error: Optional[Exception] = RuntimeError(
            tr("The task stopped without an error message.")
        )  # until it ends well

    def start(self) -> None:
        self._alive.add(self)
        QgsApplication.taskManager().addTask(self)

    def run(self) -> bool:
        try:
            self._value = self._work(self.line.emit, self.isCanceled)
            self._error = None
        except (EngineProblem, InstallError, OSError, ValueError) as error:
            self._error = error
        return self._error is None

    def finished(self, result: bool) -> None:
        self._alive.discard(self)
        self.done.emit(self._value, self._error)
