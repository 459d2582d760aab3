"""The model of a classification: picked from the library of saved models, or any file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Callable, Optional

from qgis.core import Qgis
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QPushButton, QSplitter, QVBoxLayout, QWidget

from ... import model_library as library
from ...settings import Setting
from ...translation import tr
from ..background import BackgroundTask
from ..form import scrolling_column
from ..model_panel import ModelPanel
from ..plain_widgets import confirm, plain_label
from .model_table import ModelTable

Tell = Callable[[str, Qgis.MessageLevel], object]
MODEL_FILTER = "*.cropmodel"


class ModelPage(QWidget):
    """The library at the left, the description of the chosen file at the right.

    `changed` is emitted when another file is chosen. `tell` shows a message of what went wrong.
    """

    changed = pyqtSignal()

    def __init__(self, tell: Tell, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._tell = tell
        self.panel = ModelPanel()
        self.table = ModelTable()
        self.note = plain_label(wrap=True)
        self.add, self.export = QPushButton(tr("Import…")), QPushButton(tr("Export…"))
        self.rename, self.remove = QPushButton(tr("Rename…")), QPushButton(tr("Delete"))
        self._of_one = (self.export, self.rename, self.remove)
        self._reading: Optional[BackgroundTask] = None
        self._lay_out()
        self.table.chosen.connect(lambda path: self.panel.set_file(str(path)))
        self.panel.changed.connect(self._on_file)
        self.add.clicked.connect(self._import)
        self.export.clicked.connect(self._export)
        self.rename.clicked.connect(self._rename)
        self.remove.clicked.connect(self._remove)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.add, self.export, self.rename, self.remove):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(plain_label(tr("Saved models")))
        column.addWidget(self.note)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        splitter = QSplitter()
        splitter.addWidget(left)
        splitter.addWidget(scrolling_column(self.panel))
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def path(self) -> str:
        return self.panel.path()

    def set_file(self, path: str) -> None:
        self.panel.set_file(path)

    # The list

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()

    def read(self) -> None:
        """Lists the library in the background; a list in progress is abandoned."""
        self.stop()
        self._reading = BackgroundTask(tr("Reading the saved models"), lambda _, cancelled: library.entries(cancelled))
        self._reading.done.connect(self._on_read)
        self._reading.start()

    def stop(self) -> None:
        if self._reading is not None:
            self._reading.done.disconnect(self._on_read)
            self._reading.cancel()
            self._reading = None

    def _on_read(self, entries: Optional[list[library.Entry]], error: Optional[Exception]) -> None:
        self._reading = None
        self.table.fill(entries or [])
        empty = tr("Models that you train are listed here. Import a model file, or choose any file at the right.")
        self.note.setText(str(error) if error is not None else "" if entries else empty)
        self.note.setVisible(bool(self.note.text()))
        self.table.choose(Path(self.path()))
        self._enable()

    def _on_file(self) -> None:
        self.table.choose(Path(self.path()))
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        for button in self._of_one:
            button.setEnabled(self.table.current() is not None)

    # What can be done with a model

    def _import(self) -> None:
        start = str(Setting.OUTPUT_FOLDER.get())
        paths, _ = QFileDialog.getOpenFileNames(self, tr("Import Models"), start, self._filter())
        for path in paths:
            self._do(partial(self._add, Path(path)))

    def _add(self, path: Path) -> None:
        self.panel.set_file(str(library.add(path)))

    def _export(self) -> None:
        source = self.table.current()
        if source is None:
            return
        start = Path(str(Setting.OUTPUT_FOLDER.get())) / source.name
        path, _ = QFileDialog.getSaveFileName(self, tr("Export the Model"), str(start), self._filter())
        if path:
            target = Path(path)
            self._do(lambda: library.copy(source, target if target.suffix else target.with_suffix(library.ENDING)))

    def _rename(self) -> None:
        source = self.table.current()
        if source is None:
            return
        name, accepted = QInputDialog.getText(self, tr("Rename the Model"), tr("Name"), text=source.stem)
        if accepted:
            self._do(lambda: self.panel.set_file(str(library.rename(source, name))))

    def _remove(self) -> None:
        source = self.table.current()
        question = tr("Delete the model “{0}”? It cannot be brought back.")
        if source is None or not confirm(self, question.format(source.stem), tr("Delete the Model"), tr("Delete")):
            return
        self._do(lambda: library.remove(source))
        if not source.exists():
            self.panel.set_file("")

    def _do(self, change: Callable[[], object]) -> None:
        try:
            change()
        except library.LibraryProblem as problem:
            self._tell(str(problem), Qgis.MessageLevel.Warning)
        self.read()

    def _filter(self) -> str:
        return tr("Crop models ({0})").format(MODEL_FILTER)
