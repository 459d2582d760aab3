"""Engine Set-up: whether the engine is ready, and how to set it up."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from ..engine import install, locate
from ..engine.errors import EngineCancelled
from ..plain_text import tooltip
from ..translation import tr
from .background import BackgroundTask, Work
from .engine_choice import EngineChoice
from .engine_state import EngineState
from .engine_work import Checked, check, create, remove
from .form import scrolling
from .log_view import LogView
from .message import replace
from .plain_widgets import confirm
from .progress_row import ProgressRow

WIDTH_PX, HEIGHT_PX = 900, 560


class EngineDialog(QDialog):
    """Creates, checks and removes the engine's environment, one thing at a time, in a background task."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Engine Set-up"))
        self.setSizeGripEnabled(True)
        self.bar = QgsMessageBar()
        self.state = EngineState()
        self.choice = EngineChoice()
        self.log = LogView()
        self.progress = ProgressRow()
        self._task: Optional[BackgroundTask] = None
        self._close_when_done = False
        self._lay_out()
        self.choice.changed.connect(self.refresh)
        self.progress.cancelled.connect(self.cancel)
        self.show_state()

    def _lay_out(self) -> None:
        roles = QDialogButtonBox.ButtonRole
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.set_up_button = self.buttons.addButton(tr("Set Up"), roles.ActionRole)
        self.check_button = self.buttons.addButton(tr("Check"), roles.ActionRole)
        self.check_button.setToolTip(tr("Runs the engine once and shows its version, packages and devices"))
        self.remove_button = self.buttons.addButton(tr("Remove Environment"), roles.ResetRole)
        self.set_up_button.setDefault(True)
        self.set_up_button.clicked.connect(self.set_up)
        self.check_button.clicked.connect(self.check)
        self.remove_button.clicked.connect(self.remove)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        columns = QHBoxLayout()
        columns.addWidget(scrolling(self.state), 2)
        columns.addWidget(scrolling(self.choice), 3)
        layout.addWidget(self.bar)
        layout.addLayout(columns, 3)
        layout.addWidget(self.log, 2)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)
        self.resize(WIDTH_PX, HEIGHT_PX)

    # Actions

    def set_up(self) -> None:
        """Creates the environment, or checks the existing Python."""
        if self.choice.existing.isChecked():
            self._start(tr("Checking the engine"), check(Path(self.choice.python.filePath())), self._on_set_up)
            return
        try:
            plan = self.choice.plan()
        except install.InstallError as error:
            self._fail(error)
            return
        self._start(tr("Creating the engine's environment"), create(plan), self._on_set_up)

    def check(self) -> None:
        """Runs `doctor` in the Python that is set up."""
        python = locate.status().python
        if python is not None:
            self._start(tr("Checking the engine"), check(python), self._on_checked)

    def remove(self) -> None:
        """Deletes the environment that the plugin made, after a question."""
        if self.confirm(tr("Delete the engine's environment in {0}?").format(locate.location())):
            self._start(tr("Removing the engine's environment"), remove(locate.location()), self._on_removed)

    # One task at a time

    def is_running(self) -> bool:
        return self._task is not None

    def _start(self, title: str, work: Work, then: Any) -> None:
        self.bar.clearWidgets()
        self.log.add(f"— {title} —")
        self.progress.start()
        self.progress.show_message(title)
        self._then = then
        self._task = BackgroundTask(title, work)
        self._task.line.connect(self.log.add)
        self._task.done.connect(self._on_done)
        self.refresh()
        self._task.start()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _on_done(self, value: Any, error: Optional[Exception]) -> None:
        self._task = None
        cancelled = isinstance(error, (install.InstallCancelled, EngineCancelled))
        word = tr("Cancelled") if cancelled else tr("Failed") if error else tr("Done")
        self.log.add(word)
        self.progress.finish(word, complete=error is None)
        if error is None:
            self._then(value)
        elif not cancelled:
            self._fail(error)
        self.refresh()
        if self._close_when_done:
            super().reject()

    def _fail(self, error: Exception) -> None:
        """The message whole, with its advice, on the bar and in the log."""
        message = getattr(error, "message", "") or str(error) or type(error).__name__
        text = "\n".join(part for part in (message, getattr(error, "advice", "")) if part)
        self.log.add(text)
        replace(self.bar, text, Qgis.MessageLevel.Critical)

    def _on_set_up(self, checked: Checked) -> None:
        problems = checked.doctor["problems"]
        if problems:
            self.state.show_doctor(checked.doctor)
            self._fail(
                install.InstallError(tr("The engine cannot run in {0}:").format(checked.python), "\n".join(problems))
            )
            return
        self.choice.remember()
        self._on_checked(checked)
        replace(self.bar, tr("The engine is set up."), Qgis.MessageLevel.Success)

    def _on_checked(self, checked: Checked) -> None:
        self.show_state()
        self.state.show_doctor(checked.doctor)

    def _on_removed(self, _: object) -> None:
        self.show_state()
        replace(self.bar, tr("The environment was removed."), Qgis.MessageLevel.Success)

    # State

    def show_state(self) -> None:
        self.state.show_status(locate.status())
        self.refresh()

    def refresh(self) -> None:
        """Enables the buttons that can be used now."""
        missing, idle = self.choice.missing(), not self.is_running()
        self.set_up_button.setEnabled(idle and not missing)
        self.set_up_button.setToolTip(tooltip(missing))
        self.check_button.setEnabled(idle and locate.status().ready)
        self.remove_button.setEnabled(idle and install.is_ready(locate.location()))
        self.choice.setEnabled(idle)

    # Closing

    def reject(self) -> None:
        """Close and Esc: work in progress is cancelled only if the user agrees, and the dialog waits for its end."""
        if not self.is_running():
            super().reject()
        elif self.confirm(tr("The set-up is in progress. Cancel it and close this window?")):
            self._close_when_done = True
            self.progress.cancel.click()

    def confirm(self, question: str) -> bool:
        return confirm(self, question, self.windowTitle())
