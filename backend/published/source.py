"""What every layout looks like to the import: samples one after the other, each a parcel's set of pixels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import geopandas
import numpy as np
import pandas
from numpy.typing import NDArray

from backend.protocol import Reporter
from backend.published.axes import Axes


@dataclass(frozen=True)
class Block:
    """The pixels of some samples, one sample after the other; gaps in time are not filled yet.

    `series` `(pixels, dates, bands)` reflectance x 10,000; `clear` `(pixels, dates)`: observed; `position` `(pixels,
    2)`: row and column in the sample's box, None where the set has none; `saturated`: numbers too large for the store.
    """

    series: NDArray[np.int16]
    clear: NDArray[np.bool_]
    position: NDArray[np.uint16] | None
    saturated: int


class Source(Protocol):
    """A published data set. `samples` has the fields of each, in the order of the rows, with points where known."""

    @property
    def path(self) -> Path: ...

    @property
    def layout(self) -> str: ...

    @property
    def axes(self) -> Axes: ...

    @property
    def samples(self) -> geopandas.GeoDataFrame: ...

    @property
    def positions(self) -> bool:
        """Whether pixels have a row and column."""
        ...

    @property
    def at_once(self) -> int:
        """Samples read in one block."""
        ...

    @property
    def few_pixels(self) -> int:
        """Samples of fewer pixels are flagged."""
        ...

    def stamp(self) -> list[Any]:
        """What changes when the files change, as JSON."""
        ...

    def index(self, reporter: Reporter) -> pandas.DataFrame:
        """The store's index without its flags; looks at every file. Raises BadSample, Cancelled."""
        ...

    def read(self, rows: range) -> Block:
        """Raises BadSample."""
        ...


def index_of(ids: pandas.Series, count: NDArray[np.int64], **known: NDArray[Any]) -> pandas.DataFrame:
    """An index of samples with `count` pixels each; `known` replaces the columns that are unknown otherwise."""
    unknown: dict[str, Any] = {
        "row_px": 0, "column_px": 0, "height_px": 1, "width_px": count, "by_touch": False, "valid": True,
        "inside_share": 1.0, "area_m2": 0.0, "perimeter_m": 0.0,
    }  # fmt: skip
    facts = {"parcel_id": ids.astype(str).to_numpy(), "first_pixel": np.cumsum(count) - count, "n_pixels": count}
    return pandas.DataFrame({**facts, **unknown, **known})


def without_locations(fields: pandas.DataFrame) -> geopandas.GeoDataFrame:
    """Fields as a layer whose features have no outline."""
    return geopandas.GeoDataFrame(fields, geometry=geopandas.GeoSeries([None] * len(fields)))


def file_stamp(path: Path) -> list[Any]:
    facts = path.stat()
    return [path.name, facts.st_size, facts.st_mtime_ns]
