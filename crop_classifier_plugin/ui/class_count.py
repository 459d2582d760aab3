"""Counts the values of a field in the background, without geometries."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from typing import Optional

from qgis.core import QgsFeatureRequest, QgsVectorLayer, QgsVectorLayerFeatureSource

from ..engine.protocol import crop_codes
from .background import Cancelled, OnLine, Work

CANCEL_CHECK_EVERY = 2000  # features between two checks


def count(layer: QgsVectorLayer, field: str, ids: Optional[list[int]] = None) -> Work:
    """Work that gives the parcels per crop code; those without a value are under the empty text.

    Called in the main thread; the work itself reads a snapshot of the layer.
    """
    source = QgsVectorLayerFeatureSource(layer)
    position = layer.fields().lookupField(field)
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes([position])
    if ids is not None:
        request.setFilterFids(ids)

    def work(on_line: OnLine, is_cancelled: Cancelled) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for number, feature in enumerate(source.getFeatures(request)):
            if number % CANCEL_CHECK_EVERY == 0 and is_cancelled():
                break  # the result is no longer needed
            counts[crop_codes.as_code(feature[position]) or ""] += 1
        return dict(counts)

    return work
