"""Where a parcel layer's features come from: one file for each kind, behind the Protocol in `chunk`."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import geopandas

from backend.errors import BadArgument
from backend.parcels.database import Database
from backend.parcels.sources import encoding as encodings
from backend.parcels.sources import locations
from backend.parcels.sources.chunk import Source
from backend.parcels.sources.geoparquet import GeoParquet
from backend.parcels.sources.open_table import OpenTable
from backend.parcels.sources.postgis import PostGis
from backend.parcels.sources.vector_file import VectorFile, layer_in

_PARQUET = (".parquet", ".geoparquet")

Parcels: TypeAlias = Path | Database | geopandas.GeoDataFrame


def find(
    path: Parcels, layer: str | None = None, encoding: str | None = None, geometry: str | None = None
) -> Source:  # fmt: skip
    """The layer at `path`, or the open table.

    Raises UnreadableParcels; BadArgument where there are several layers and none is named, or none of that name, and
    for an encoding it cannot be in or a `geometry` where no column is to be named; for a database NoParcels.
    """
    if isinstance(path, geopandas.GeoDataFrame):
        return OpenTable(path)
    if isinstance(path, Database):
        if encoding:
            raise BadArgument("encoding", "none, because databases name theirs; only shapefiles take one", encoding)
        return PostGis(path, layer)
    place, layer = locations.find(path, layer)
    how = encodings.of(place, encoding)
    parquet = _is_parts(place.path) if place.path.is_dir() else place.suffix in _PARQUET
    if geometry and not parquet:
        raise BadArgument("geometry", "none, as only a GeoParquet has several columns of geometries", geometry)
    if not parquet:
        return VectorFile(place, layer_in(place, layer), how.name, how.guessed)
    if layer not in (None, place.stem):
        raise BadArgument("layer", f"none, as a GeoParquet holds one, or {place.stem}", layer)
    return GeoParquet(place.path, geometry=geometry)


def _is_parts(path: Path) -> bool:
    """Whether a folder holds the files of a GeoParquet that was written in parts."""
    return path.is_dir() and next(path.glob("*.parquet"), None) is not None
