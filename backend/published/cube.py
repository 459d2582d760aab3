"""Series of single points or parcel means, all in one array: what .npz files and tables become."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import geopandas
import numpy as np
import pandas
from numpy.typing import NDArray

from backend.protocol import Reporter
from backend.published.axes import Axes
from backend.published.empty_bands import without_empty_bands
from backend.published.encoding import Encoding
from backend.published.locations import placed
from backend.published.source import Block, file_stamp, index_of
from backend.published.spec import ImportSpec


@dataclass(frozen=True)
class Cube:
    """A Source. `values` `(samples, dates, bands)` as in the file; each sample is one pixel."""

    path: Path
    layout: str
    axes: Axes
    samples: geopandas.GeoDataFrame
    ids: pandas.Series
    values: NDArray[Any]
    encoding: Encoding
    others: tuple[Path, ...] = ()  # further files that went in
    positions: ClassVar[bool] = True  # of one pixel in a box of one
    at_once: ClassVar[int] = 4096
    few_pixels: ClassVar[int] = 1  # the files do not contain the number of pixels of a sample

    @classmethod
    def of(
        cls, path: Path, layout: str, axes: Axes, values: NDArray[Any], fields: pandas.DataFrame, ids: pandas.Series,
        spec: ImportSpec, reporter: Reporter,
    ) -> Cube:  # fmt: skip
        samples = placed(fields.reset_index(drop=True), spec.crs, reporter)
        encoding = Encoding.of(spec, values)
        parts = (values[start : start + cls.at_once] for start in range(0, len(values), cls.at_once))
        axes = without_empty_bands(axes, parts, encoding, path, reporter)
        return cls(path, layout, axes, samples, ids, values, encoding)

    def made_with(self, *others: Path) -> Cube:
        return replace(self, others=others)

    def stamp(self) -> list[Any]:
        return [file_stamp(path) for path in (self.path, *self.others)]

    def index(self, reporter: Reporter) -> pandas.DataFrame:
        return index_of(self.ids, np.ones(len(self.values), np.int64))

    def read(self, rows: range) -> Block:
        series, clear, saturated = self.encoding.encode(self.axes.picked(self.values[rows.start : rows.stop]))
        return Block(series, clear, None, saturated)
