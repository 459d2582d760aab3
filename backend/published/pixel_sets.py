"""Pixel sets of pytorch-psetae (Zenodo 5815488): DATA/ID.npy of (dates, bands, pixels), which nobody has placed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import geopandas
import numpy as np
import pandas
from numpy.typing import NDArray

from backend.errors import BadMeta
from backend.protocol import Reporter
from backend.published.axes import Axes
from backend.published.empty_bands import without_empty_bands
from backend.published.encoding import Encoding
from backend.published.folder import Folder, read_json
from backend.published.source import Block, index_of, without_locations

_FIGURES = 4
_AGREEING = 0.95  # of the samples, whose second value must be the number of pixels, or the order is different


@dataclass(frozen=True)
class PixelSets:
    """A Source without positions.

    META/geomfeat.json, where there is one, holds each parcel's perimeter, pixel count, cover ratio (pixels per pixel of
    the bounding box) and perimeter by surface (Garnot et al. 2020, "Satellite Image Time Series Classification with
    Pixel-Set Encoders", 3.1). The index keeps what makes these of them in our own terms: the perimeter, the area as
    perimeter / (perimeter by surface), and a box of as many pixels as the cover ratio gives.
    """

    folder: Folder
    axes: Axes
    samples: geopandas.GeoDataFrame
    encoding: Encoding
    few_pixels: int
    layout: ClassVar[str] = "pixel sets"
    positions: ClassVar[bool] = False
    at_once: ClassVar[int] = 256

    @classmethod
    def of(cls, folder: Folder, reporter: Reporter) -> PixelSets:
        """Raises BadMeta, BadSample, RepeatedSamples, UnreadableDate, BadArgument."""
        axes = Axes.of(folder.bands, folder.dates, folder.spec, folder.path, reporter)
        filled = (values for sample in folder.files if (values := folder.load(sample, None)).shape[2])
        encoding = Encoding.of(folder.spec, next(filled, np.zeros(0, np.uint16)))
        pixels = (folder.load(sample, None).transpose(2, 0, 1) for sample in folder.files)
        axes = without_empty_bands(axes, pixels, encoding, folder.path, reporter)
        return cls(folder, axes, without_locations(folder.fields(reporter)), encoding, folder.spec.few_pixels)

    @property
    def path(self) -> Path:
        return self.folder.path

    def stamp(self) -> list[Any]:
        return self.folder.stamp()

    def index(self, reporter: Reporter) -> pandas.DataFrame:
        """Counts the pixels, for which the head of every file is read."""
        ids = self.folder.ids
        count = np.zeros(len(ids), np.int64)
        for row, sample in enumerate(ids):
            if sample in self.folder.files:
                count[row] = self.folder.load(sample, None, mapped=True).shape[2]
            if row % self.at_once == 0:
                reporter.progress(row / len(ids), "reading", f"{row} of {len(ids)} pixel sets")
        return index_of(self.samples["id"], count, **self._figures(count, reporter))

    def read(self, rows: range) -> Block:
        names = [self.folder.ids[row] for row in rows if self.folder.ids[row] in self.folder.files]
        empty = np.zeros((0, len(self.folder.dates), len(self.folder.bands)), np.uint16)
        pixels = [self.folder.finite(name, self.folder.load(name, None)).transpose(2, 0, 1) for name in names]
        series, clear, saturated = self.encoding.encode(self.axes.picked(np.concatenate([*pixels, empty])))
        return Block(series, clear, None, saturated)

    def _figures(self, count: NDArray[np.int64], reporter: Reporter) -> dict[str, NDArray[Any]]:
        """The geometry of the samples for the index: nothing where it is missing or in another order."""
        path = self.path / "META" / "geomfeat.json"
        if not path.exists():
            reporter.log(f"{path} does not exist: models with the pixel_set view do not get perimeters and areas.")
            return {}
        perimeter, pixels, cover, by_surface = self._published(path).T
        there = count > 0
        if (pixels == count)[there].mean() < _AGREEING:
            reporter.warning("import.other_figures", path=path)
            return {}
        area = np.divide(perimeter, by_surface, out=np.zeros(len(count)), where=by_surface > 0)
        box = np.divide(count, cover, out=count.astype(np.float64), where=cover > 0)
        return {"perimeter_m": perimeter, "area_m2": area, "width_px": np.rint(box).astype(np.int64)}

    def _published(self, path: Path) -> NDArray[np.float64]:
        """`(samples, 4)`, zeros for a sample that has none. Raises BadMeta."""
        document = read_json(path)
        none = [0.0] * _FIGURES
        try:
            figures = np.array([document.get(name, none) for name in self.folder.ids], np.float64)
        except (TypeError, ValueError) as error:
            raise BadMeta(path, f"expected {_FIGURES} numbers by id ({error})") from error
        if figures.shape != (len(self.folder.ids), _FIGURES) or not np.isfinite(figures).all():
            raise BadMeta(path, f"expected {_FIGURES} finite numbers by id, found an array {figures.shape}")
        return figures
