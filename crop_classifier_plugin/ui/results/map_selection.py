"""Selects parcels of the results in their layer, and zooms to them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...engine.protocol import results_folder
from ...legend import unfold_legend
from ...styles import CLASS_FIELD, style_predictions
from ...translation import tr
from . import queries
from .parcel_map import Fields, ParcelMap, make_map
from .reading import read
from .source import Results, folder_of

Then = Callable[[ParcelMap], None]
# The signals of a layer after which another feature may be there, or one of them is gone
_CHANGES = ("featureAdded", "featureDeleted", "subsetStringChanged", "dataChanged")


class MapSelection(QObject):
    """`message` carries a sentence about what was selected; `layer_missing` comes where the layer is not loaded."""

    message = pyqtSignal(str)
    layer_missing = pyqtSignal()

    def __init__(self, iface: Any, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._iface = iface
        self._results: Optional[Results] = None
        self._layer: Optional[QgsVectorLayer] = None
        self._map: Optional[ParcelMap] = None
        self._waiting: Optional[Then] = None
        self._changes = 0  # of the layer, so that a map is not taken that was made of what it held before
        self._request = 0  # the newest one; what an earlier one finds is not shown any more

    # The layer

    def set_results(self, results: Optional[Results], layer: Optional[QgsVectorLayer] = None) -> None:
        """The results whose parcels are selected, in `layer` or the layer of the project that holds them."""
        self._results = results
        self._take_layer(layer or (find_layer(results) if results is not None else None))

    def layer(self) -> Optional[QgsVectorLayer]:
        """The layer, where it is still there."""
        if self._layer is None and self._results is not None:
            self._take_layer(find_layer(self._results))
        return self._layer

    def load_layer(self) -> Optional[QgsVectorLayer]:
        """Adds the layer to the project, with its styles; None where there is no file that QGIS can read."""
        results = self._results
        layer = open_layer(results) if results is not None else None
        if results is None or layer is None:
            return None
        found = {row.get("code") for row in results.report.get("breakdown", ()) if row["parcels"]}
        classes = [crop for crop in results.classes if not found or crop["code"] in found]
        if layer.isSpatial():
            style_predictions(layer, classes, results.about.truth is not None)
        QgsProject.instance().addMapLayer(layer)
        unfold_legend(layer)
        self._take_layer(layer)
        return layer

    def _take_layer(self, layer: Optional[QgsVectorLayer]) -> None:
        if self._layer is not None:
            self._disconnect(self._layer)
        self._layer, self._map, self._waiting = layer, None, None
        self._request += 1
        if layer is None:
            return
        layer.willBeDeleted.connect(self._on_deleted)
        for name in _CHANGES:
            getattr(layer, name).connect(self._on_changed)
        self._with_map(None)  # while the user reads the page

    def _disconnect(self, layer: QgsVectorLayer) -> None:
        layer.willBeDeleted.disconnect(self._on_deleted)
        for name in _CHANGES:
            getattr(layer, name).disconnect(self._on_changed)

    def _on_deleted(self) -> None:
        self._layer, self._map = None, None
        self._request += 1

    def _on_changed(self, *_: Any) -> None:
        self._map = None
        self._changes += 1

    # Selecting

    def select(self, condition: queries.Condition, words: str) -> None:
        """Selects the parcels that a condition takes; `words` describe them. It runs in the background."""
        results = self._results
        if results is None or self.layer() is None:
            self.layer_missing.emit()
            return
        self._request += 1
        request = self._request

        def take(positions: Any, error: Optional[Exception]) -> None:
            if request == self._request and error is not None:
                self.message.emit(str(error))
            elif request == self._request:
                self._with_map(lambda made: self._select(made, positions, words))

        read(self, tr("Find parcels"), lambda _: queries.positions(results.parcels, condition), take)

    def show(self, positions: Sequence[int], words: str) -> None:
        """Selects some parcels and zooms to them."""
        if self.layer() is None:
            self.layer_missing.emit()
            return
        self._request += 1
        self._with_map(lambda made: self._select(made, positions, words, zoom=True))

    def selected_parcel(self) -> Optional[int]:
        """The position of the first selected parcel; None where none is, or the layer was not read yet."""
        layer = self.layer()
        if layer is None or self._map is None or not layer.selectedFeatureCount():
            return None
        return self._map.position(min(layer.selectedFeatureIds()))

    def _select(self, made: ParcelMap, positions: Sequence[int], words: str, zoom: bool = False) -> None:
        layer = self._layer
        if layer is None:
            return
        features = made.found(positions)
        layer.selectByIds(features)
        if zoom and features:
            self._iface.mapCanvas().zoomToFeatureIds(layer, features)
        self.message.emit(sentence(len(features), len(positions), words))

    def _with_map(self, then: Optional[Then]) -> None:
        """Goes on with the map, which is made in the background where there is none, or the layer was changed."""
        if self._map is not None and then is not None:
            then(self._map)
            return
        making, self._waiting = self._waiting is not None, then or _nothing
        if not making:
            self._make_map()

    def _make_map(self) -> None:
        layer, results = self._layer, self._results
        if layer is None or results is None:
            self._waiting = None
            return
        fields, changes = Fields.of(layer, results.about.id_field), self._changes
        read(
            self,
            tr("Match parcels with the layer"),
            lambda cancelled: make_map(fields, results.parcels, cancelled),
            lambda made, error: self._on_map(layer, changes, made, error),
        )

    def _on_map(
        self, layer: QgsVectorLayer, changes: int, made: Optional[ParcelMap], error: Optional[Exception]
    ) -> None:
        if layer is not self._layer:
            return
        if changes != self._changes:
            self._make_map()
            return
        then, self._waiting = self._waiting, None
        if made is None:
            self.message.emit(str(error))
            return
        self._map = made
        if then is not None:
            then(made)


def _nothing(_: ParcelMap) -> None:
    """For a map that is made before anything is selected."""


def sentence(found: int, asked: int, words: str) -> str:
    """What was selected, and how many parcels the layer lacks."""
    if not asked:
        return tr("No parcels: {0}.").format(words)
    text = tr("{0} parcels selected: {1}.") if found != 1 else tr("{0} parcel selected: {1}.")
    text = text.format(found, words)
    missing = asked - found
    if missing:
        lacking = tr("{0} of {1} are not in the layer: they were deleted, or a filter hides them.")
        text += " " + lacking.format(missing, asked)
    return text


def find_layer(results: Results) -> Optional[QgsVectorLayer]:
    """The layer of the project that these results are of."""
    layers: List[QgsMapLayer] = list(QgsProject.instance().mapLayers().values())
    return next((layer for layer in layers if _same(results_of(layer), results.folder)), None)


def results_of(layer: Optional[QgsMapLayer]) -> Optional[Path]:
    """The folder of the results beside a classified layer; None for any other layer."""
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid() or layer.fields().indexOf(CLASS_FIELD) < 0:
        return None
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    if not parts.get("path"):
        return None
    folder = folder_of(Path(parts["path"]), parts.get("layerName") or "")
    return folder if (folder / results_folder.DESCRIPTION).is_file() else None


def open_layer(results: Results) -> Optional[QgsVectorLayer]:
    """The classified layer from its file; None where it is missing, or QGIS cannot read it."""
    for path in results.layer_files():
        name = results.folder.stem[len(path.stem) + 1 :]  # of a layer that is one of several in its file
        for source in ([f"{path}|layername={name}"] if name else []) + [str(path)]:
            layer = QgsVectorLayer(source, tr("Classified parcels"), "ogr") if path.is_file() else None
            if layer is not None and layer.isValid() and layer.fields().indexOf(CLASS_FIELD) >= 0:
                return layer
    return None


def _same(one: Optional[Path], other: Path) -> bool:
    return one is not None and one.resolve() == other.resolve()
