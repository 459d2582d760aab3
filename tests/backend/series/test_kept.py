"""Summaries that are kept in memory: those of the dataset itself, each built once."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.series import kept as module
from backend.series.batch import Batch
from backend.series.kept import KeptDataset, kept
from backend.series.views import dataset_for

CPU = torch.device("cpu")


class Counting:
    """A dataset that counts how often each parcel is built."""

    def __init__(self, dataset):
        self.dataset, self.built = dataset, np.zeros(len(dataset), dtype=int)

    def __getattr__(self, name):
        return getattr(self.dataset, name)

    def __len__(self):
        return len(self.dataset)

    def batch(self, rows, device) -> Batch:
        np.add.at(self.built, rows, 1)
        return self.dataset.batch(rows, device)


@pytest.fixture(params=["statistics", "observations"])
def dataset(request, season):
    return dataset_for(request.param, season.store)


def test_batches_are_those_of_the_dataset_and_built_once(dataset, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 4)
    counting = Counting(dataset)
    memory = KeptDataset(counting)
    usable = np.flatnonzero(dataset.usable)
    for rows in (usable[5:12][::-1], usable, np.concatenate([usable[3:5], usable[3:5]])):
        found, expected = memory.batch(rows, CPU), dataset.batch(rows, CPU)
        for name in ("values", "mask", "days"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            if theirs is None:
                assert ours is None
            else:
                np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        assert found.gaps == bool(expected.values.isnan().any())
    assert (counting.built[usable] == 1).all()
    assert (memory.view, memory.bands, memory.days) == (dataset.view, dataset.bands, dataset.days)


def test_mean_and_deviation_are_numpys(dataset):
    rows = np.flatnonzero(dataset.usable)
    batch = dataset.batch(rows, CPU)
    values = batch.values.double().numpy()
    if batch.mask is not None:
        values = values[batch.mask.numpy()][:, None]
    mean, std = KeptDataset(dataset).mean_std(rows)
    np.testing.assert_allclose(mean, np.nanmean(values, axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, np.nanstd(values, axis=0), rtol=1e-9)


def test_pixels_and_large_datasets_are_not_kept(season, monkeypatch):
    statistics, pixels = (dataset_for(view, season.store) for view in ("statistics", "pixel_set"))
    assert kept(pixels) is pixels
    needed = 4 * len(statistics) * len(statistics.days) * 2 * len(statistics.bands)
    monkeypatch.setattr(module, "KEPT_BYTES", needed)
    assert isinstance(kept(statistics), KeptDataset)
    monkeypatch.setattr(module, "KEPT_BYTES", needed - 1)
    assert kept(statistics) is statistics
