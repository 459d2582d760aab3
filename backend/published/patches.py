"""Patches of the paper (Zenodo 5815523): DATA/ID.npy of (dates, bands, 32, 32), zero outside the parcel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
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
from backend.published.folder import Folder
from backend.published.source import Block, index_of, without_locations
from backend.vocabulary import PATCH_SIZE_PX

_BOX = (PATCH_SIZE_PX, PATCH_SIZE_PX)


@dataclass(frozen=True)
class Patches:
    """A Source. The box of every sample is the patch, so the store's patch view gives the published one back.

    A pixel that is zero at all dates in all bands is outside the parcel. The patches were resized by their makers:
    neither areas nor perimeters can be derived from them.
    """

    folder: Folder
    axes: Axes
    samples: geopandas.GeoDataFrame
    encoding: Encoding
    few_pixels: int
    layout: ClassVar[str] = "patches"
    positions: ClassVar[bool] = True
    at_once: ClassVar[int] = 64  # 30 MB

    @classmethod
    def of(cls, folder: Folder, reporter: Reporter) -> Patches:
        """Raises BadMeta, BadSample, RepeatedSamples, UnreadableDate, BadArgument."""
        axes = Axes.of(folder.bands, folder.dates, folder.spec, folder.path, reporter)
        first = folder.load(next(iter(folder.files)), *_BOX)
        encoding = Encoding.of(folder.spec, first)
        patches = (folder.load(sample, *_BOX) for sample in folder.files)
        pixels = (patch[:, :, cls._inside(patch)].transpose(2, 0, 1) for patch in patches)
        axes = without_empty_bands(axes, pixels, encoding, folder.path, reporter)
        return cls(folder, axes, without_locations(folder.fields(reporter)), encoding, folder.spec.few_pixels)

    @property
    def path(self) -> Path:
        return self.folder.path

    def stamp(self) -> list[Any]:
        return self.folder.stamp()

    def index(self, reporter: Reporter) -> pandas.DataFrame:
        """Counts the pixels inside, for which every file is read once from end to end."""
        ids = self.folder.ids
        count = np.zeros(len(ids), np.int64)
        for row, sample in enumerate(ids):
            count[row] = self._inside(self._load(sample)).sum()
            if row % self.at_once == 0:
                reporter.progress(row / len(ids), "reading", f"{row} of {len(ids)} patches")
        box = np.full(len(ids), PATCH_SIZE_PX)
        return index_of(self.samples["id"], count, height_px=box, width_px=box)

    def read(self, rows: range) -> Block:
        pixels, positions = [], []
        for row in rows:
            values = self._load(self.folder.ids[row])
            inside = self._inside(values)
            pixels.append(values[:, :, inside].transpose(2, 0, 1))
            positions.append(np.argwhere(inside).astype(np.uint16))
        series, clear, saturated = self.encoding.encode(self.axes.picked(np.concatenate(pixels)))
        return Block(series, clear, np.concatenate(positions), saturated)

    def _load(self, sample: str) -> NDArray[Any]:
        """A patch; one of nothing but zeros where a label has no file."""
        if sample not in self.folder.files:
            return np.zeros((len(self.folder.dates), len(self.folder.bands), *_BOX), np.uint16)
        return self.folder.finite(sample, self.folder.load(sample, *_BOX))

    @staticmethod
    def _inside(patch: NDArray[Any]) -> NDArray[np.bool_]:
        return np.asarray(patch.any(axis=(0, 1)))
