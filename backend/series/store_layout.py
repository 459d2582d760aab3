"""A whole layer laid out some parcels at a time, so that it may be larger than memory."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import geopandas
import numpy as np
import pandas
from numpy.typing import NDArray

from backend.imagery.grid import Grid
from backend.parcels.outlines import clean, hashes
from backend.parcels.reading import ParcelLayer
from backend.series.layout import Edges, Layout, lay_out, shared_pixels
from backend.series.store import write_parcels
from backend.vocabulary import OUTLINES


@contextmanager
def laid_out(parcels: ParcelLayer, grid: Grid, edges: Edges, folder: Path) -> Iterator[Layout]:
    """The layout of all parcels, whose table is written to the store in `folder` at the same time.

    `index` is the store's: `lay_out`'s columns, `shared_px` and `outline`. It takes 300 bytes of memory per parcel;
    positions are in a temporary file. Raises UnusableCrs, UnreadableParcels, DiskFull, NotWritable.
    """
    with tempfile.TemporaryFile(dir=folder) as positions:
        plan = _Plan(grid, edges, positions)
        write_parcels(folder, plan.of(parcels))
        yield plan.layout()


class _Plan:
    """Lays out tables of parcels one after another."""

    def __init__(self, grid: Grid, edges: Edges, positions: IO[bytes]) -> None:
        self._grid, self._edges, self._positions = grid, edges, positions
        self._parts: list[pandas.DataFrame] = []
        self._issues: list[dict[str, NDArray[np.bool_]]] = []
        self._hashes: list[NDArray[np.int64]] = []
        self._pixels = 0

    def of(self, parcels: ParcelLayer) -> Iterator[geopandas.GeoDataFrame]:
        first = 0
        for table in parcels.tables():
            self._add(table, parcels.ids[first : first + len(table)])
            first += len(table)
            yield table

    def _add(self, table: geopandas.GeoDataFrame, ids: NDArray[np.str_]) -> None:
        geometries = np.asarray(table.geometry.array)
        cleaned = clean(geometries, table.crs, self._grid.crs)
        layout = lay_out(cleaned.outlines, ids, self._grid, self._edges)
        self._positions.write(layout.position.tobytes())
        self._parts.append(layout.index.assign(first_pixel=layout.index["first_pixel"] + self._pixels))
        self._issues.append({**cleaned.issues, "narrow": layout.index["narrow"].to_numpy()})
        self._hashes.append(hashes(geometries))
        self._pixels += len(layout.position)

    def layout(self) -> Layout:
        """The layout of all tables, with what depends on all parcels together."""
        index = pandas.concat(self._parts, ignore_index=True)
        self._parts.clear()
        layout = Layout(index, self._mapped())
        shared = shared_pixels(layout)
        issues = {name: np.concatenate([part[name] for part in self._issues]) for name in self._issues[0]}
        issues["duplicate"] = index["valid"] & pandas.Series(np.concatenate(self._hashes)).duplicated(keep=False)
        issues["overlapping"] = shared > 0
        return Layout(index.assign(shared_px=shared, outline=_named(issues)), layout.position)

    def _mapped(self) -> NDArray[np.uint16]:
        """The positions as a memory map of their file, whose pages can be freed again."""
        if not self._pixels:  # nothing to map
            return np.zeros((0, 2), np.uint16)
        self._positions.flush()
        return np.memmap(self._positions, np.uint16, "r", shape=(self._pixels, 2))


def _named(issues: dict[str, NDArray[np.bool_]]) -> NDArray[np.object_]:
    """The issues of each outline, keys of vocabulary.OUTLINES separated by commas; "" without any."""
    named = np.full(len(issues["narrow"]), "", object)
    for name in OUTLINES:
        some = np.asarray(issues[name])
        named[some] = [f"{before},{name}".lstrip(",") for before in named[some]]
    return named
