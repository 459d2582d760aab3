"""Whether the engine is ready, which Python runs it, and what is in it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.PyQt.QtWidgets import QGroupBox, QLabel, QSizePolicy, QStyle, QWidget

from ..engine.locate import EngineStatus
from ..plain_text import tooltip
from ..translation import tr
from .form import form_layout
from .plain_widgets import plain_label

NAMED = ("torch", "numpy", "rasterio", "geopandas", "scikit-learn")  # the versions that a question would be about


class EngineState(QGroupBox):
    """Filled from `locate.status()` at once and from `doctor` once it has run."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Status"), parent)
        self.icon = plain_label()
        self.state, self.python, self.versions, self.devices = (_value() for _ in range(4))
        form = form_layout(self)
        form.addRow(self.icon, self.state)
        form.addRow(tr("Python"), self.python)
        form.addRow(tr("Versions"), self.versions)
        form.addRow(tr("Devices"), self.devices)

    def show_status(self, status: EngineStatus) -> None:
        self._show_state(status.ready, tr("The engine is ready.") if status.ready else status.reason)
        self.python.setText(str(status.python or "–"))
        self.versions.setText("–")
        self.devices.setText("–")

    def show_doctor(self, doctor: Mapping[str, Any]) -> None:
        """The result of `doctor`: versions, devices and problems."""
        packages = doctor["packages"]
        words = [f"engine {doctor['engine']}", f"Python {doctor['python'].split()[0]}"]  # what follows is its path
        words += [f"{name} {packages[name]}" for name in NAMED if name in packages]
        self.versions.setText(", ".join(words))
        self.versions.setToolTip(tooltip("\n".join(f"{name} {version}" for name, version in packages.items())))
        self.devices.setText(", ".join(device_text(device) for device in doctor["devices"] if device["works"]) or "–")
        self.devices.setToolTip(tooltip("\n".join(device_text(device) for device in doctor["devices"])))
        if doctor["problems"]:
            self._show_state(False, "\n".join(doctor["problems"]))

    def _show_state(self, ready: bool, text: str) -> None:
        icons = QStyle.StandardPixmap
        icon = self.style().standardIcon(icons.SP_DialogApplyButton if ready else icons.SP_MessageBoxWarning)
        self.icon.setPixmap(icon.pixmap(18, 18))
        self.state.setText(text)


def device_text(device: Mapping[str, Any]) -> str:
    """`CPU (2 threads)`; a device that does not work is shown with the reason."""
    kind, name = device["kind"].upper(), device["name"]
    if not device["works"]:
        return tr("{0}: does not work ({1})").format(kind, device["note"])
    return kind if name == device["kind"] else f"{kind} ({name})"


def _value() -> QLabel:
    label = plain_label(wrap=True, selectable=True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
