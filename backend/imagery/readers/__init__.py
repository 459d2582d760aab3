"""The readers, one file per product kind. A new kind is a new file and one line in READERS."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from backend.imagery.acquisition import ImageryOptions, Scene, Skipped
from backend.imagery.rasters import RasterFacts
from backend.imagery.readers import cube, date_stack, eopf, multi_band, safe, single_band, stac_item, theia


class ProductReader(Protocol):
    """A module that knows a kind of product that is one whole: a folder, an archive or a cube with its metadata."""

    def claims(self, path: Path) -> bool:
        """Whether this folder or file is such a product, by its name and content; nothing is read."""
        ...

    def scenes(self, path: Path, options: ImageryOptions) -> list[Scene]:
        """Its scenes. Raises EngineError; BadMetadata, IncompleteProduct, UnreadableImage say that it is damaged."""
        ...


class Reader(Protocol):
    """A module that knows what single rasters may be."""

    def claims(self, facts: RasterFacts, options: ImageryOptions) -> bool:
        """Whether this raster is of its kind."""
        ...

    def scenes(self, rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
        """The scenes in the rasters it claimed, and what of them cannot be used."""
        ...


PRODUCTS: tuple[ProductReader, ...] = (eopf, safe, theia, cube, stac_item)
READERS: tuple[Reader, ...] = (date_stack, single_band, multi_band)
