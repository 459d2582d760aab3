"""The dock of the parcel inspector: it shows one parcel, or says why it cannot."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDockWidget, QFrame, QScrollArea, QVBoxLayout, QWidget

from ...translation import tr
from ..plain_widgets import plain_label
from .course_panel import CoursePanel
from .header import Header
from .inspection import Inspection
from .pictures_panel import PicturesPanel
from .probabilities import ProbabilityBars, bars
from .problem_bar import ProblemBar
from .problems import Problem

OBJECT_NAME = "CropClassifierParcelInspector"  # by which QGIS remembers its place


class ParcelInspector(QDockWidget):
    """`inspection` is what it shows, None for nothing."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Parcel Inspector"), parent)
        self.setObjectName(OBJECT_NAME)
        self.inspection: Optional[Inspection] = None
        self.header, self.problem_bar = Header(), ProblemBar()
        self.course, self.pictures, self.probabilities = CoursePanel(), PicturesPanel(), ProbabilityBars()
        self._probabilities_title = plain_label(tr("Class probabilities"))
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addWidget(self.header)
        layout.addWidget(self.problem_bar)
        layout.addWidget(self.course, 1)
        layout.addWidget(self.pictures)
        layout.addWidget(self._probabilities_title)
        layout.addWidget(self.probabilities)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        area.setWidget(content)
        bar = area.verticalScrollBar().sizeHint().width()
        area.setMinimumWidth(content.minimumSizeHint().width() + bar)  # nothing is cut on the right
        self.setWidget(area)

    def show_parcel(self, inspection: Inspection) -> None:
        self.inspection = inspection
        self.header.show_parcel(inspection)
        self.problem_bar.show_problem(inspection.problem)
        self._show_parts(inspection)

    def show_problem(self, problem: Optional[Problem]) -> None:
        """Of a parcel without results, or of none; None empties the dock."""
        self.inspection = None
        self.header.show_nothing()
        self.problem_bar.show_problem(problem)
        self._show_parts(None)

    def _show_parts(self, inspection: Optional[Inspection]) -> None:
        self.course.show_parcel(inspection)
        self.course.setVisible(self.course.chart.data is not None)
        self.pictures.show_parcel(inspection)
        shown = bars(inspection.about, inspection.row) if inspection else ()
        self.probabilities.show_bars(shown)
        for widget in (self._probabilities_title, self.probabilities):
            widget.setVisible(bool(shown))
