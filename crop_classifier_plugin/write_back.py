"""Writes predictions into the layer that they are about: one edit command, which Ctrl+Z undoes; QGIS stays responsive.

    run = WriteBack(layer, "crops.gpkg", "ID_PARCEL")
    run.progress.connect(bar.setValue)
    run.finished.connect(show)
    run.start()

Of 20,000 parcels QGIS waits 70 ms at most. An open attribute table of the layer changes that: QGIS loads it anew at
each new field (0.2 s), and undoing then takes half a minute; without it, 0.1 s. Callers may ask to close it.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar, Dict, Generator, Iterator, List, Mapping, Optional, Set, Tuple

from qgis.core import NULL, QgsFeatureRequest, QgsField, QgsVectorDataProvider, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .engine.protocol import options
from .parcel_source import UnusableLayer
from .translation import tr

SLICE_S = 0.02  # of work between two turns of QGIS's event loop
LENGTHS = (0, 254)  # of texts: without a limit, or a shapefile's
READ_SHARE, FIND_SHARE = 20.0, 40.0  # of the progress, in per cent, when these parts are done


@dataclass(frozen=True)
class Outcome:
    """`message`: why nothing was written, empty where it was. Features of the layer `with_prediction` and `without`,
    and predictions without a feature; the names of the fields that are new.
    """

    message: str = ""
    with_prediction: int = 0
    without_prediction: int = 0
    without_feature: int = 0
    new_fields: Tuple[str, ...] = ()


Former = Dict[int, Dict[int, Any]]  # values by the feature's id and the field's position


class _Stopped(Exception):
    """Raised inside the work; `str()` is what the user reads."""


class WriteBack(QObject):
    """Adds the fields of `predictions` (a classified layer or its path) to `layer` and fills them by the parcel's id.

    The layer is switched to editing where it is not, and nothing is saved. A field that it has already is filled again.
    Used once, in the main thread. `progress` has per cent, `finished` the Outcome. Raises UnusableLayer for layers that
    cannot be used.
    """

    progress = pyqtSignal(float)
    finished = pyqtSignal(object)
    _alive: ClassVar[Set[WriteBack]] = set()

    def __init__(
        self, layer: QgsVectorLayer, predictions: Any, id_field: str, predictions_id_field: Optional[str] = None
    ) -> None:
        super().__init__()
        self._layer = layer
        self._predictions = predictions if isinstance(predictions, QgsVectorLayer) else _opened(str(predictions))
        self._id_field, self._other_id_field = id_field, predictions_id_field or id_field
        _require_usable(layer, self._predictions, self._id_field, self._other_id_field)
        self._names = [name for name in options.PREDICTION_FIELDS if self._predictions.fields().lookupField(name) >= 0]
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._slice)
        self._work: Optional[Iterator[None]] = None
        self._in_command, self._is_there = False, True
        self._outcome = Outcome()

    def start(self) -> None:
        """Begins; returns at once."""
        self._alive.add(self)
        self._layer.willBeDeleted.connect(self._on_lost)
        self._layer.beforeCommitChanges.connect(self._on_saving)
        self._layer.beforeRollBack.connect(self._on_saving)
        self._work = self._steps()
        self._timer.start(0)

    def cancel(self) -> None:
        """Takes back what was written."""
        self._stop(tr("Cancelled. The layer is as it was."))

    def is_running(self) -> bool:
        return self._work is not None

    # The work

    def _slice(self) -> None:
        """As many steps as fit into a short time."""
        until = time.perf_counter() + SLICE_S
        try:
            while self._work is not None and time.perf_counter() < until:
                next(self._work)
        except StopIteration:
            self._end()
        except _Stopped as stopped:
            self._stop(str(stopped))

    def _steps(self) -> Iterator[None]:
        """The whole work; each step takes a few milliseconds at most."""
        values: Dict[str, List[Any]] = {}
        yield from self._read(values)
        found: List[Tuple[int, str]] = []
        missing: List[int] = []
        yield from self._find(values, found, missing)
        if not found:
            text = tr("No feature of {layer} has a prediction: compare the values of {field} in both layers.")
            raise _Stopped(text.format(layer=self._layer.name(), field=self._id_field))
        if not self._layer.isEditable() and not self._layer.startEditing():
            raise _Stopped(tr("The layer {} cannot be edited.").format(self._layer.name()))
        self._layer.beginEditCommand(tr("Write predictions"))
        self._in_command = True
        new: List[str] = []
        yield from self._add_fields(new)
        yield from self._fill(values, found, new)
        matched = {key for _, key in found}
        self._outcome = Outcome("", len(found), len(missing), len(values) - len(matched), tuple(new))

    def _read(self, values: Dict[str, List[Any]]) -> Iterator[None]:
        """The predictions by id."""
        positions = [self._predictions.fields().lookupField(name) for name in self._names]
        key_at = self._predictions.fields().lookupField(self._other_id_field)
        for feature, share in _features(self._predictions, [*positions, key_at]):
            attributes = feature.attributes()
            key = _key(attributes[key_at])
            if key is not None and key in values:
                text = tr("The predictions have several parcels {key} in the field {field}.")
                raise _Stopped(text.format(key=key, field=self._other_id_field))
            if key is not None:
                values[key] = [attributes[position] for position in positions]
            yield self.progress.emit(READ_SHARE * share)

    def _find(self, values: Mapping[str, Any], found: List[Tuple[int, str]], missing: List[int]) -> Iterator[None]:
        """Which feature has which prediction."""
        key_at = self._layer.fields().lookupField(self._id_field)
        for feature, share in _features(self._layer, [key_at]):
            key = _key(feature.attributes()[key_at])
            if key is None or key not in values:
                missing.append(feature.id())
            else:
                found.append((feature.id(), key))
            yield self.progress.emit(READ_SHARE + (FIND_SHARE - READ_SHARE) * share)

    def _add_fields(self, new: List[str]) -> Iterator[None]:
        for name in self._names:
            if self._layer.fields().lookupField(name) < 0:
                field = _field_for(self._layer.dataProvider(), self._predictions.fields().field(name))
                if field is None or not self._layer.addAttribute(field):
                    text = tr("The layer {layer} cannot hold the field {field}.")
                    raise _Stopped(text.format(layer=self._layer.name(), field=name))
                new.append(name)
            yield

    def _fill(self, values: Mapping[str, List[Any]], found: List[Tuple[int, str]], new: List[str]) -> Iterator[None]:
        """Former values are given along: else QGIS looks up each feature to be able to undo."""
        positions = [self._layer.fields().lookupField(name) for name in self._names]
        kept = [position for name, position in zip(self._names, positions) if name not in new]
        former = (yield from self._former(kept)) if kept else {}
        # None would mean unknown: undoing would read the layer anew for each feature, a minute for 10,000
        nothing = dict.fromkeys(positions, NULL)
        for number, (feature_id, key) in enumerate(found):
            old = {**nothing, **former.get(feature_id, {})}
            if not self._layer.changeAttributeValues(feature_id, dict(zip(positions, values[key])), old):
                raise _Stopped(tr("The layer {} cannot be edited.").format(self._layer.name()))
            yield self.progress.emit(FIND_SHARE + (100.0 - FIND_SHARE) * number / len(found))

    def _former(self, positions: List[int]) -> Generator[None, None, Former]:
        """The values of the fields that the layer had before."""
        former: Former = {}
        for feature, _ in _features(self._layer, positions):
            attributes = feature.attributes()
            former[feature.id()] = {position: attributes[position] for position in positions}
            yield
        return former

    # The end

    def _end(self) -> None:
        self._in_command = False
        self._layer.endEditCommand()
        self._layer.triggerRepaint()
        self._finish(self._outcome)

    def _stop(self, message: str) -> None:
        if self._work is None:
            return
        if self._in_command:
            self._in_command = False
            self._layer.destroyEditCommand()
        self._finish(Outcome(message))

    def _on_saving(self, *_: Any) -> None:
        """QGIS can neither save nor roll back in the middle of a command."""
        self._stop(tr("The editing of the layer was ended before all predictions were written: none is."))

    def _on_lost(self) -> None:
        self._in_command, self._is_there = False, False
        self._stop(tr("The layer was removed before all predictions were written."))

    def _finish(self, outcome: Outcome) -> None:
        self._timer.stop()
        self._work = None
        if self._is_there:
            self._layer.willBeDeleted.disconnect(self._on_lost)
            self._layer.beforeCommitChanges.disconnect(self._on_saving)
            self._layer.beforeRollBack.disconnect(self._on_saving)
        self._alive.discard(self)
        self.finished.emit(outcome)


def _opened(path: str) -> QgsVectorLayer:
    return QgsVectorLayer(path, path, "ogr")


def _require_usable(layer: QgsVectorLayer, predictions: QgsVectorLayer, field: str, other_field: str) -> None:
    """Raises UnusableLayer."""
    for checked, name in ((layer, field), (predictions, other_field)):
        if not checked.isValid():
            raise UnusableLayer(tr("The layer {} cannot be read.").format(checked.name()))
        if checked.fields().lookupField(name) < 0:
            names = ", ".join(found.name() for found in checked.fields())
            text = tr("The layer {layer} has no field {field}. Its fields are {names}.")
            raise UnusableLayer(text.format(layer=checked.name(), field=name, names=names))
    if predictions.fields().lookupField(options.PREDICTION_FIELDS[0]) < 0:
        raise UnusableLayer(tr("The layer {} holds no predictions.").format(predictions.name()))
    needed = QgsVectorDataProvider.Capability.AddAttributes | QgsVectorDataProvider.Capability.ChangeAttributeValues
    if layer.readOnly() or layer.dataProvider().capabilities() & needed != needed:
        text = tr("The layer {} cannot be edited. Export the predictions to another file instead.")
        raise UnusableLayer(text.format(layer.name()))


def _features(layer: QgsVectorLayer, positions: List[int]) -> Iterator[Tuple[Any, float]]:
    """The features without outlines, with some of their attributes, and the share that was read."""
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes(positions)
    count = max(1, layer.featureCount())
    for number, feature in enumerate(layer.getFeatures(request)):
        yield feature, min(1.0, number / count)


def _field_for(provider: QgsVectorDataProvider, field: QgsField) -> Optional[QgsField]:
    """The field as the provider can hold it; None where it cannot."""
    for length in LENGTHS:
        made = QgsField(field)
        made.setTypeName("")
        made.setLength(length)
        made.setPrecision(0)
        if provider.supportedType(made):
            return made
    return None


def _key(value: Any) -> Optional[str]:
    """An identifier as text: a whole number has no decimals, whichever format it comes from; None where it is null."""
    if value is None or str(value) in ("", "NULL"):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
