"""Parcels that a caller holds as an open GeoDataFrame."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely

from backend.parcels.sources.chunk import FEATURES, Chunk


@dataclass(frozen=True, eq=False)
class OpenTable:
    """Its index names the features; the table must not be changed while it is used."""

    table: geopandas.GeoDataFrame
    layer: str = "parcels"
    guessed: bool = False

    def chunks(self, geometry: bool = True, features: int | None = None) -> Iterator[Chunk]:
        step = features or FEATURES
        table = self.table if geometry else pandas.DataFrame(self.table.drop(columns=self.table.geometry.name))
        for start in range(0, max(len(table), 1), step):
            yield Chunk(table.iloc[start : start + step])

    def stamp(self) -> list[Any]:
        """A digest of outlines, fields and coordinate system."""
        digest = hashlib.sha256(str(self.table.crs).encode())
        for outline in shapely.to_wkb(np.asarray(self.table.geometry.array)):
            digest.update(outline or b"\0")
        fields = pandas.DataFrame(self.table.drop(columns=self.table.geometry.name))
        digest.update(fields.to_csv().encode())
        return ["GeoDataFrame", len(self.table), digest.hexdigest()]
