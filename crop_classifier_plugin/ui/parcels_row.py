"""The parcel layer: one of the project's polygon layers or a file, all features or only the selected ones."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from qgis.core import (
    QgsMapLayerProxyModel,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QInputDialog,
    QToolButton,
    QWidget,
)

from ..settings import Setting
from ..styles import is_classified
from ..translation import tr
from .plain_widgets import warn, with_plain_tips


class ParcelsRow(QWidget):
    """`changed` carries the layer, or None, when the layer or its selection changes."""

    changed = pyqtSignal(object)

    def __init__(self, active_layer: Callable[[], Any] = lambda: None, parent: Optional[QWidget] = None) -> None:
        """`active_layer` gives the layer that is active in QGIS."""
        super().__init__(parent)
        self._active_layer = active_layer
        self.combo = with_plain_tips(QgsMapLayerComboBox())
        self.combo.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.combo.setToolTip(tr("Polygon layers of the project. The button adds a layer from a file."))
        self.combo.layerChanged.connect(self._on_layer)
        self.browse = QToolButton()
        self.browse.setText("…")
        self.browse.setToolTip(tr("Add a layer from a file"))
        self.browse.clicked.connect(self._browse)
        self.selected_only = QCheckBox(tr("Selected features only"))
        self.selected_only.toggled.connect(lambda _: self.changed.emit(self.layer()))
        self._files: list[QgsVectorLayer] = []  # the combo box does not own them
        self._watched: Optional[QgsVectorLayer] = None
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.combo, 0, 0)
        layout.addWidget(self.browse, 0, 1)
        layout.addWidget(self.selected_only, 1, 0, 1, 2)
        self._on_layer()

    def layer(self) -> Optional[QgsVectorLayer]:
        return self.combo.currentLayer()

    def value(self) -> Any:
        """The layer as Processing takes it: a file by its source, a project layer by its id."""
        layer = self.layer()
        if layer is None:
            return None
        if QgsProject.instance().mapLayer(layer.id()) is None:
            return layer.source()
        if self.selected_only.isChecked():
            return QgsProcessingFeatureSourceDefinition(layer.id(), True)
        return layer.id()

    def set_value(self, value: Any) -> None:
        """Shows a layer as `value` gives it; None is the layer to start with, one that is not there is none."""
        if value is None:
            self.combo.setLayer(self._first_choice())
            self.selected_only.setChecked(False)
            return
        selected = isinstance(value, QgsProcessingFeatureSourceDefinition)
        name = str(value.source.staticValue() if selected else value)
        layer = QgsProject.instance().mapLayer(name) if name else None
        if layer is None and name and Path(name.partition("|")[0]).is_file():
            self.add_file(name)
        else:
            self.combo.setLayer(layer)
        self.selected_only.setChecked(selected and self.selected_only.isEnabled())

    def is_chosen(self) -> bool:
        """Whether the layer is another one than that to start with, or only a selection of it is taken."""
        return self.layer() is not self._first_choice() or self.selected_only.isChecked()

    def _first_choice(self) -> Optional[QgsVectorLayer]:
        """The active layer, else the first one; not what a classification gave, unless there is nothing else."""
        offered = [self.combo.layer(row) for row in range(self.combo.count())]
        layers = [layer for layer in offered if layer is not None]
        active = self._active_layer()
        parcels = [layer for layer in layers if not is_classified(layer)]
        return active if active in parcels else next(iter(parcels or layers), None)

    def missing(self) -> str:
        """What to do where there is no layer."""
        return "" if self.layer() is not None else tr("Choose a parcel layer.")

    def selected_ids(self) -> Optional[list[int]]:
        """The features to use; None for all."""
        layer = self.layer()
        return layer.selectedFeatureIds() if layer is not None and self.selected_only.isChecked() else None

    def _on_layer(self, *_: object) -> None:
        layer = self.layer()
        if self._watched is not None and self._watched is not layer:
            self._unwatch()
        if layer is not None and self._watched is None:
            layer.selectionChanged.connect(self._on_selection)
            layer.willBeDeleted.connect(self._forget)
            self._watched = layer
        self._on_selection()

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._watched.selectionChanged.disconnect(self._on_selection)
            self._watched.willBeDeleted.disconnect(self._forget)
        self._watched = None

    def _forget(self) -> None:
        self._watched = None

    def _on_selection(self, *_: object) -> None:
        layer = self.layer()
        count = layer.selectedFeatureCount() if layer is not None else 0
        self.selected_only.setEnabled(count > 0)
        if not count:
            self.selected_only.setChecked(False)
        text = tr("Selected features only ({0})").format(self.locale().toString(count))
        self.selected_only.setText(text if count else tr("Selected features only"))
        self.changed.emit(layer)

    # Files

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a Parcel Layer"), str(Setting.OUTPUT_FOLDER.get()))
        if path:
            self.add_file(path)

    def add_file(self, path: str) -> None:
        """Adds a polygon layer of a file to the list and chooses it; asks which where several are and none is named."""
        path, _, inside = path.partition("|layername=")
        sources = polygon_sources(path)
        name = inside if inside in sources else next(iter(sources), "")
        if len(sources) > 1 and name != inside:
            title, label = tr("Choose a Layer"), tr("Parcel layer")
            name, accepted = QInputDialog.getItem(self, title, label, list(sources), 0, False)
            if not accepted:
                return
        stem = Path(path).stem
        layer = QgsVectorLayer(sources.get(name, path), f"{stem}: {name}" if len(sources) > 1 else stem, "ogr")
        if not layer.isValid() or layer.geometryType() != QgsWkbTypes.GeometryType.PolygonGeometry:
            text = tr("QGIS found no polygon layer in {0}.").format(path)
            warn(self, tr("Choose a Parcel Layer"), text)
            return
        self._files.append(layer)
        self.combo.setAdditionalLayers(self._files)
        self.combo.setLayer(layer)


def polygon_sources(path: str) -> dict[str, str]:
    """The layers of a file that hold polygons, or may (their type is not known yet): name to source."""
    kinds = (QgsWkbTypes.GeometryType.PolygonGeometry, QgsWkbTypes.GeometryType.UnknownGeometry)
    found = QgsProviderRegistry.instance().querySublayers(path)
    return {layer.name(): layer.uri() for layer in found if QgsWkbTypes.geometryType(layer.wkbType()) in kinds}
