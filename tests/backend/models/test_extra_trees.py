"""Extremely randomised trees against scikit-learn's, on features computed once more, and their limit of size."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import ExtraTreesClassifier

from backend.models.extra_trees import LEAF_PARCELS, MOST_BYTES, ExtraTrees, leaf_parcels

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 200)
VALUES = (RNG.normal(size=(4, 6, 20))[LABELS] * 0.5 + RNG.normal(size=(200, 6, 20))).astype(np.float32)
UNSEEN = RNG.normal(size=(300, 6, 20)).astype(np.float32)
WEIGHTS = np.array([1.0, 3.0, 0.5, 2.0])[LABELS]


def features(values: np.ndarray) -> np.ndarray:
    season = [values.mean(axis=1), values.std(axis=1), values.min(axis=1), values.max(axis=1)]
    return np.hstack([values.reshape(len(values), 120), *season])


@pytest.fixture(scope="module")
def fitted() -> ExtraTrees:
    return ExtraTrees(bands=10, days=range(6), classes=4, trees=45).fit(VALUES, LABELS, seed=3, weights=WEIGHTS)


def test_shares_equal_scikit_learns(fitted):
    peer = ExtraTreesClassifier(45, min_samples_leaf=4, random_state=3).fit(features(VALUES), LABELS, WEIGHTS)
    found = fitted.predict_proba(UNSEEN)
    np.testing.assert_allclose(found, peer.predict_proba(features(UNSEEN)), atol=1e-12)
    logits = fitted(torch.as_tensor(UNSEEN)).numpy()
    np.testing.assert_allclose(np.exp(logits)[found > 0.02], found[found > 0.02], rtol=1e-5)


def test_the_season_is_used():
    """Classes that differ only in the season's deviation, at dates that are drawn anew for each parcel."""
    labels = np.arange(400) % 2
    values = RNG.normal(size=(400, 20, 2)).astype(np.float32)
    values[labels == 1] *= 2.5
    found = ExtraTrees(1, range(20), 2, trees=40).fit(values[:300], labels[:300]).predict_proba(values[300:])
    assert np.mean(found.argmax(axis=1) == labels[300:]) > 0.95


@pytest.mark.parametrize(("parcels", "classes", "trees"), [(500, 19, 500), (200_000, 19, 500), (10**6, 512, 10_000)])
def test_no_forest_outgrows_the_limit(parcels, classes, trees):
    least = leaf_parcels(parcels, classes, trees)
    leaves = trees * parcels / least
    assert leaves * (2 * 40 + classes * 8) <= MOST_BYTES  # of a node 5 arrays of 8 bytes, of a leaf a row of shares
    assert (least == LEAF_PARCELS) == (parcels == 500)


def test_larger_leaves_make_fewer_nodes(monkeypatch):
    whole = ExtraTrees(10, range(6), 4, trees=20).fit(VALUES, LABELS)
    monkeypatch.setattr("backend.models.extra_trees.MOST_BYTES", 20_000)
    capped = ExtraTrees(10, range(6), 4, trees=20).fit(VALUES, LABELS)
    size = sum(tensor.nbytes for tensor in capped.state_dict().values())
    assert size < 22_000 < sum(tensor.nbytes for tensor in whole.state_dict().values())
