"""What was chosen in the window, kept with the QGIS project."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from typing import Any, Mapping, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingFeatureSourceDefinition, QgsProject
from qgis.PyQt.QtCore import QDate, QDateTime, QObject, Qt, QTimer

SCOPE, KEY = "crop_classifier", "window"  # of the project's entries
SCHEMA = 1
PAUSE_MS = 300  # a path is kept once the user stops typing


class ProjectMemory(QObject):
    """Writes the window's choices into the project when they change, and shows those of a project that is opened.

    A project is marked as changed only by what the user chose.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._project = QgsProject.instance()
        self._empty = self._state()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.keep)
        window.changed.connect(self._timer.start)
        self._project.cleared.connect(self.restore)
        self._project.readProject.connect(self.restore)
        self.restore()

    def stop(self) -> None:
        """Keeps what is waiting, and lets go of the project."""
        self.keep()
        self._project.cleared.disconnect(self.restore)
        self._project.readProject.disconnect(self.restore)

    def keep(self) -> None:
        """Writes the choices into the project, unless it has the same ones."""
        self._timer.stop()
        state, stored = self._state(), self._stored()
        if self._is_empty(state):
            if stored is not None:
                self._project.removeEntry(SCOPE, KEY)
        elif stored is None or stored["tasks"] != state["tasks"]:
            self._project.writeEntry(SCOPE, KEY, json.dumps(state))

    def restore(self, *_: object) -> None:
        """Shows the project's choices; those of a new project are the defaults."""
        state = self._stored() or {"task": self._window.tasks[0].name, "tasks": {}}
        kept = {task: _decoded(state["tasks"].get(task.name)) for task in self._window.tasks}
        chosen = next((task for task in kept if task.name == state["task"]), self._window.tasks[0])
        self._window.data.set_parameters(kept[chosen])  # the layer first: fields are chosen of it
        for task, parameters in kept.items():
            task.set_parameters(parameters)
        if not self._window.is_running():
            self._window.choose(chosen)
        self._timer.stop()

    def _state(self) -> dict[str, Any]:
        tasks = {task.name: _encoded(task.parameters()) for task in self._window.tasks}
        return {"schema": SCHEMA, "task": self._window.task.name, "tasks": tasks}

    def _is_empty(self, state: Mapping[str, Any]) -> bool:
        """Whether nothing is chosen but, perhaps, which task is shown; the layer to start with is no choice."""
        started = not self._window.data.parcels.is_chosen()
        parts = (state["tasks"], self._empty["tasks"])
        chosen, empty = ([{**task, "PARCELS": None} if started else task for task in part.values()] for part in parts)
        return chosen == empty

    def _stored(self) -> Optional[dict[str, Any]]:
        """The project's choices; None where it has none that this version can read."""
        text, found = self._project.readEntry(SCOPE, KEY)
        try:
            state = json.loads(text) if found else None
        except ValueError:
            return None
        if not isinstance(state, dict) or state.get("schema") != SCHEMA:
            return None
        return state if isinstance(state.get("tasks"), dict) and isinstance(state.get("task"), str) else None


def _encoded(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON has them."""
    return {name: _plain(value) for name, value in parameters.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        return {"layer": value.source.staticValue(), "selected_only": value.selectedFeaturesOnly}
    if isinstance(value, QgsCoordinateReferenceSystem):
        return value.authid() or value.toWkt()
    if isinstance(value, (QDate, QDateTime)):
        return value.toString(Qt.DateFormat.ISODate)
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _decoded(parameters: Any) -> dict[str, Any]:
    if not isinstance(parameters, dict):
        return {}
    return {name: _source(value) if isinstance(value, dict) else value for name, value in parameters.items()}


def _source(value: Mapping[str, Any]) -> QgsProcessingFeatureSourceDefinition:
    return QgsProcessingFeatureSourceDefinition(str(value.get("layer", "")), bool(value.get("selected_only")))
