"""The mean series of parcels against the view of statistics, which interpolates each pixel first."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from backend.series.mean_series import mean_series
from backend.series.store import open_store
from backend.series.views import dataset_for
from backend.vocabulary import UNOBSERVED
from tests.backend.commands.conftest import region

__all__ = ["region"]


def both(store, days, bands):
    dataset = dataset_for("statistics", store, days, bands)
    rows = np.flatnonzero(dataset.usable)
    expected = dataset.batch(rows, torch.device("cpu")).values[:, :, : len(bands)].numpy()
    return np.concatenate(list(mean_series(store, days, bands, rows))), expected


def test_bands_are_those_of_the_statistics(region):
    store = open_store(region.store)
    found, expected = both(store, store.days, store.bands)
    assert found == pytest.approx(expected, abs=1e-6)
    between = tuple(range(store.days[0] - 5, store.days[-1] + 5, 9))
    found, expected = both(store, between, ("B08", "B04"))
    assert found == pytest.approx(expected, abs=6e-5)  # half a count


def test_indices_are_those_of_the_means(region):
    store = open_store(region.store)
    found, expected = both(store, store.days, ("NDVI", "B08"))
    means = both(store, store.days, ("B08", "B04"))[0]
    near, red = means[:, :, 0], means[:, :, 1]
    assert found[:, :, 0] == pytest.approx((near - red) / (near + red), abs=1e-5)
    assert found[:, :, 0] == pytest.approx(expected[:, :, 0], abs=0.02)


def test_what_is_unobserved_is_left_out(region, tmp_path):
    path = shutil.copytree(region.store, tmp_path / "gaps.parcels")
    values = np.load(path / "reflectance.npy")
    values[:100, 2] = UNOBSERVED  # all pixels of the first parcel, and some of the second
    np.save(path / "reflectance.npy", values)
    store = open_store(path)
    found, expected = both(store, store.days, store.bands)
    assert np.isnan(found[0, 2]).all() and np.isfinite(found[1:]).all()
    index = both(store, store.days, ("NDVI",))[0][..., 0]
    assert np.argwhere(np.isnan(index)).tolist() == [[0, 2]]
    assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)
    between = (store.days[0], store.days[1] + 1, store.days[-1])
    found, expected = both(store, between, store.bands)
    assert np.isnan(found[0]).any(axis=1).tolist() == [False, True, False]
    assert found[0] == pytest.approx(expected[0], abs=6e-5, nan_ok=True)
