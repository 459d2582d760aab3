"""A layer that was just written, read back: GDAL's writers do not report a disk that was full at the end."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import numpy as np
import pyarrow
import pyogrio
import shapely
from numpy.typing import NDArray

from backend.files import shortage
from backend.parcels.sources import geoparquet
from backend.parcels.sources.locations import quiet
from backend.parcels.sources.vector_file import GENERAL_STREAM

_NEAR = 1e-9  # relative; a CSV has 15 digits of a coordinate
_DAMAGED = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyarrow.ArrowException, shapely.errors.GEOSException,
    UnicodeDecodeError, ValueError, OSError,
)  # fmt: skip


def _nowhere() -> NDArray[np.float64]:
    return np.full(4, np.nan)


@dataclass
class Tally:
    """How many features a layer has, and the box around their outlines (west, south, east, north; NaN without any)."""

    features: int = 0
    bounds: NDArray[np.float64] = field(default_factory=_nowhere)

    def add(self, outlines: NDArray[np.object_]) -> None:
        box = np.asarray(shapely.total_bounds(outlines))
        least, most = np.fmin(self.bounds[:2], box[:2]), np.fmax(self.bounds[2:], box[2:])
        self.features, self.bounds = self.features + len(outlines), np.concatenate([least, most])

    def of(self, tables: Iterable[geopandas.GeoDataFrame]) -> Iterator[geopandas.GeoDataFrame]:
        """The tables, counted while they are written."""
        for table in tables:
            self.add(np.asarray(table.geometry.array))
            yield table

    def differs_from(self, found: Tally) -> str:
        """A description of the differences; empty without any."""
        if self.features != found.features:
            return f"{found.features} of {self.features} features"
        same = np.allclose(self.bounds, found.bounds, rtol=_NEAR, atol=_NEAR, equal_nan=True)
        return "" if same else f"outlines in {found.bounds.tolist()} in place of {self.bounds.tolist()}"


def require_written(path: Path, layer: str, written: Tally) -> None:
    """Raises OSError unless the file at `path` holds all that was written, read feature by feature."""
    try:
        difference = written.differs_from(_read(path, layer))
        if path.suffix.lower() == ".csv" and not _ends_a_line(path):
            difference = "no end of its last line"
    except _DAMAGED as error:
        difference = f"an error ({' '.join(str(error).split())[:200]})"
    if difference:
        raise OSError(shortage(path.parent), f"what was written could not be read back: found {difference}")


def _read(path: Path, layer: str) -> Tally:
    found = Tally()
    for outlines in _of_parquet(path) if path.suffix.lower() == ".parquet" else _of_gdal(path, layer):
        found.add(outlines)
    return found


def _of_parquet(path: Path) -> Iterator[NDArray[np.object_]]:
    for table in geoparquet.tables(path):
        yield np.asarray(table.geometry.array)


def _of_gdal(path: Path, layer: str) -> Iterator[NDArray[np.object_]]:
    """All fields are read, since each of them may be what was cut off."""
    pyogrio.set_gdal_config_options(GENERAL_STREAM)
    with quiet(str(path)), pyogrio.open_arrow(path, layer=layer, use_pyarrow=True) as (facts, reader), closing(reader):
        name = facts["geometry_name"] or "wkb_geometry"
        for batch in reader:
            yield shapely.from_wkb(batch.column(name).to_numpy(zero_copy_only=False))


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read() == b"\n"
