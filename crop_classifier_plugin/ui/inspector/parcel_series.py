"""The store behind results, wherever it is now, and a parcel's pixels in it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

from qgis.core import QgsVectorLayer

from ...engine.protocol import parcel_course, store_pixels
from .layer_results import LayerResults
from .problems import (
    CannotInspect,
    no_pixels,
    not_kept,
    older_results,
    other_series,
    series_gone,
    unreadable_series,
)  # fmt: skip

STORE_PROPERTY = "crop_classifier/store"  # of a layer: where the user has located its series
MANIFEST = store_pixels.MANIFEST


@dataclass(frozen=True)
class Variable:
    """What has a course: an index or a band of one of the store's sources."""

    source: int
    name: str


@dataclass(frozen=True)
class ParcelSeries:
    """A parcel's pixels of each source of the store `facts`, in the order of its sources."""

    facts: Any
    pixels: List[Any]

    def variables(self) -> List[Variable]:
        sources = enumerate(self.facts.sources)
        return [Variable(number, name) for number, source in sources for name in parcel_course.variables(source)]

    def course(self, variable: Variable) -> List[Any]:
        """A CoursePoint for each day of the variable's source."""
        return parcel_course.course(self.pixels[variable.source], variable.name)


class SeriesReader:
    """Keeps what it has read of a store's manifest, which may be long, until the file changes."""

    def __init__(self) -> None:
        self._known: Dict[str, Any] = {}

    def read(self, layer: QgsVectorLayer, results: LayerResults, row: Any) -> ParcelSeries:
        """Raises CannotInspect."""
        if row.place is None:
            raise CannotInspect(older_results())
        path = self._find(layer, results)
        facts = self._facts(path)
        try:
            if facts.pixel_count() != results.last_pixel():
                raise CannotInspect(other_series(str(path)))
            if not row.place.n_pixels:
                raise CannotInspect(no_pixels())
            place = (row.place.first_pixel, row.place.n_pixels)
            return ParcelSeries(facts, [facts.pixels(source, *place) for source in facts.sources])
        except store_pixels.NotReadable as error:
            raise CannotInspect(unreadable_series(str(path), error)) from error

    def _find(self, layer: QgsVectorLayer, results: LayerResults) -> Path:
        for path in _places(layer, results):
            if (path / MANIFEST).is_file():
                return path
        kept = results.about.store
        raise CannotInspect(series_gone(kept) if kept else not_kept())

    def _facts(self, path: Path) -> Any:
        changed = (path / MANIFEST).stat().st_mtime_ns
        known = self._known.get(str(path))
        if known is None or known[0] != changed:
            try:
                known = (changed, store_pixels.read_store(path))
            except store_pixels.NotReadable as error:
                raise CannotInspect(unreadable_series(str(path), error)) from error
            self._known = {str(path): known}  # of one store only
        return known[1]


def _places(layer: QgsVectorLayer, results: LayerResults) -> Iterator[Path]:
    """Where the user located the store, where it was made, or beside the results: both may have been moved together."""
    own = layer.customProperty(STORE_PROPERTY)
    if own:
        yield Path(own)
    beside = results.folder.path
    if results.about.store:
        yield beside.parent / results.about.store  # an absolute path stays itself
        yield beside.parent / Path(results.about.store.replace("\\", "/")).name
    yield beside.with_suffix(".parcels")
