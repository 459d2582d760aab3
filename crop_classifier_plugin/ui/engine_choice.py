"""Where the engine's Python comes from: an environment that the plugin makes, or one that exists."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QGroupBox, QRadioButton, QVBoxLayout, QWidget

from ..engine import install, locate
from ..settings import Setting
from ..translation import tr
from .form import choose_data, file_widget, folder_widget, form_layout
from .plain_widgets import plain_label

INDENT_PX = 22


class EngineChoice(QGroupBox):
    """`changed` is emitted when any of the choices changes."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Environment"), parent)
        self.create = QRadioButton(tr("Create an environment for the engine"))
        self.existing = QRadioButton(tr("Use an existing Python that has the engine's packages"))
        self.location = folder_widget(tr("Choose a Folder for the Environment"))
        self.torch = QComboBox()
        for name, title in zip(install.TORCH, (tr("Automatic"), tr("Processor only"), tr("NVIDIA GPU"))):
            self.torch.addItem(title, name)
        self.wheels = folder_widget(tr("Choose a Folder of Packages"), tr("Optional, for offline set-up"))
        self.wheels.setToolTip(tr("A folder of Python packages (*.whl) to install from instead of the internet"))
        self.python = file_widget(QgsFileWidget.StorageMode.GetFile, tr("Choose a Python Executable"))
        self.python.setToolTip(
            tr("The executable file, such as bin/python or python.exe. It is checked before it is used.")
        )
        self._lay_out()
        self._restore()
        self._connect()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        self._create_form, self._existing_form = QWidget(), QWidget()
        form = form_layout(self._create_form)
        form.addRow(tr("Location"), self.location)
        form.addRow(tr("Hardware"), self.torch)
        form.addRow(tr("Package folder"), self.wheels)
        form.addRow(
            "", plain_label(tr("Needs 3 GB of disk space, or 8 GB with the packages for NVIDIA GPUs."), wrap=True)
        )
        form_layout(self._existing_form).addRow(tr("Python executable"), self.python)
        for radio, inner in ((self.create, self._create_form), (self.existing, self._existing_form)):
            inner.layout().setContentsMargins(INDENT_PX, 0, 0, 0)
            radio.toggled.connect(inner.setVisible)
            inner.setVisible(False)
            layout.addWidget(radio)
            layout.addWidget(inner)
        layout.addStretch(1)

    def _restore(self) -> None:
        self.location.setFilePath(str(locate.location()))
        choose_data(self.torch, Setting.ENGINE_TORCH.get())
        self.wheels.setFilePath(str(Setting.ENGINE_WHEELS.get()))
        self.python.setFilePath(str(Setting.ENGINE_PYTHON.get()))
        chosen = self.existing if self.python.filePath() else self.create
        chosen.setChecked(True)

    def _connect(self) -> None:
        self.create.toggled.connect(lambda _: self.changed.emit())
        for widget in (self.location, self.wheels, self.python):
            widget.fileChanged.connect(lambda _: self.changed.emit())

    def missing(self) -> str:
        """A message about the first input that is missing; empty when the set-up can start."""
        if self.existing.isChecked():
            return "" if Path(self.python.filePath()).is_file() else tr("Choose the Python executable.")
        if not self.location.filePath().strip():
            return tr("Choose the folder of the environment.")
        if self.wheels.filePath().strip() and not Path(self.wheels.filePath()).is_dir():
            return tr("The package folder does not exist.")
        return ""

    def plan(self) -> install.InstallPlan:
        """What to make; raises install.InstallError for a folder without packages."""
        wheels = self.wheels.filePath().strip()
        return install.InstallPlan(
            Path(self.location.filePath().strip()),
            torch=self.torch.currentData(),
            wheels=Path(wheels) if wheels else None,
        )

    def remember(self) -> None:
        """From now on the engine runs as chosen here; called once that is known to work."""
        Setting.ENGINE_PYTHON.set(self.python.filePath() if self.existing.isChecked() else "")
        if self.create.isChecked():
            Setting.ENGINE_LOCATION.set(self.location.filePath().strip())
            Setting.ENGINE_TORCH.set(self.torch.currentData())
            Setting.ENGINE_WHEELS.set(self.wheels.filePath().strip())
