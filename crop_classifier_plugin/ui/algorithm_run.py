"""Runs one of the plugin's Processing algorithms in the task manager and reports its events to a dialog."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Mapping, Optional

from qgis.core import QgsApplication, QgsProcessingAlgRunnerTask, QgsProcessingContext, QgsProject
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal, pyqtSlot

from ..engine.feedback import EngineFeedback
from ..engine.messages import message_of
from ..translation import tr


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `outputs` are the algorithm's, `values` the engine's last result, `message` why it failed."""

    ok: bool
    cancelled: bool = False
    message: str = ""
    advice: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    values: Any = None


class RunFeedback(EngineFeedback):
    """Emits each line of the log, and keeps the errors of QGIS, which have no event."""

    line = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)  # the dialog shows the log; QGIS's own message log would repeat it
        self.errors: list[str] = []

    def pushInfo(self, info: str) -> None:
        super().pushInfo(info)
        self.line.emit(info)

    def pushWarning(self, warning: str) -> None:
        super().pushWarning(warning)
        self.line.emit(tr("Warning: {0}").format(warning))

    def reportError(self, error: str, fatalError: bool = False) -> None:
        super().reportError(error, fatalError)
        if self.isCanceled():
            return  # a cancelled run is not an error
        self.errors.append(error)
        self.line.emit(tr("Error: {0}").format(error))


class AlgorithmRun(QObject):
    """One run, used once. Its signals come in the main thread, so widgets may be touched in their slots.

    `engine_event` carries each protocol event as it comes, `line` what belongs in a log, `finished` the Outcome, once.
    """

    engine_event = pyqtSignal(object)
    line = pyqtSignal(str)
    finished = pyqtSignal(object)
    _alive: ClassVar[set[AlgorithmRun]] = set()  # the task uses context and feedback even if the dialog is gone

    def __init__(self, algorithm_id: str, parameters: Mapping[str, Any]) -> None:
        super().__init__()
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById(algorithm_id)
        self._parameters = dict(parameters)
        self._context = QgsProcessingContext()
        self._context.setProject(QgsProject.instance())
        self.feedback = RunFeedback()
        self.feedback.engineEvent.connect(self._on_event)
        self.feedback.line.connect(self.line)
        self._task: Optional[QgsProcessingAlgRunnerTask] = None
        self._values: Any = None
        self._failed: Any = None

    def problem(self) -> str:
        """What the algorithm itself finds wrong with its parameters; empty when it can run."""
        if self._algorithm is None:
            return tr("The Crop Classifier provider is deactivated. Activate it in the Processing options.")
        ok, message = self._algorithm.canExecute()
        if ok:
            ok, message = self._algorithm.checkParameterValues(self._parameters, self._context)
        return "" if ok else message

    def start(self) -> None:
        self._alive.add(self)
        self._task = QgsProcessingAlgRunnerTask(self._algorithm, self._parameters, self._context, self.feedback)
        # queued, so that the dialog's message is shown above the one that QGIS shows at the end of a task
        self._task.executed.connect(self._on_executed, Qt.ConnectionType.QueuedConnection)
        QgsApplication.taskManager().addTask(self._task)

    def cancel(self) -> None:
        """Asks the run to stop; `finished` follows once the engine process is gone."""
        self.feedback.cancel()
        if self._task is not None:
            self._task.cancel()

    @pyqtSlot(object)
    def _on_event(self, event: Any) -> None:
        if event.kind == "result":
            self._values = event.values
        elif event.kind == "failed":
            self._failed = event
        self.engine_event.emit(event)

    @pyqtSlot(bool, "QVariantMap")
    def _on_executed(self, ok: bool, outputs: Mapping[str, Any]) -> None:
        self._task = None  # the task manager deletes it
        self._alive.discard(self)
        self.finished.emit(self._outcome(ok, outputs))

    def _outcome(self, ok: bool, outputs: Mapping[str, Any]) -> Outcome:
        if ok:
            return Outcome(True, outputs=outputs, values=self._values)
        if self.feedback.isCanceled():
            return Outcome(False, cancelled=True)
        if self._failed is not None:
            message, advice = message_of(self._failed)
            return Outcome(False, message=message, advice=advice)
        return Outcome(
            False, message="\n".join(self.feedback.errors) or tr("The run stopped without an error message.")
        )
