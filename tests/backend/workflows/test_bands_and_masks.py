"""Bands that a store is made of, and what is known of clouds where images have no mask."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend import errors
from backend.series.store import open_store
from backend.series.views import dataset_for
from backend.workflows import report_document
from backend.workflows.extract import ExtractSpec, extract
from backend.workflows.inspect import InspectSpec, inspect
from tests.backend.ground import DATES, SIZE_PX, counts, outlines, write_parcels, write_raster, write_season
from tests.backend.recorder import Recorder

SIX = ("B02", "B03", "B04", "B08", "B11", "B12")


@pytest.fixture
def parcels(tmp_path):
    return write_parcels(tmp_path / "parcels.gpkg", outlines(4))


def extracted(tmp_path, parcels, **options):
    given = {"imagery": tmp_path / "images", "parcels": parcels, "output": tmp_path / "s.parcels", **options}
    return extract(ExtractSpec.of(**given), Recorder())


def test_a_store_of_chosen_bands(tmp_path, parcels):
    for number, day in enumerate(DATES[:2]):
        write_raster(tmp_path / "images" / f"S2_{day}.tif", counts(number)[:6], SIX)
    refused = inspect(InspectSpec.of(imagery=tmp_path / "images"), Recorder()).extract_refuses
    assert "lacks the bands B05, B06, B07, B8A; found B02" in refused
    assert "--bands" in refused and "--band-names" not in refused
    with pytest.raises(errors.MissingBands):
        extracted(tmp_path, parcels)
    assert extracted(tmp_path, parcels, bands="B2,b3,B04,B08,B11,B12").bands == SIX
    assert open_store(tmp_path / "s.parcels").bands == SIX


def test_inspect_is_silent_where_extract_would_not_refuse(tmp_path):
    write_season(tmp_path, DATES[:2])
    assert inspect(InspectSpec.of(imagery=tmp_path), Recorder()).extract_refuses is None


@pytest.mark.parametrize("bands", ["B02,B02", "B02,NDVI", ","])
def test_bands_that_sentinel_2_does_not_have(tmp_path, bands):
    with pytest.raises(errors.BadArgument, match="bands"):
        ExtractSpec.of(imagery=tmp_path, parcels=tmp_path, output=tmp_path / "s", bands=bands)


def test_clear_shares_are_not_known_without_masks(tmp_path, parcels):
    for number, day in enumerate(DATES[:2]):
        write_raster(tmp_path / "images" / f"S2_{day}.tif", counts(number), [*SIX, "B05", "B06", "B07", "B8A"])
    clear = np.full((1, SIZE_PX, SIZE_PX), 4, np.uint8)
    write_raster(tmp_path / "images" / f"S2_{DATES[0]}_SCL.tif", clear, nodata=None)
    found = inspect(InspectSpec.of(imagery=tmp_path / "images"), Recorder())
    assert [row["clear_share"] for row in found.acquisitions] == [1.0, None]
    assert [row["masked"] for row in found.acquisitions] == [True, False]
    result = extracted(tmp_path, parcels)
    assert [row["clear_share"] for row in result.acquisitions] == [1.0, None]
    notes = report_document.of_stores([open_store(tmp_path / "s.parcels")])["notes"]
    assert any("1 of 2 acquisitions have no cloud mask: clouds are not masked" in note for note in notes)


def test_it_is_the_model_that_needs_a_band(tmp_path, parcels):
    for number, day in enumerate(DATES[:2]):
        write_raster(tmp_path / "images" / f"S2_{day}.tif", counts(number)[:6], SIX)
    extracted(tmp_path, parcels, bands=SIX)
    with pytest.raises(errors.MissingBands, match="lacks the bands B05, which the model needs; found B02") as caught:
        dataset_for("statistics", open_store(tmp_path / "s.parcels"), None, (*SIX, "B05"))
    assert caught.value.advice == "Use images that have these bands, or a model that needs fewer."
