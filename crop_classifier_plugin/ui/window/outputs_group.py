"""Where the results of a run go."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Iterator, Mapping, Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QGroupBox, QWidget

from ...translation import tr
from ..form import form_layout
from ..outputs import destination, missing_folder, report_widget
from .task import RUN, Problem


class OutputsGroup(QGroupBox):
    """The file of the result, completed by `ending`, and that of the report."""

    changed = pyqtSignal()

    def __init__(self, title: str, output: QgsFileWidget, ending: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Output"), parent)
        self.output, self.report, self._ending = output, report_widget(), ending
        form = form_layout(self)
        form.addRow(title, self.output)
        form.addRow(tr("Report"), self.report)
        for widget in (self.output, self.report):
            widget.fileChanged.connect(self.changed)

    def problems(self) -> Iterator[Problem]:
        yield from (Problem(RUN, text) for text in map(missing_folder, (self.output, self.report)) if text)

    def destination(self) -> str:
        """The path of the result; empty where none is given."""
        return destination(self.output, self._ending)

    def parameters(self) -> dict[str, Any]:
        return {"OUTPUT": self.destination(), "REPORT": destination(self.report, "html")}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        self.output.setFilePath(str(parameters.get("OUTPUT") or ""))
        self.report.setFilePath(str(parameters.get("REPORT") or ""))
