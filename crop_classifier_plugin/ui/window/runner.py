"""The run of one algorithm, with its log and its progress."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...translation import tr
from ..algorithm_run import AlgorithmRun, Outcome
from ..log_view import LogView
from ..progress_row import ProgressRow

LOG_TAG = "Crop Classifier"  # of QGIS's own log


class Runner(QObject):
    """One run at a time. `event` carries the engine's events, `finished` the Outcome, once for each run."""

    event = pyqtSignal(object)
    finished = pyqtSignal(object)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.log = LogView()
        self.progress = ProgressRow()
        self.progress.cancelled.connect(self.cancel)
        self._run: Optional[AlgorithmRun] = None
        self._stage = ""

    def is_running(self) -> bool:
        return self._run is not None

    def start(self, title: str, algorithm_id: str, parameters: Mapping[str, Any]) -> None:
        """Runs an algorithm whose parameters were checked before."""
        run = AlgorithmRun(algorithm_id, parameters)
        self._on_line(f"— {title} —")
        self.progress.start()
        self._run, self._stage = run, ""
        run.engine_event.connect(self._on_event)
        run.line.connect(self._on_line)
        run.finished.connect(self._on_finished)
        self.destroyed.connect(run.cancel)
        run.start()

    def cancel(self) -> None:
        if self._run is not None:
            self._run.cancel()

    def _on_line(self, line: str) -> None:
        self.log.add(line)
        QgsMessageLog.logMessage(line, LOG_TAG, Qgis.MessageLevel.Info, False)

    def _on_event(self, event: Any) -> None:
        if event.kind == "progress":
            self._log_stage(event.stage)
            self.progress.show_progress(event.fraction, event.stage, event.message, event.seconds_left)
        self.event.emit(event)

    def _log_stage(self, stage: str) -> None:
        """A line per stage; the messages within a stage come too often for a log."""
        if stage != self._stage:
            self.log.add(stage[:1].upper() + stage[1:])
        self._stage = stage

    def _on_finished(self, outcome: Outcome) -> None:
        self._run = None
        word = tr("Done") if outcome.ok else tr("Cancelled") if outcome.cancelled else tr("Failed")
        self._on_line(word)
        self.progress.finish(word, outcome.ok)
        self.finished.emit(outcome)
