"""Spectral indices as bands: their formulas written out once more, gaps, and each view on pixels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.errors import MissingBands
from backend.series.indices import INDICES, available, measured, with_indices
from backend.series.joined import joined
from backend.series.views import dataset_for
from backend.vocabulary import BANDS, UNOBSERVED

CPU = torch.device("cpu")


def expected(reflectance: dict[str, np.ndarray], name: str) -> np.ndarray:
    b02, b04, b05, b08, b11 = (reflectance[band] for band in ("B02", "B04", "B05", "B08", "B11"))
    return {
        "NDVI": (b08 - b04) / (b08 + b04),
        "NDMI": (b08 - b11) / (b08 + b11),
        "NDRE": (b08 - b05) / (b08 + b05),
        "EVI": 2.5 * (b08 - b04) / (b08 + 6 * b04 - 7.5 * b02 + 1),
    }[name]


def test_indices_are_those_that_the_bands_allow():
    assert available(BANDS) == tuple(INDICES) == ("NDVI", "NDMI", "NDRE", "EVI")
    assert available(("B02", "B04", "B08")) == ("NDVI", "EVI")
    assert available(("B11", "B12")) == ()
    assert measured(("NDMI", "B04", "EVI")) == ("B04", "B08", "B11", "B02")
    assert measured(BANDS) == BANDS


def test_the_formulas():
    bands = ("B11", *INDICES)
    pixels = np.random.default_rng(0).integers(100, 1300, (40, 3, 5)).astype(np.int16)
    reflectance = {band: pixels[:, :, number] / 1e4 for number, band in enumerate(measured(bands))}
    found = with_indices(pixels, bands)
    assert np.array_equal(found[:, :, 0], pixels[:, :, 0])
    for number, name in enumerate(INDICES, start=1):
        wanted = np.clip(expected(reflectance, name), -1, 1)
        np.testing.assert_allclose(found[:, :, number] / 1e4, wanted, atol=0.51e-4)


def test_gaps_and_dark_pixels():
    """B08, B04, B02: without blue there is an NDVI, but no EVI; a sum below 0 says nothing."""
    pixels = np.array([[[3000, 500, UNOBSERVED]], [[-300, 200, 100]], [[UNOBSERVED, 500, 300]]], np.int16)
    found = with_indices(pixels, ("NDVI", "EVI"))
    assert found[0].tolist() == [[7143, UNOBSERVED]]
    assert found[1].tolist()[0][0] == 0
    assert found[2].tolist() == [[UNOBSERVED, UNOBSERVED]]


def test_every_view_serves_them_pixel_by_pixel(season):
    store, rows = season.store, np.arange(4)
    reflectance = {band: store.reflectance[:, :, number] / 1e4 for number, band in enumerate(store.bands)}
    ndvi, seen = expected(reflectance, "NDVI"), store.reflectance[:, 0, 0] != UNOBSERVED
    first, count = (store.index[name].to_numpy()[:4] for name in ("first_pixel", "n_pixels"))
    own = [ndvi[start : start + number][seen[start : start + number]] for start, number in zip(first, count)]
    dataset = dataset_for("statistics", store, bands=("B03", "NDVI"))
    values = dataset.batch(rows, CPU).values.numpy()  # (4, dates, 4)
    np.testing.assert_allclose(values[:, :, 1], [part.mean(axis=0) for part in own], atol=1e-4)
    np.testing.assert_allclose(values[:, :, 3], [part.std(axis=0) for part in own], atol=2e-4)
    assert dataset.mean_std(rows)[0].shape == (len(store.days), 4)
    for view, axis in (("patch", 2), ("pixel_set", 2), ("observations", 2)):
        batch = dataset_for(view, store, bands=("B03", "NDVI")).batch(rows, CPU)
        assert batch.values.shape[axis] == (4 if view == "observations" else 2)
        assert 0.1 < batch.values.select(axis, 1).abs().max() <= 1


def test_a_dataset_with_all_of_them(season):
    dataset = joined("statistics", [season.store], indices=True)
    assert dataset.bands == (*BANDS, *INDICES)
    assert joined("statistics", [season.store]).bands == BANDS
    two = joined("statistics", [season.store] * 2, indices=True)
    assert two.bands == dataset.bands and two.batch(np.array([1, 40]), CPU).values.shape[2] == 28


def test_a_band_that_an_index_needs_is_missing(season, monkeypatch):
    monkeypatch.setattr(type(season.store), "bands", ("B03", "B04"))
    with pytest.raises(MissingBands, match="B08"):
        dataset_for("statistics", season.store, bands=("B04", "NDVI"))
