"""What a model file keeps of its training parcels, and what it costs."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.errors import NotAModel
from backend.models import training_parcels
from backend.models.bundle import ModelBundle
from backend.models.training_parcels import TrainingParcels
from tests.backend.models.hostile import zipped
from tests.backend.models.test_bundle import bundle, members

DIGESTS = np.array([7, 5, 2**32 - 1, 5, 9], np.uint32)
SEASONS = np.array([2018, 2018, 2019, 2019, 2018])


def saved(path, parcels: TrainingParcels | None):
    replace(bundle(), training_parcels=parcels).save(path)
    return path


def test_a_round_trip(tmp_path):
    path = saved(tmp_path / "a.cropmodel", TrainingParcels.of(DIGESTS, SEASONS))
    found = ModelBundle.load(path).training_parcels
    assert {season: own.tolist() for season, own in found.digests.items()} == {
        2018: [5, 7, 9],
        2019: [5, 2**32 - 1],
    }
    assert found.complete
    assert len(members(path)["training_parcels.bin"]) == 4 * 5


def test_a_model_without_them_says_nothing(tmp_path):
    path = saved(tmp_path / "a.cropmodel", None)
    assert "training_parcels.bin" not in members(path)
    assert ModelBundle.load(path).training_parcels is None


def test_a_parcel_without_an_outline_leaves_them_incomplete():
    found = TrainingParcels.of(np.array([0, 4], np.uint32), np.array([2018, 2018]))
    assert found.digests[2018].tolist() == [4] and not found.complete


def test_they_are_bounded(monkeypatch):
    monkeypatch.setattr(training_parcels, "MOST_DIGESTS", 3)
    found = TrainingParcels.of(DIGESTS, SEASONS)
    assert sum(map(len, found.digests.values())) == 3 and not found.complete
    exact = TrainingParcels.of(DIGESTS[:3], SEASONS[:3])
    assert sum(map(len, exact.digests.values())) == 3 and exact.complete


@pytest.mark.parametrize("content", [None, b"", b"12345", b"1" * 24])
def test_digests_that_are_not_those_described(tmp_path, content):
    path = saved(tmp_path / "a.cropmodel", TrainingParcels.of(DIGESTS, SEASONS))
    found = members(path)
    del found["training_parcels.bin"]
    path.write_bytes(zipped(found if content is None else {**found, "training_parcels.bin": content}))
    with pytest.raises(NotAModel, match="training_parcels.bin"):
        ModelBundle.load(path)
