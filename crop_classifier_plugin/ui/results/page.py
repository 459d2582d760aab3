"""The page of results: a list of views at the left, the view that is chosen at the right."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Union

from qgis.core import Qgis, QgsVectorLayer
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...translation import tr
from ..elided_label import ElidedLabel
from ..message import replace
from ..plain_widgets import plain_label
from .check_view import CheckView
from .class_view import ClassView
from .confidence_view import ConfidenceView
from .confusion_view import ConfusionView
from .map_selection import MapSelection, results_of
from .reading import read
from .source import Results, read_results
from .summary_view import SummaryView
from .write_dialog import WriteDialog

LIST_MARGIN_PX = 18


class ResultsPage(QWidget):
    """`show_results` fills it. For the window that holds it: `export_requested` and `inspect_requested` (with the id of
    a parcel, empty where none is chosen); `shown` comes once results are there, or cannot be read.
    """

    export_requested = pyqtSignal()
    inspect_requested = pyqtSignal(str)
    shown = pyqtSignal()

    def __init__(self, iface: Any, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.iface = iface
        self.results: Optional[Results] = None
        self.bar = QgsMessageBar()
        self.bar.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.sentence = ElidedLabel()
        self.selection = MapSelection(iface, self)
        self.summary, self.classes, self.confusion = SummaryView(), ClassView(), ConfusionView()
        self.confidence, self.checks = ConfidenceView(), CheckView()
        self.views = (self.summary, self.classes, self.confusion, self.confidence, self.checks)
        self.list = QListWidget()
        self.stack = QStackedWidget()
        for view in self.views:
            self.list.addItem(view.title)
            self.stack.addWidget(view)
            view.selected.connect(self.selection.select)
        self._request = 0
        self._lay_out()
        self._connect()
        self.clear()

    def sizeHint(self) -> QSize:
        return QSize(900, 520)

    def _lay_out(self) -> None:
        self.list.setFixedWidth(self.list.sizeHintForColumn(0) + LIST_MARGIN_PX)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nothing = plain_label(wrap=True)
        self.open_button = QPushButton(tr("Open Results…"))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty_page())
        self._pages.addWidget(self._full_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.bar)
        layout.addWidget(self._pages, 1)

    def _full_page(self) -> QWidget:
        right = QVBoxLayout()
        right.addWidget(self.stack, 1)
        right.addWidget(self.sentence)
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addLayout(right, 1)
        return page

    def _empty_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(60, 0, 60, 0)
        layout.addStretch(1)
        layout.addWidget(self.nothing)
        layout.addWidget(self.open_button, alignment=Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(2)
        return page

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self.stack.setCurrentIndex)
        self.open_button.clicked.connect(self._on_open)
        self.selection.message.connect(self._say)
        self.selection.layer_missing.connect(self._offer_layer)
        self.classes.copied.connect(self._say)
        self.summary.export_requested.connect(self.export_requested)
        self.summary.write_requested.connect(self._on_write)
        self.summary.inspect_requested.connect(self._on_inspect)
        self.checks.inspect_requested.connect(self.inspect_requested)
        self.checks.parcel_chosen.connect(self._on_parcel)

    # Showing

    def clear(self) -> None:
        """As long as there are no results: says what to do."""
        self._show_nothing(
            tr(
                "There are no results yet. Classify parcels to see here which crops were found, how good the "
                "classification is and which parcels to check. Results of an earlier run are in the folder "
                "NAME.results beside the classified layer."
            )
        )

    def show_results(self, results: Union[str, Path, QgsVectorLayer]) -> None:
        """The results in a folder NAME.results, or those of a classified layer; they are read in the background."""
        layer = results if isinstance(results, QgsVectorLayer) else None
        folder = results_of(layer) if layer is not None else Path(str(results))
        if folder is None:
            self._show_nothing(
                tr(
                    "The layer {0} has no results beside it: the folder NAME.results is missing. It may have been "
                    "moved, or the layer was not made by Classify Parcels. Open the folder, or classify the parcels "
                    "again."
                ).format(layer.name() if layer is not None else "")
            )
            self.shown.emit()
            return
        self._request += 1
        request = self._request
        read(
            *(self, tr("Read results"), lambda _: read_results(folder)),
            lambda found, error: self._on_read(request, layer, found, error),
        )

    def _on_read(
        self, request: int, layer: Optional[QgsVectorLayer], found: Optional[Results], error: Optional[Exception]
    ) -> None:
        if request != self._request:
            return
        if found is None:
            advice = tr("Choose a folder NAME.results, or classify the parcels again.")
            self._show_nothing(tr("The results cannot be shown: {0}.").format(error) + " " + advice)
        else:
            self._show(found, layer)
        self.shown.emit()

    def _show(self, results: Results, layer: Optional[QgsVectorLayer]) -> None:
        self.results = results
        self.bar.clearWidgets()
        self.sentence.setText("")
        self.selection.set_results(results, layer)
        for view in self.views:
            view.show_results(results)
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        self._pages.setCurrentIndex(1)
        if self.selection.layer() is None:
            self._offer_layer()

    def _show_nothing(self, text: str) -> None:
        self.results = None
        self.bar.clearWidgets()
        self.selection.set_results(None)
        self.nothing.setText(text)
        self._pages.setCurrentIndex(0)

    def _on_open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Open Results"))
        if folder:
            self.show_results(folder)

    # The layer

    def _offer_layer(self) -> None:
        text = tr("The classified layer is not in the project, so parcels cannot be selected on the map.")
        replace(self.bar, text, Qgis.MessageLevel.Info, {tr("Load Layer"): self.load_layer})

    def load_layer(self) -> None:
        """Adds the classified layer to the project."""
        self.bar.clearWidgets()
        if self.selection.load_layer() is None and self.results is not None:
            text = tr("The classified layer {0} is missing, or QGIS cannot read it. Classify the parcels again.")
            replace(self.bar, text.format(self.results.about.layer), Qgis.MessageLevel.Warning)

    def _on_parcel(self, position: int, parcel_id: str) -> None:
        self.selection.show([position], tr("parcel {0}").format(parcel_id))

    def _on_inspect(self) -> None:
        """The parcel that is selected on the map, or the one that is chosen in the list."""
        position, chosen = self.selection.selected_parcel(), self.checks.parcel()
        if position is None or self.results is None:
            self.inspect_requested.emit(chosen.parcel_id if chosen is not None else "")
            return
        found = next(self.results.parcels.parcels("position = ?", (position,)), None)
        self.inspect_requested.emit(found.parcel_id if found is not None else "")

    def _on_write(self) -> None:
        layer = self.selection.layer()
        if layer is None or self.results is None:
            self._offer_layer()
            return
        WriteDialog(layer, self.results.about.id_field, self).exec()

    def _say(self, text: str) -> None:
        self.sentence.setText(text)
