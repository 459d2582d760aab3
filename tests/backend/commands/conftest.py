"""A season with learnable crops: a store and a small model of it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from backend.__main__ import cli
from backend.commands import Outcome
from backend.vocabulary import BANDS
from tests.backend.ground import CRS, DATES, SIZE_PX, X0, Y0, write_masks, write_raster
from tests.backend.recorder import Recorder

CROPS = ("BTH", "MIS", "PPH")


def run(*arguments: object, reporter: Recorder | None = None) -> Outcome:
    """A command in this process, its errors raised."""
    return cli.main([str(a) for a in arguments], standalone_mode=False, obj=reporter or Recorder())


@dataclass(frozen=True)
class Region:
    folder: Path
    images: Path
    masks: Path
    parcels: Path
    store: Path
    model: Path
    training: Outcome


def make_fields(folder: Path, dates: Sequence[str] = DATES, later: float = 0.0, codes: Sequence[str] = CROPS) -> Path:
    """A store of 36 square fields of three crops that differ in level and course, with noise and clouds."""
    random = np.random.default_rng(0)
    crop = random.permutation(np.arange(36) % 3).reshape(6, 6)
    for number, date in enumerate(dates):
        level = np.kron(1500 + 900 * np.sin(number - later + 2 * crop), np.ones((10, 10)))
        plane = level[None] * (1 + np.arange(10)[:, None, None] / 10) + random.normal(0, 60, (10, SIZE_PX, SIZE_PX))
        write_raster(folder / "images" / f"S2_{date}.tif", plane.clip(1).astype(np.uint16), BANDS)
    boxes = [
        shapely.box(X0 + 100 * c + 11, Y0 - 100 * r - 89, X0 + 100 * c + 89, Y0 - 100 * r - 11)
        for r in range(6)
        for c in range(6)
    ]
    grown = [codes[value] for value in crop.ravel()]
    odd = [shapely.box(X0 + 9000, Y0, X0 + 9100, Y0 + 100), None]
    fields = {"parcel": range(38), "CODE_CULTU": [*grown, codes[0], None], "note": ["é"] * 38}
    geopandas.GeoDataFrame(fields, geometry=[*boxes, *odd], crs=CRS).to_file(folder / "parcels.gpkg")
    write_masks(folder / "masks", dates, share=0.2)
    store = folder / "region.parcels"
    run("extract", folder / "images", folder / "parcels.gpkg", "--masks", folder / "masks", "-o", store)
    return store


@pytest.fixture(scope="session")
def region(tmp_path_factory) -> Region:
    folder = tmp_path_factory.mktemp("region")
    store, model = make_fields(folder), folder / "gru.cropmodel"
    arguments = (
        "--model",
        "gru",
        "--class-field",
        "CODE_CULTU",
        "--class-table",
        "paper",
        "--epochs",
        8,
        "--device",
        "cpu",
    )
    paper = ("--protocol", "paper", "--folds", 1)  # of five, so that some parcels are not in the model
    training = run("train", store, "-o", model, "--min-samples", 5, *paper, *arguments)
    return Region(folder, folder / "images", folder / "masks", folder / "parcels.gpkg", store, model, training)
