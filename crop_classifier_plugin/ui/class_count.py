"""Counts the values of a field in the background, without geometries."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from typing import Any, Optional

from qgis.core import QgsFeatureRequest, QgsTask, QgsVectorLayer, QgsVectorLayerFeatureSource
from qgis.PyQt.QtCore import pyqtSignal

from ..translation import tr

LOOK_EVERY = 2000  # features between two looks at cancel


class CountTask(QgsTask):
    """`counted` carries the parcels per value, and those without one, once the task is through."""

    counted = pyqtSignal(object, int)

    def __init__(self, layer: QgsVectorLayer, field: str, ids: Optional[list[int]] = None) -> None:
        super().__init__(tr("Counting crops of {0}").format(layer.name()), QgsTask.Flag.CanCancel)
        self._source = QgsVectorLayerFeatureSource(layer)  # a snapshot that may be read in another thread
        self._field = layer.fields().lookupField(field)
        self._request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        self._request.setSubsetOfAttributes([self._field])
        if ids is not None:
            self._request.setFilterFids(ids)
        self._counts: Counter[str] = Counter()
        self._empty = 0

    def run(self) -> bool:
        for number, feature in enumerate(self._source.getFeatures(self._request)):
            if number % LOOK_EVERY == 0 and self.isCanceled():
                return False
            text = field_text(feature[self._field])
            if text:
                self._counts[text] += 1
            else:
                self._empty += 1
        return True

    def finished(self, result: bool) -> None:
        if result:
            self.counted.emit(dict(self._counts), self._empty)


def field_text(value: Any) -> str:
    """A field's value as a crop code: null gives none, `1200.0` is read as `1200`, as the engine does."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return ""
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else str(value)
    return str(value).strip()
