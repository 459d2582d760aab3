"""What the dialogs that run an algorithm share: message bar, tabs, progress, log, Run and Close, and a safe way out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices, QShowEvent
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from ..engine import locate
from ..plain_text import tooltip
from ..translation import tr
from .algorithm_run import AlgorithmRun, Outcome
from .log_view import LogView
from .message import replace
from .plain_widgets import confirm
from .progress_row import ProgressRow

WIDTH_PX, HEIGHT_PX = 980, 576  # a QGIS dialog stays within 1000 x 580


class RunDialog(QDialog):
    """A subclass adds its tabs, names its algorithm, and gives `parameters`, `missing` and `show_result`."""

    algorithm_id = ""

    def __init__(self, iface: Any, title: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.iface = iface
        self.setWindowTitle(title)
        self.setSizeGripEnabled(True)
        self.bar = QgsMessageBar()
        self.tabs = QTabWidget()
        self.log = LogView()
        self.progress = ProgressRow()
        self.progress.cancelled.connect(self.cancel)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.run_button = self.buttons.addButton(tr("Run"), QDialogButtonBox.ButtonRole.ActionRole)
        self.run_button.setDefault(True)
        self.run_button.clicked.connect(self.run)
        self.buttons.rejected.connect(self.reject)
        self._run: Optional[AlgorithmRun] = None
        self._inputs: list[QWidget] = []
        self._stage = ""
        self._close_when_done = False
        self.footer = QHBoxLayout()
        self.footer.addWidget(self.buttons, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.bar)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.progress)
        layout.addLayout(self.footer)
        self.resize(WIDTH_PX, HEIGHT_PX)

    def add_inputs(self, page: QWidget, title: str) -> None:
        """Adds a tab that is disabled during a run."""
        self.tabs.addTab(page, title)
        self._inputs.append(page)

    # What a subclass implements

    def parameters(self) -> Mapping[str, Any]:
        """The algorithm's parameters, from the values of the widgets."""
        raise NotImplementedError

    def missing(self) -> str:
        """A message about the first input that is missing; empty when the run can start."""
        raise NotImplementedError

    def ask(self) -> Optional[Mapping[str, Any]]:
        """Asks what is to be decided before a run; returns the parameters that follow, None where the user cancels."""
        return {}

    def show_result(self, outcome: Outcome) -> None:
        """Shows the result of a run, in the main thread."""
        raise NotImplementedError

    def show_cancelled(self) -> None:
        """Called after a run was cancelled; a subclass may show a message."""

    def show_event(self, event: Any) -> None:
        """Called with every event besides what all dialogs do with it."""

    def remember(self) -> None:
        """Stores the choices for the next time; called when a run starts."""

    # Running

    def is_running(self) -> bool:
        return self._run is not None

    def run(self) -> None:
        """Starts the algorithm, unless it finds its parameters wrong: then its message is shown."""
        parameters = self.parameters()
        problem = AlgorithmRun(self.algorithm_id, parameters).problem()
        if problem:
            replace(self.bar, problem, Qgis.MessageLevel.Warning)
            return
        decided = self.ask()
        if decided is None:
            return
        run = AlgorithmRun(self.algorithm_id, {**parameters, **decided})
        self.remember()
        self.bar.clearWidgets()
        self.log.add(f"— {self.windowTitle()} —")
        self.progress.start()
        self._run, self._stage = run, ""
        run.engine_event.connect(self._on_event)
        run.line.connect(self.log.add)
        run.finished.connect(self._on_finished)
        self.destroyed.connect(run.cancel)
        self.refresh()
        self.on_started()
        run.start()

    def on_started(self) -> None:
        """Called when a run starts; shows the log unless a subclass shows another tab."""
        self.show_log()

    def cancel(self) -> None:
        if self._run is not None:
            self._run.cancel()

    def _on_event(self, event: Any) -> None:
        if event.kind == "progress":
            self._log_stage(event.stage)
            self.progress.show_progress(event.fraction, event.stage, event.message, event.seconds_left)
        self.show_event(event)

    def _log_stage(self, stage: str) -> None:
        """A line per stage; the messages within a stage come too often for a log."""
        if stage != self._stage:
            self.log.add(stage[:1].upper() + stage[1:])
        self._stage = stage

    def _on_finished(self, outcome: Outcome) -> None:
        self._run = None
        self.refresh()
        self.progress.finish(self._log_end(outcome), outcome.ok)
        if outcome.ok:
            self.show_result(outcome)
        elif outcome.cancelled:
            self.show_cancelled()
        else:
            self._show_failure(outcome)
        if self._close_when_done:
            super().reject()

    def _log_end(self, outcome: Outcome) -> str:
        word = tr("Done") if outcome.ok else tr("Cancelled") if outcome.cancelled else tr("Failed")
        self.log.add(word)
        return word

    def _show_failure(self, outcome: Outcome) -> None:
        """The engine's message whole, with its advice, on the bar and in the log."""
        text = "\n".join(part for part in (outcome.message, outcome.advice) if part)
        if outcome.message not in self.log.lines():
            self.log.add(text)
        replace(self.bar, text, Qgis.MessageLevel.Critical, {tr("Show Log"): self.show_log})

    def show_log(self) -> None:
        self.tabs.setCurrentWidget(self.log)

    # State

    def refresh(self) -> None:
        """Enables Run when no input is missing, else shows which is."""
        ready = locate.status().ready
        missing = self.missing()
        self.run_button.setEnabled(ready and not missing and not self.is_running())
        self.run_button.setToolTip(tooltip(missing))
        for page in self._inputs:
            page.setEnabled(not self.is_running())
        if not self.is_running():
            self.progress.show_message(missing)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.check_engine()

    def check_engine(self) -> None:
        """Shows a message with a button for the set-up where the engine is not ready."""
        status = locate.status()
        if not status.ready:
            actions = {tr("Engine Set-up…"): self.open_engine_setup}
            replace(self.bar, status.reason, Qgis.MessageLevel.Warning, actions)
        self.refresh()

    def open_engine_setup(self) -> None:
        from .engine_dialog import EngineDialog

        EngineDialog(self).exec()
        self.bar.clearWidgets()
        self.check_engine()

    def open_report(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    # Closing

    def reject(self) -> None:
        """Close and Esc: a run in progress is cancelled only if the user agrees, and the dialog waits for its end."""
        if not self.is_running():
            super().reject()
        elif self.confirm_cancel():
            self._close_when_done = True
            self.progress.cancel.click()

    def confirm_cancel(self) -> bool:
        return confirm(self, tr("A run is in progress. Cancel it and close this window?"), self.windowTitle())
