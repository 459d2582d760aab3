"""The results behind a layer, and of a feature its row in them; nothing of it waits for the engine."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any, Iterator, Optional

from qgis.core import NULL, QgsFeature, QgsProviderRegistry, QgsVectorLayer

from ...engine.protocol import results_folder
from .problems import CannotInspect, no_id, no_results, unknown_id, unknown_parcel, unusable_results

RESULTS_PROPERTY = "crop_classifier/results"  # of a layer: where the user has located its results
ROUNDED = 6e-5  # a confidence has four decimals in the layer


@dataclass(frozen=True)
class LayerResults:
    """The results at `folder.path`, described by `about`."""

    folder: Any
    about: Any

    def row(self, feature: QgsFeature) -> Any:
        """The feature's row; raises CannotInspect where there is none.

        By the field of the parcels' ids where the results name it. Else by the feature's own number or one of its
        fields, which counts only where the row agrees with what the classification wrote into the layer.
        """
        try:
            field = self.about.id_field
            if field is not None and feature.fields().lookupField(field) >= 0:
                return self._row_by_field(feature, field)
            for row in self._candidates(feature):
                if _agrees(row, feature):
                    return row
        except results_folder.NotResults as error:
            raise CannotInspect(unusable_results(error)) from error
        raise CannotInspect(unknown_parcel())

    def last_pixel(self) -> Optional[int]:
        """How many pixels all parcels have; None where the results do not say."""
        last = next(self.folder.parcels("position = ?", (self.about.parcels - 1,)), None)
        return last.place.first_pixel + last.place.n_pixels if last and last.place else None

    def _row_by_field(self, feature: QgsFeature, field: str) -> Any:
        value = feature[field]
        if _is_null(value):
            raise CannotInspect(no_id(field))
        row = self.folder.parcel(as_text(value))
        if row is None:
            raise CannotInspect(unknown_id(field, as_text(value)))
        return row

    def _candidates(self, feature: QgsFeature) -> Iterator[Any]:
        """Rows that may be the feature's: ids are feature ids, or a field's; else formats number from 0 or from 1."""
        yield from filter(None, [self.folder.parcel(str(feature.id()))])
        for position in (feature.id(), feature.id() - 1):
            yield from self.folder.parcels("position = ?", (position,))
        values = (feature[number] for number in range(feature.fields().count()))
        texts = dict.fromkeys(as_text(value) for value in values if not _is_null(value))
        for text in texts:
            yield from filter(None, [self.folder.parcel(text)])


def results_of(layer: QgsVectorLayer) -> LayerResults:
    """Raises CannotInspect."""
    path = results_path(layer)
    if path is None:
        raise CannotInspect(no_results(layer.name()))
    folder = results_folder.ResultsFolder(path)
    try:
        return LayerResults(folder, folder.description())
    except results_folder.NotResults as error:
        raise CannotInspect(unusable_results(error)) from error


def results_path(layer: QgsVectorLayer) -> Optional[Path]:
    """Where the user located them, else beside the layer's file as a classification names them (docs/contracts.md)."""
    own = layer.customProperty(RESULTS_PROPERTY)
    if own and _are_results(Path(own)):
        return Path(own)
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    if not parts.get("path"):
        return None
    file, name = Path(parts["path"]), parts.get("layerName")
    of_layer = re.sub(r"[^\w.-]", "_", name) if name and name != file.stem else ""
    beside = file.with_name(f"{file.stem}_{of_layer}.results" if of_layer else f"{file.stem}.results")
    if _are_results(beside) or name:
        return beside if _are_results(beside) else None
    others = [path for path in file.parent.glob(f"{escape(file.stem)}_*.results") if _are_results(path)]
    return others[0] if len(others) == 1 else None  # of the only layer of a file, whose name the address leaves out


def as_text(value: Any) -> str:
    """As the engine writes the ids of parcels: a whole number has no decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _are_results(path: Path) -> bool:
    return (path / results_folder.DESCRIPTION).is_file()


def _is_null(value: Any) -> bool:
    return value is None or value == NULL


def _agrees(row: Any, feature: QgsFeature) -> bool:
    """Whether the fields that a classification wrote hold what the results do; a class may have been corrected."""
    names = feature.fields().names()
    found = {name: feature[name] for name in ("quality", "confidence", "n_pixels") if name in names}
    if "quality" not in found or "confidence" not in found or found["quality"] != row.quality:
        return False
    if _is_null(found["confidence"]) or row.confidence is None:
        return _is_null(found["confidence"]) and row.confidence is None
    pixels = row.place is None or "n_pixels" not in found or found["n_pixels"] == row.place.n_pixels
    return bool(pixels and abs(found["confidence"] - row.confidence) < ROUNDED)
