"""The chart with what is chosen for it: a band or an index, the classes' courses, and its export."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional

from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from ...engine.protocol import parcel_course, results_folder
from ...translation import tr
from ..plain_widgets import warn
from .chart import ParcelChart
from .chart_data import ChartData, chart_data, class_curves
from .export import filters, save_chart, save_series
from .inspection import Inspection
from .parcel_series import Variable


class CoursePanel(QWidget):
    """Keeps what is chosen from parcel to parcel."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._inspection: Optional[Inspection] = None
        self.variable = QComboBox()
        self.variable.setAccessibleName(tr("Band or index"))
        self.classes = {
            results_folder.PREDICTED: QCheckBox(tr("Predicted class")),
            results_folder.DECLARED: QCheckBox(tr("Declared class")),
        }
        self.chart = ParcelChart()
        self.export_button = QPushButton(tr("Export"))
        self.export_button.setMenu(self._export_menu())
        self._lay_out()
        self.variable.activated.connect(lambda _index: self.draw())
        for box in self.classes.values():
            box.setChecked(True)
            box.toggled.connect(lambda _on: self.draw())

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()  # two rows, so that the dock may be narrow
        first.addWidget(self.variable)
        first.addStretch(1)
        first.addWidget(self.export_button)
        for box in self.classes.values():
            second.addWidget(box)
        second.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.chart, 1)

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(tr("Chart as Picture…")).triggered.connect(lambda _checked=False: self._export_chart())
        self._table = menu.addAction(tr("Series as Table…"))
        self._table.triggered.connect(lambda _checked=False: self._export_series())
        return menu

    def show_parcel(self, inspection: Optional[Inspection]) -> None:
        """None empties it."""
        self._inspection = inspection
        self._offer(_variables(inspection) if inspection else [])
        kinds = {course.kind for course in inspection.courses} if inspection else set()
        for kind, box in self.classes.items():
            box.setEnabled(kind in kinds)
        self.classes[results_folder.DECLARED].setVisible(inspection is not None and inspection.about.truth is not None)
        self.draw()

    def draw(self) -> None:
        data = self._data()
        self.chart.show_data(data)
        self.export_button.setEnabled(data is not None)
        self._table.setEnabled(self._inspection is not None and self._inspection.series is not None)

    def _data(self) -> Optional[ChartData]:
        """Of the parcel, or without its series of its classes only; None where there is neither."""
        inspection, variable = self._inspection, self.variable.currentData()
        if inspection is None or variable is None:
            return None
        shown = [course for course in inspection.courses if self.classes[course.kind].isChecked()]
        curves = () if variable.source else class_curves(inspection.about, shown, variable.name)
        if inspection.series is not None:
            return chart_data(inspection.series, variable, curves)
        return ChartData(variable.name, "1", inspection.about.courses.season, (), (), True, curves) if curves else None

    def _offer(self, variables: List[Any]) -> None:
        """Lists (label, Variable) anew where they differ; the chosen one stays chosen."""
        known = [self.variable.itemText(index) for index in range(self.variable.count())]
        if known == [label for label, _ in variables]:
            return
        chosen = self.variable.currentText()
        self.variable.clear()
        for label, variable in variables:
            self.variable.addItem(label, variable)
        self.variable.setCurrentIndex(max(self.variable.findText(chosen), 0) if variables else -1)

    def _export_chart(self) -> None:
        self._save(filters()[0], ".svg", lambda path: save_chart(self.chart, path))

    def _export_series(self) -> None:
        inspection, data = self._inspection, self.chart.data
        if inspection is not None and inspection.series is not None and data is not None:
            series = inspection.series
            self._save(filters()[1], ".csv", lambda path: save_series(series, data, path))

    def _save(self, kinds: str, ending: str, write: Any) -> None:
        title = tr("Export")
        name = "" if self._inspection is None else self._inspection.row.parcel_id
        safe = "".join(letter if letter.isalnum() else "_" for letter in name)
        chosen, kind = QFileDialog.getSaveFileName(self, title, f"{safe}{ending}", kinds)
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(".png" if "png" in kind else ending)
        try:
            write(path)
        except OSError as error:
            warn(self, title, tr("{0} was not written: {1}.").format(path, error.strerror or error))


def _variables(inspection: Inspection) -> List[Any]:
    """(label, Variable) of the store, else of the classes' courses; indices first."""
    if inspection.series is not None:
        sources = inspection.series.facts.sources
        return [
            (v.name if not v.source else f"{v.name} ({sources[v.source].name})", v)
            for v in inspection.series.variables()
        ]
    bands = inspection.about.courses.bands if inspection.courses else ()
    return [(name, Variable(0, name)) for name in sorted(bands, key=lambda name: name not in parcel_course.INDICES)]
