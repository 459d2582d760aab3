"""Ties the inspector to QGIS: the map tool, the selection, the highlight on the map and the buttons of the dock."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional

from qgis.core import QgsFeature, QgsProject, QgsVectorLayer
from qgis.gui import QgsHighlight
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAction, QFileDialog

from ...engine.protocol import results_folder, store_files
from ...translation import tr
from ..algorithm_dialog import open_algorithm
from .dock import ParcelInspector
from .inspection import inspect
from .layer_results import RESULTS_PROPERTY, results_path
from .map_tool import ParcelTool, polygon_layers
from .neighbours import neighbour
from .parcel_series import STORE_PROPERTY, SeriesReader
from .problems import CannotInspect, Problem, Remedy, no_layer, no_parcel

EXTRACT = "crop_classifier:extractseries"
HIGHLIGHT, HIGHLIGHT_WIDTH, WIDTH_PX = "#ffd400", 3, 440


class InspectorController(QObject):
    """Made with QGIS's `iface` and the checkable action of the map tool; `unload` undoes all of it.

    `extraction_wanted` has the layer whose series are missing and the path at which they are looked for.
    """

    extraction_wanted = pyqtSignal(object, str)

    def __init__(self, iface: Any, action: QAction) -> None:
        super().__init__()
        self.iface, self._canvas = iface, iface.mapCanvas()
        self.dock = ParcelInspector(iface.mainWindow())
        self.tool = ParcelTool(self._canvas, self._layers)
        self._reader = SeriesReader()
        self._layer: Optional[QgsVectorLayer] = None
        self._feature: Optional[QgsFeature] = None
        self._highlight: Optional[QgsHighlight] = None
        self.tool.setAction(action)
        iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        iface.mainWindow().resizeDocks([self.dock], [WIDTH_PX], Qt.Orientation.Horizontal)
        self._connect()
        self.dock.show_problem(no_layer())

    def _connect(self) -> None:
        self.tool.picked.connect(self.show)
        self.tool.missed.connect(self._on_missed)
        self._canvas.selectionChanged.connect(self._on_selection)
        QgsProject.instance().layersWillBeRemoved.connect(self._on_layers_removed)
        self.dock.visibilityChanged.connect(self._on_visibility)
        self.dock.problem_bar.chosen.connect(self._remedy)
        self.extraction_wanted.connect(self._extract)
        for step, action in self.dock.header.steps.items():
            action.triggered.connect(lambda _checked=False, step=step: self.step(step))
            self.dock.addAction(action)
            self._canvas.addAction(action)  # so that its keys work on the map, too

    def toggle(self) -> None:
        """Starts the map tool and shows the dock; ends the tool where it is the one in use."""
        if self._canvas.mapTool() is self.tool:
            self._canvas.unsetMapTool(self.tool)
            return
        self._canvas.setMapTool(self.tool)
        self.dock.show()
        self.dock.raise_()
        self._on_selection(self.iface.activeLayer())

    def unload(self) -> None:
        self._canvas.unsetMapTool(self.tool)
        self._canvas.selectionChanged.disconnect(self._on_selection)
        QgsProject.instance().layersWillBeRemoved.disconnect(self._on_layers_removed)
        for action in self.dock.header.steps.values():
            self._canvas.removeAction(action)
        self._clear_highlight()
        self.dock.pictures.stop()
        self.iface.removeDockWidget(self.dock)
        self.dock.deleteLater()
        self.tool.deleteLater()

    # Parcels

    def show(self, layer: QgsVectorLayer, feature: QgsFeature) -> None:
        """Shows a parcel in the dock and on the map."""
        self._layer, self._feature = layer, QgsFeature(feature)
        self.dock.show()
        try:
            self.dock.show_parcel(inspect(layer, self._feature, self._reader))
        except CannotInspect as error:
            self.dock.show_problem(error.problem)
        self._show_highlight()

    def step(self, step: int) -> None:
        """Shows the next (1) or the previous (-1) parcel, and moves the map to it where it is out of sight."""
        if self._layer is None or self._feature is None:
            return
        found = neighbour(self._layer, self._feature.id(), step)
        if found is None:
            return
        self.show(self._layer, found)
        if not found.hasGeometry():
            return
        box = self._canvas.mapSettings().layerExtentToOutputExtent(self._layer, found.geometry().boundingBox())
        if not self._canvas.extent().contains(box):
            self._canvas.setCenter(box.center())
            self._canvas.refresh()

    def _layers(self) -> List[QgsVectorLayer]:
        """Where parcels are looked for: layers with results before others, the active one before the rest."""
        layers = polygon_layers(self._canvas, self.iface.activeLayer())
        return sorted(layers, key=lambda layer: results_path(layer) is None)

    def _on_missed(self) -> None:
        self._forget(no_parcel() if self._layers() else no_layer())

    def _on_selection(self, layer: Any) -> None:
        """A single feature that was selected is shown, while the dock is open."""
        if not self.dock.isVisible() or not isinstance(layer, QgsVectorLayer) or layer.selectedFeatureCount() != 1:
            return
        if results_path(layer) is not None or layer is self._layer:
            self.show(layer, layer.selectedFeatures()[0])

    def _on_layers_removed(self, ids: List[str]) -> None:
        if self._layer is not None and self._layer.id() in ids:
            self._forget(no_layer())

    def _on_visibility(self, visible: bool) -> None:
        if not visible:
            self.dock.pictures.stop()
            self._clear_highlight()
        elif self._feature is not None and self._highlight is None:
            self._show_highlight()

    def _forget(self, problem: Problem) -> None:
        self._layer = self._feature = None
        self._clear_highlight()
        self.dock.show_problem(problem)

    def _show_highlight(self) -> None:
        self._clear_highlight()
        if self._layer is None or self._feature is None or not self._feature.hasGeometry():
            return
        highlight = QgsHighlight(self._canvas, self._feature.geometry(), self._layer)
        highlight.setColor(QColor(HIGHLIGHT))
        highlight.setFillColor(QColor(0, 0, 0, 0))
        highlight.setWidth(HIGHLIGHT_WIDTH)
        highlight.show()
        self._highlight = highlight

    def _clear_highlight(self) -> None:
        if self._highlight is not None:
            self._canvas.scene().removeItem(self._highlight)
            self._highlight = None

    # Remedies

    def _remedy(self, remedy: Remedy) -> None:
        layer = self._layer
        if layer is None:
            return
        if remedy is Remedy.EXTRACT:
            path = results_path(layer)
            self.extraction_wanted.emit(layer, str(path.with_suffix(".parcels")) if path else "")
        elif remedy is Remedy.LOCATE_RESULTS:
            self._locate(layer, RESULTS_PROPERTY, results_folder.DESCRIPTION, tr("Locate Results"))
        else:
            self._locate(layer, STORE_PROPERTY, store_files.MANIFEST, tr("Locate Series"))

    def _locate(self, layer: QgsVectorLayer, name: str, file: str, title: str) -> None:
        """Asks for a folder, which must hold `file`, and keeps it with the layer."""
        chosen = QFileDialog.getExistingDirectory(self.dock, title)
        if not chosen:
            return
        if not (Path(chosen) / file).is_file():
            remedy = Remedy.LOCATE_RESULTS if name == RESULTS_PROPERTY else Remedy.LOCATE_SERIES
            self.dock.problem_bar.show_problem(Problem(tr("{0} holds no {1}.").format(chosen, file), (remedy,)))
            return
        layer.setCustomProperty(name, chosen)
        self.refresh()

    def refresh(self) -> None:
        """Reads the parcel again."""
        if self._layer is not None and self._feature is not None:
            self.show(self._layer, self._feature)

    def _extract(self, layer: QgsVectorLayer, store: str) -> None:
        """Opens the dialog of the Processing algorithm, filled in as far as it is known, and waits for it."""
        made = open_algorithm(EXTRACT, {"PARCELS": layer, **({"OUTPUT": store} if store else {})})
        if made.get("OUTPUT"):
            layer.setCustomProperty(STORE_PROPERTY, made["OUTPUT"])
            self.refresh()
