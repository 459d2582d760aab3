"""Which feature of the layer is which parcel of the results. No widgets, any thread."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from qgis.core import QgsFeatureRequest, QgsVectorLayer, QgsVectorLayerFeatureSource

from ...engine.protocol import crop_codes
from ...styles import CONFIDENCE_FIELD
from ...translation import tr
from . import queries

MISSING = -1
DECIMALS = 4  # of the confidence in a layer
LEAST_ALIKE = 0.5  # share of the matched features whose confidence is that of their parcel


class AnotherLayer(ValueError):
    """Raised when the features of a layer are not the parcels of the results; `str()` can be shown."""


@dataclass(frozen=True)
class ParcelMap:
    """`features`: the feature's id of each parcel by its position, MISSING where the layer has none."""

    features: array

    def found(self, positions: Iterable[int]) -> List[int]:
        """The features of some parcels, without those that the layer lacks."""
        known = (self.features[position] for position in positions if position < len(self.features))
        return [feature for feature in known if feature != MISSING]

    def position(self, feature: int) -> Optional[int]:
        """The parcel of a feature; None for one that was added later."""
        return self.features.index(feature) if feature in self.features else None


@dataclass(frozen=True)
class Fields:
    """A layer's features for reading in another thread, and the positions of its fields, -1 for one that it lacks."""

    source: QgsVectorLayerFeatureSource
    id_field: int
    confidence: int

    @classmethod
    def of(cls, layer: QgsVectorLayer, id_field: Optional[str]) -> Fields:
        """Called in the main thread."""
        fields = layer.fields()
        key = fields.indexOf(id_field) if id_field else -1
        return cls(QgsVectorLayerFeatureSource(layer), key, fields.indexOf(CONFIDENCE_FIELD))


Feature = Tuple[int, Optional[str], Optional[float]]  # its id, what the parcel is called in it, its confidence


Way = Callable[[int, str], int]  # from a parcel's position and id to its feature's id, or MISSING


def make_map(fields: Fields, folder: Any, cancelled: Callable[[], bool]) -> ParcelMap:
    """Reads the layer once. Raises AnotherLayer, NotResults."""
    features = _features(fields, cancelled)
    return match(features, queries.ids_and_confidences(folder))


def match(features: Sequence[Feature], parcels: Sequence[Tuple[int, str, Optional[float]]]) -> ParcelMap:
    """Matches by the field of ids, by feature ids as the parcels' own, or by the order in the file.

    A format may number features anew, so the way is taken by which most features have the confidence of their
    parcel; none is where fewer than half of those matched have it. Raises AnotherLayer.
    """
    confidences = {feature: _rounded(confidence) for feature, _, confidence in features}
    best, most = array("q"), 0
    for of_parcel in _ways(features):
        made = array("q", (of_parcel(position, name) for position, name, _ in parcels))
        pairs = [(made[at], parcels[at][2]) for at in range(len(made)) if made[at] != MISSING]
        alike = sum(confidences[feature] == _rounded(confidence) for feature, confidence in pairs)
        if alike > most and alike >= LEAST_ALIKE * len(pairs):
            best, most = made, alike
        if alike == len(features):
            break
    if features and not most:
        raise AnotherLayer(tr("The layer does not have the parcels of these results."))
    return ParcelMap(best if most else array("q", [MISSING]) * len(parcels))


def _ways(features: Sequence[Feature]) -> List[Way]:
    by_name: Dict[str, int] = {name: feature for feature, name, _ in features if name is not None}
    by_id = {str(feature): feature for feature, _, _ in features}
    known = {feature for feature, _, _ in features}
    ways: List[Way] = [
        lambda _, name: by_name.get(name, MISSING),
        lambda _, name: by_id.get(name, MISSING),
    ]
    return [*ways, *(_counted_from(first, known) for first in (0, 1))]


def _counted_from(first: int, known: Set[int]) -> Way:
    return lambda position, _: position + first if position + first in known else MISSING


def _features(fields: Fields, cancelled: Callable[[], bool]) -> List[Feature]:
    wanted = [index for index in (fields.id_field, fields.confidence) if index >= 0]
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes(wanted)
    found = []
    for feature in fields.source.getFeatures(request):
        if cancelled():
            break
        name = crop_codes.as_code(feature.attribute(fields.id_field)) if fields.id_field >= 0 else None
        value = feature.attribute(fields.confidence) if fields.confidence >= 0 else None
        found.append((feature.id(), name, value if isinstance(value, float) else None))
    return found


def _rounded(confidence: Optional[float]) -> Optional[float]:
    return None if confidence is None else round(confidence, DECIMALS)
