"""The parcel before or after another one in its layer."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.core import QgsFeature, QgsFeatureRequest, QgsVectorLayer

MOST_GAPS = 2000  # feature numbers without a feature that are passed over


def neighbour(layer: QgsVectorLayer, feature_id: int, step: int) -> Optional[QgsFeature]:
    """By the features' numbers, `step` 1 or -1: among the selected ones where several are selected, else among all.

    None at the end of the layer.
    """
    selected = sorted(layer.selectedFeatureIds())
    if len(selected) > 1:
        further = [number for number in selected if (number - feature_id) * step > 0]
        return layer.getFeature(min(further, key=lambda number: abs(number - feature_id))) if further else None
    for number in range(feature_id + step, feature_id + step * MOST_GAPS, step):
        if number < 0:
            return None
        found = next(layer.getFeatures(QgsFeatureRequest(number)), None)
        if found is not None:
            return found
    return None
