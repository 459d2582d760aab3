"""The features of an export: a classified layer's own, or another layer's with the predictions beside its fields."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas
import pyproj
from numpy.typing import NDArray

from backend.crop_codes import as_code
from backend.errors import BadArgument, MissingField, NoParcelsLeft
from backend.parcels import nomenclature
from backend.parcels.any_layer import AnyLayer, open_layer
from backend.parcels.predictions import FIELDS
from backend.parcels.reading import column, id_text, read_fields
from backend.parcels.writing import attach
from backend.results_folder import NotResults, ResultsFolder
from backend.vocabulary import CropClass

if TYPE_CHECKING:
    from backend.workflows.export import ExportSpec

CODE, NAME = "crop_code", "crop_name"


@dataclass(frozen=True)
class Selection:
    """Parcels of some `qualities` (none: all), of at least `min_confidence` (None: also those without a class)."""

    qualities: tuple[str, ...] = ()
    min_confidence: float | None = None

    def of(self, table: pandas.DataFrame, where: object) -> NDArray[np.bool_]:
        """`(parcels,)`. Raises MissingField."""
        chosen = np.ones(len(table), bool)
        if self.qualities:
            chosen &= np.isin(column(table, "quality", where).astype(str), self.qualities)
        if self.min_confidence is not None:
            numbers = pandas.to_numeric(pandas.Series(column(table, "confidence", where)), errors="coerce")
            chosen &= numbers.to_numpy(np.float64, na_value=np.nan) >= self.min_confidence
        return chosen


@dataclass(frozen=True)
class Joined:
    """How many features of the layer have a prediction and how many have none, and predictions without a feature."""

    with_prediction: int
    without_prediction: int
    without_feature: int


@dataclass(frozen=True)
class ExportedLayer:
    """An iterable of tables, the same at each call; `renamed`: fields that the format calls otherwise."""

    source: AnyLayer
    path: Path
    where: Path
    kept: tuple[str, ...]
    selection: Selection
    crs: pyproj.CRS | None
    parcels: int
    left_out: int
    classes: tuple[CropClass, ...]
    predictions: pandas.DataFrame | None = None  # by id, of a join
    id_field: str = ""
    joined: Joined | None = None

    @classmethod
    def open(cls, spec: ExportSpec, crs: pyproj.CRS | None) -> ExportedLayer:
        """Reads the predictions' fields, and the layer to join to. Raises MissingField, NoParcelsLeft, BadArgument."""
        fields = read_fields(spec.predictions, spec.layer)
        where = spec.predictions
        names = _kept(fields, spec.fields, where)
        column(fields, CODE, where)
        chosen = fields[spec.selection.of(fields, where)]
        if not len(chosen):
            raise NoParcelsLeft(path=where, parcels=len(fields))
        facts: dict[str, Any] = {
            "path": spec.output, "where": where, "crs": crs, "classes": classes_of(chosen, where, spec.results),
            "left_out": len(fields) - len(chosen),
        }  # fmt: skip
        if spec.join is None:
            source = open_layer(where, spec.layer)
            return cls(source, kept=names, selection=spec.selection, parcels=len(chosen), **facts)
        source, id_field = open_layer(spec.join, spec.join_layer), str(spec.id_field)
        table = _by_id(chosen, id_field, where, [name for name in names if name in FIELDS or name in spec.fields])
        joined = _joined(source, id_field, table.index, spec.join)
        return cls(source, kept=source.fields, selection=Selection(), parcels=source.features, **facts,
                   predictions=table, id_field=id_field, joined=joined)  # fmt: skip

    def __iter__(self) -> Iterator[geopandas.GeoDataFrame]:
        for table in self.source.tables():
            chosen = self._chosen(table)
            if len(chosen) or self.predictions is not None:
                yield self._attached(chosen)[0]

    @property
    def renamed(self) -> Mapping[str, str]:
        return self._attached(next(self.source.tables()).iloc[:0])[1]

    @property
    def fields(self) -> tuple[str, ...]:
        """As they are called in the output."""
        table = self._attached(next(self.source.tables()).iloc[:0])[0]
        return tuple(map(str, table.columns.drop(table.geometry.name)))

    @property
    def has_codes(self) -> bool:
        return CODE in self.fields

    def _chosen(self, table: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        return table[self.selection.of(table, self.where)]

    def _attached(self, table: geopandas.GeoDataFrame) -> tuple[geopandas.GeoDataFrame, dict[str, str]]:
        """The layer's own fields, then the prediction's, in the coordinate system of the output."""
        own = [name for name in self.kept if self.predictions is not None or name not in FIELDS]
        if self.predictions is None:
            added = pandas.DataFrame(table[[name for name in self.kept if name in FIELDS]])
        else:
            added = self.predictions.reindex(_ids(table, self.id_field, self.path))
        located = _reprojected(table[[*own, table.geometry.name]], self.crs)
        return attach(located, added, self.path)


def classes_of(fields: pandas.DataFrame, where: Path, results: Path | None) -> tuple[CropClass, ...]:
    """The classes of the layer: as the classification's results name and colour them, others with colours of their own.

    Raises BadArgument where `results` was given and is none.
    """
    names = column(fields, NAME, where) if NAME in fields else [None] * len(fields)
    held = {as_code(code): name for code, name in zip(column(fields, CODE, where), names) if as_code(code)}
    known = {crop.code: crop for crop in _of_results(where, results)}
    if set(held) <= set(known):
        return tuple(crop for code, crop in known.items() if code in held)
    called = {str(code): str(name) for code, name in held.items() if name}
    return nomenclature.from_values(list(held), called).classes


def _of_results(where: Path, given: Path | None) -> Sequence[CropClass]:
    folder = ResultsFolder(given) if given is not None else ResultsFolder.beside(where)
    try:
        return [CropClass(**crop) for crop in folder.description().classes]
    except NotResults as error:
        if given is not None:
            raise BadArgument("results", "the folder NAME.results of a classification", str(error)) from error
        return []


def _kept(fields: pandas.DataFrame, wanted: Sequence[str], where: Path) -> tuple[str, ...]:
    """The layer's fields, or those wanted, in the layer's order. Raises MissingField."""
    names = list(map(str, fields.columns))
    for name in wanted:
        if name not in names:
            raise MissingField(where, name, names)
    return tuple(name for name in names if not wanted or name in wanted)


def _by_id(table: pandas.DataFrame, id_field: str, where: Path, names: Sequence[str]) -> pandas.DataFrame:
    """The fields of the predictions by the parcel's id. Raises MissingField, BadArgument for ids that repeat."""
    ids = _ids(table, id_field, where)
    indexed = table[[name for name in names if name != id_field]].set_index(pandas.Index(ids))
    indexed = indexed[indexed.index.notna()]
    repeated = indexed.index[indexed.index.duplicated()]
    if len(repeated):
        times = int((indexed.index == repeated[0]).sum())
        raise BadArgument("id_field", "a field whose values are all different", f"{repeated[0]} {times} times")
    return indexed


def _joined(layer: AnyLayer, id_field: str, predicted: pandas.Index, where: Path) -> Joined:
    """Raises MissingField."""
    found: set[object] = set()
    matched = 0
    for table in layer.tables():
        known = pandas.Index(_ids(table, id_field, where))
        with_prediction = known.isin(predicted) & known.notna()
        matched += int(with_prediction.sum())
        found |= set(known[with_prediction])
    return Joined(matched, layer.features - matched, len(predicted) - len(found))


def _ids(table: pandas.DataFrame, id_field: str, where: object) -> Iterable[object]:
    """As text, None where there is none: a whole number that a format keeps as floating point has no decimals."""
    values = [None if value is None else id_text(value) for value in column(table, id_field, where)]
    return np.array(values, dtype=object)


def _reprojected(table: geopandas.GeoDataFrame, crs: pyproj.CRS | None) -> geopandas.GeoDataFrame:
    """Raises BadArgument where the outlines have no coordinate system, or none in `crs`."""
    if crs is None or table.crs == crs:
        return table
    if table.crs is None:
        raise BadArgument("crs", "none, as the layer has no coordinate system", crs.to_string())
    moved = table.to_crs(crs)
    if np.isinf(moved.total_bounds).any():
        raise BadArgument("crs", "a coordinate system that reaches the parcels", crs.to_string())
    return moved
