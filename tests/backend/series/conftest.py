"""A small season with clouds and parcels, extracted once."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.catalogue import find
from backend.parcels.reading import ParcelLayer, read
from backend.protocol import Silent
from backend.series.build import ExtractionSpec, build
from backend.series.store import Store
from tests.backend.ground import X0, Y0, outlines, write_masks, write_parcels, write_season
from tests.backend.series import hand_made
from tests.backend.series.edits import served

ODD = {
    "over_the_edge": shapely.box(X0 - 60, Y0 - 140, X0 + 75, Y0 - 60),
    "outside": shapely.box(X0 + 9000, Y0 - 100, X0 + 9100, Y0),
    "sliver": shapely.box(X0 + 101, Y0 - 298, X0 + 103, Y0 - 212),
    "null": None,
    "bow_tie": shapely.Polygon(
        [(X0 + 300, Y0 - 300), (X0 + 380, Y0 - 380), (X0 + 380, Y0 - 300), (X0 + 300, Y0 - 380)]
    ),
    "empty": shapely.Polygon(),
}


@dataclass(frozen=True)
class Season:
    folder: Path
    catalogue: Catalogue
    layer: ParcelLayer
    options: ImageryOptions
    store: Store

    def row(self, name: str) -> int:
        return len(self.layer.ids) - len(ODD) + list(ODD).index(name)


@pytest.fixture(scope="session")
def season(tmp_path_factory) -> Season:
    folder = tmp_path_factory.mktemp("season")
    options = ImageryOptions(masks=write_masks(folder / "masks"))
    catalogue = find(write_season(folder / "images", tiled=True, blockxsize=16, blockysize=16), options, Silent())
    layer = read(write_parcels(folder / "parcels.gpkg", [*outlines(25), *ODD.values()]))
    store = build(catalogue, layer, ExtractionSpec(options), folder / "all.parcels", Silent())
    return Season(folder, catalogue, layer, options, store)


def read_whole(catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """All images as they are: counts `(dates, bands, rows, columns)` float, and where these are clear."""
    from rasterio.windows import Window

    from backend.imagery.blocks import read_acquisition
    from backend.vocabulary import BANDS

    window = Window(0, 0, catalogue.grid.width, catalogue.grid.height)
    pairs = [read_acquisition(a, BANDS, catalogue.grid, window) for a in catalogue.acquisitions]
    return np.stack([v for v, _ in pairs]).astype(float), np.stack([c for _, c in pairs])


def interpolated(catalogue: Catalogue) -> np.ndarray:
    """The whole image with clouds interpolated pixel by pixel by numpy, `(dates, bands, rows, columns)` float."""
    values, clear = read_whole(catalogue)
    days = np.array(catalogue.days)
    for row, column in np.ndindex(clear.shape[1:]):
        seen = clear[:, row, column]
        for band in range(values.shape[1]):
            series = values[:, band, row, column]
            values[:, band, row, column] = np.interp(days, days[seen], series[seen]) if seen.any() else np.nan
    return values


@pytest.fixture(scope="session")
def unedited(tmp_path_factory) -> Path:
    return hand_made.build(tmp_path_factory.mktemp("unedited") / "s.parcels").path


@pytest.fixture(scope="session")
def expected(unedited) -> dict[str, Any]:
    return served(unedited)


@pytest.fixture
def store(unedited, tmp_path) -> Path:
    return Path(shutil.copytree(unedited, tmp_path / "s.parcels"))
