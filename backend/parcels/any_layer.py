"""A layer of any kind, of outlines, points or without locations, read some features at a time as often as needed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas

from backend.parcels import sources
from backend.parcels.reading import agreed_types, with_types
from backend.parcels.sources.chunk import Source


@dataclass(frozen=True)
class AnyLayer:
    """`fields` in their order; `features`: their number."""

    source: Source
    features: int
    fields: tuple[str, ...]
    _types: dict[str, Any] = field(default_factory=dict, repr=False)  # of all chunks, where theirs differ
    _at_once: int | None = field(default=None, repr=False)

    def tables(self) -> Iterator[geopandas.GeoDataFrame]:
        """All features, with the same fields and types in every table; at least one table."""
        for chunk in self.source.chunks(features=self._at_once):
            yield with_types(_located(chunk.table), self._types)


@dataclass(frozen=True)
class _Look:
    types: dict[str, Any]
    empty: frozenset[str]  # fields without a value


def open_layer(path: Path, layer: str | None = None) -> AnyLayer:
    """Reads the layer once. Raises what `sources.find` raises, UnreadableParcels."""
    source = sources.find(path, layer)
    looks, features = [], 0
    for chunk in source.chunks():
        table = _located(chunk.table)
        fields = table.drop(columns=table.geometry.name)
        looks.append(_Look(dict(fields.dtypes), frozenset(fields.columns[fields.isna().all()])))
        features += len(fields)
    names = tuple(map(str, looks[0].types))
    types = agreed_types(looks)
    if types is None:
        return AnyLayer(source, features, names, _at_once=features + 1)
    return AnyLayer(source, features, names, types)


def _located(table: pandas.DataFrame) -> geopandas.GeoDataFrame:
    """The table, of a layer without locations with a column of empty ones."""
    if isinstance(table, geopandas.GeoDataFrame):
        return table
    nowhere = geopandas.GeoSeries(np.full(len(table), None), index=table.index)
    return geopandas.GeoDataFrame(table, geometry=nowhere)
