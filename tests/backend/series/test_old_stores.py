"""Stores of version 0.1.0 (schema 1) give the batches and the moments that version 0.1.0 made of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.series.store import open_store
from backend.series.views import DATASETS, dataset_for

FILES = Path(__file__).parents[2] / "fixtures" / "v0.1.0"
STORES = ("region", "imported")
CPU = torch.device("cpu")
# the store's own axes; another order of fewer bands; a calendar that reaches past both ends
AXES = {"own": (None, None), "bands": (None, ("B08", "B04")), "days": ((-20, 50, 120, 160, 240, 330), None)}
EXACT = ("patch", "pixel_set")  # counts times 1/10,000: the same bytes on any machine


def kept(name: str) -> dict[str, np.ndarray]:
    """Every view's batch and moments of a fixture, by `STORE/VIEW/AXES/PART`; large exact tensors as their digest."""
    store, found = open_store(FILES / f"{name}.parcels"), {}
    for view in DATASETS:
        for axes, (days, bands) in AXES.items():
            dataset, key = dataset_for(view, store, days, bands), f"{name}/{view}/{axes}"
            rows = np.flatnonzero(dataset.usable)[::-1].copy()  # not in the order of the file
            batch = dataset.batch(rows, CPU)
            tensors = {"values": batch.values, "mask": batch.mask, "geometry": batch.geometry, "days": batch.days}
            arrays = {part: tensor.numpy() for part, tensor in tensors.items() if tensor is not None}
            if view in EXACT:
                arrays = {part: arrays[part] if part == "geometry" else digest(arrays[part]) for part in arrays}
            found |= {f"{key}/{part}": array for part, array in arrays.items()}
            found |= dict(zip((f"{key}/mean", f"{key}/std"), dataset.mean_std(rows)))
    return found


def digest(array: np.ndarray) -> np.ndarray:
    return np.array(hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest())


@pytest.mark.parametrize("name", STORES)
def test_batches_mean_and_std_are_unchanged(name):
    with np.load(FILES / "views.npz") as archive:
        expected = {key: archive[key] for key in archive.files if key.startswith(f"{name}/")}
    found = kept(name)
    assert sorted(found) == sorted(expected)
    for key, value in expected.items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(found[key], value, rtol=1e-6, atol=1e-9, err_msg=key)
        else:
            np.testing.assert_array_equal(found[key], value, err_msg=key)
