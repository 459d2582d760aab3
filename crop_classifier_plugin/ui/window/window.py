"""The window: a task, its pages in the order of the work, the run, and what keeps it from starting."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.core import Qgis
from qgis.gui import QgsDockWidget, QgsMessageBar
from qgis.PyQt.QtCore import QSize, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QShowEvent
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...engine import locate
from ...plain_text import tooltip
from ...translation import tr
from ..algorithm_run import AlgorithmRun, Outcome
from ..message import Action, push, replace
from .classify_task import ClassifyTask
from .data_page import DataPage
from .memory import ProjectMemory
from .pages import Pages
from .runner import Runner
from .sample_task import SampleTask
from .task import RUN, Problem, Task
from .train_task import TrainTask


class CropClassifierWindow(QgsDockWidget):
    """Floats at first; the user may dock it. A run goes on when it is closed, and QGIS shows how it ended."""

    changed = pyqtSignal()  # any choice
    inspect_requested = pyqtSignal(
        object
    )  # the layer whose selected parcel is to be inspected, None where there is none
    SIZE = QSize(980, 556)  # with the frame of its title, within 1000 x 580

    def __init__(self, iface: Any, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Crop Classifier"), parent)
        self.setObjectName("CropClassifierWindow")  # QGIS remembers its place by this name
        self.iface = iface
        self.bar = QgsMessageBar()
        self.runner = Runner(self)
        self.log, self.progress = self.runner.log, self.runner.progress
        self.data = DataPage(iface.activeLayer)
        self.imagery, self.crops = self.data.imagery, self.data.crops
        self.classify, self.train = ClassifyTask(self, self.data), TrainTask(self, self.data)
        self.sample = SampleTask(self)
        self.tasks: tuple[Task, ...] = (self.classify, self.train)
        self.task: Task = self.classify
        self.running_task: Optional[Task] = None
        self.pages = Pages(self.tasks, self.data, self.log)
        self.next_button, self.run_button = QPushButton(tr("Next")), QPushButton(tr("Run"))
        self._asks_for_engine = False
        self._lay_out()
        self._connect()
        self.choose(self.classify)
        self.memory = ProjectMemory(self)

    def _lay_out(self) -> None:
        footer = QHBoxLayout()
        footer.addWidget(self.progress, 1)
        footer.addWidget(self.next_button)
        footer.addWidget(self.run_button)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(9, 4, 9, 6)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self.pages, 1)
        layout.addLayout(footer)
        self.setWidget(content)
        self.resize(self.SIZE)

    def _connect(self) -> None:
        self.pages.task_chosen.connect(self.choose)
        self.pages.page_changed.connect(lambda _: self.refresh())
        self.next_button.clicked.connect(self.pages.show_next)
        self.run_button.clicked.connect(self.run)
        self.data.changed.connect(self.refresh)
        for task in self.tasks:
            task.changed.connect(self.refresh)
            task.preparation.changed.connect(self._on_preparation)
        self.runner.event.connect(self._on_event)
        self.runner.finished.connect(self._on_finished)

    # Tasks and pages

    def choose(self, task: Task) -> None:
        """Shows the pages of a task."""
        self.task = task
        self.pages.show_task(task)
        self.crops.set_training(task is self.train)
        self._on_preparation()
        self.refresh()

    def open_task(self, task: Task) -> None:
        """From the toolbar: the window in front, with the first page of a task where something is to be done."""
        if not self.is_running():
            self.choose(task)
            self.show_page(next((problem.page for problem in self.problems()), RUN))
        self.setUserVisible(True)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_page(self, page: int) -> None:
        self.pages.show_page(page)

    def _on_preparation(self) -> None:
        self.imagery.set_extra(self.task.preparation.search())

    # Running

    def is_running(self) -> bool:
        return self.runner.is_running()

    def run(self) -> None:
        """Starts the algorithm, unless it finds its parameters wrong: then its message is shown."""
        self.start(self.task)

    def start(self, task: Task) -> None:
        """Runs a task, of whose pages none needs to be shown."""
        parameters = {**task.parameters(), **task.left_to_the_task()}
        problem = AlgorithmRun(task.algorithm_id, parameters).problem()
        if problem:
            replace(self.bar, problem, Qgis.MessageLevel.Warning)
            return
        decided = task.ask()
        if decided is None:
            return
        task.remember()
        self.bar.clearWidgets()
        self.running_task = task
        task.on_started()
        self.runner.start(task.title, task.algorithm_id, {**parameters, **decided})
        self.show_page(RUN)
        self.refresh()

    def cancel(self) -> None:
        self.runner.cancel()

    def _on_event(self, event: Any) -> None:
        if self.running_task is not None:
            self.running_task.on_event(event)

    def _on_finished(self, outcome: Outcome) -> None:
        task, self.running_task = self.running_task, None
        self.refresh(show_reason=False)
        if task is not None:
            task.on_finished(outcome)
        if not outcome.ok and not outcome.cancelled:
            self._show_failure(outcome)

    def _show_failure(self, outcome: Outcome) -> None:
        """The engine's message whole, with its advice, on the bar and in the log."""
        text = "\n".join(part for part in (outcome.message, outcome.advice) if part)
        if outcome.message not in self.log.lines():
            self.log.add(text)
        actions = {tr("Show Log"): self.show_log, tr("Copy Details"): self.log.copy}
        self.tell(text, Qgis.MessageLevel.Critical, actions)

    def tell(self, text: str, level: Qgis.MessageLevel, actions: Mapping[str, Action]) -> None:
        """Shows how a run ended: here and, where this window is closed, in QGIS's main window."""
        replace(self.bar, text, level, actions)
        if not self.isVisible():
            show = {tr("Show"): self.show}
            push(self.iface.messageBar(), text, level, show)

    def show_log(self) -> None:
        self.show_page(RUN)

    def open_report(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    # State

    def problems(self) -> list[Problem]:
        """What keeps the task from running, in the order of the pages."""
        return list(self.task.problems())

    def missing(self) -> str:
        """What has to be done first; empty when the run can start."""
        return next((problem.text for problem in self.problems()), "")

    def refresh(self, *_: object, show_reason: bool = True) -> None:
        """Enables Run where nothing keeps it from starting, else shows what does."""
        problems, running = self.problems(), self.is_running()
        reason = problems[0].text if problems else ""
        self.run_button.setEnabled(locate.status().ready and not problems and not running)
        self.run_button.setToolTip(tooltip(reason))
        self.next_button.setEnabled(self.pages.has_next())
        self.pages.mark(problems)
        self.pages.enable_inputs(not running)
        if not running and show_reason:
            self.progress.show_message(reason)
        self.changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.check_engine()

    def is_ready(self) -> bool:
        """Whether the engine can run."""
        return locate.status().ready

    def check_engine(self) -> None:
        """Shows a message with a button for the set-up where the engine is not ready."""
        status = locate.status()
        if not status.ready:
            actions = {tr("Engine Set-up…"): self.open_engine_setup}
            replace(self.bar, status.reason, Qgis.MessageLevel.Warning, actions)
            self._asks_for_engine = True
        elif self._asks_for_engine:
            self._asks_for_engine = False
            self.bar.clearWidgets()
        self.refresh()

    def open_engine_setup(self) -> None:
        from ..engine_dialog import EngineDialog

        EngineDialog(self).exec()
        self.check_engine()

    def stop(self) -> None:
        """Ends all that works for the window, before it goes."""
        self.memory.stop()
        self.data.stop()
        self.cancel()
