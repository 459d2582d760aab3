"""The readers, one file per product kind. A new kind is a new file and one line in READERS."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.imagery.acquisition import ImageryOptions, Scene, Skipped
from backend.imagery.rasters import RasterFacts
from backend.imagery.readers import date_stack, multi_band, single_band


class Reader(Protocol):
    """A module that knows one product kind."""

    def claims(self, facts: RasterFacts, options: ImageryOptions) -> bool:
        """Whether this raster is of its kind."""
        ...

    def scenes(self, rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
        """The scenes in the rasters it claimed, and what of them cannot be used."""
        ...


READERS: tuple[Reader, ...] = (date_stack, single_band, multi_band)  # type: ignore[assignment]
