"""What the window leads through: a task has its own preparation, model, run and results, and runs one algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

from ..algorithm_run import Outcome

DATA, PREPARATION, MODEL, RUN, RESULTS = range(5)  # the pages, in the order of the work


@dataclass(frozen=True)
class Problem:
    """What keeps a run from starting, and the page where it is mended."""

    page: int
    text: str


class Task(QObject):
    """`changed` is emitted when a choice of the task changes; the data are shared by all tasks."""

    changed = pyqtSignal()
    name = ""  # in the project and in recipes
    algorithm_id = ""
    title = ""
    pages: Mapping[int, QWidget]  # those that are the task's own

    def problems(self) -> Iterator[Problem]:
        """What keeps a run from starting, in the order of the pages."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Any]:
        """The algorithm's parameters, from the values of the widgets."""
        raise NotImplementedError

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Shows parameters; those that are missing go back to their defaults."""
        raise NotImplementedError

    def left_to_the_task(self) -> Mapping[str, Any]:
        """Parameters that the user left open, as they are when a run starts."""
        return {}

    def ask(self) -> Optional[Mapping[str, Any]]:
        """Asks what is to be decided before a run; returns the parameters that follow, None where the user cancels."""
        return {}

    def on_started(self) -> None:
        """Called when a run starts."""

    def on_event(self, event: Any) -> None:
        """Called with every event of a run."""

    def on_finished(self, outcome: Outcome) -> None:
        """Shows the outcome of a run, whatever it was, in the main thread."""

    def remember(self) -> None:
        """Stores what holds for all projects; called when a run starts."""
