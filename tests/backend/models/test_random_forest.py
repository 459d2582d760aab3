"""The forest's own arrays against scikit-learn's objects."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

from backend.models.random_forest import RandomForest

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 200)
VALUES = (RNG.normal(size=(4, 6, 20))[LABELS] * 0.5 + RNG.normal(size=(200, 6, 20))).astype(np.float32)
UNSEEN = RNG.normal(size=(300, 6, 20)).astype(np.float32)


@pytest.fixture(scope="module")
def forest() -> RandomForest:
    return RandomForest(bands=10, days=range(6), classes=4, trees=45).fit(VALUES, LABELS, seed=3)


def test_shares_equal_scikit_learns_bit_for_bit(forest):
    peer = RandomForestClassifier(45, random_state=3).fit(VALUES.reshape(200, -1), LABELS)
    assert np.array_equal(forest.predict_proba(UNSEEN), peer.predict_proba(UNSEEN.reshape(300, -1)))
    assert np.array_equal(forest.classes_, peer.classes_)


def test_values_on_a_threshold_go_the_way_of_scikit_learn():
    """Few distinct values, so that every threshold is a value that unseen parcels have."""
    coarse = np.round(VALUES)
    forest = RandomForest(10, range(6), 4, trees=20).fit(coarse, LABELS)
    peer = RandomForestClassifier(20, random_state=0).fit(coarse.reshape(200, -1), LABELS)
    halves = np.round(UNSEEN * 2) / 2
    assert np.isin(forest.threshold.numpy()[forest.branches[:, 0].numpy() != np.arange(len(forest.leaf))], halves).all()
    assert np.array_equal(forest.predict_proba(halves), peer.predict_proba(halves.reshape(300, -1)))


def test_a_class_without_samples_keeps_its_column():
    labels = np.where(LABELS == 1, 2, LABELS)
    shares = RandomForest(10, range(6), 5, trees=5).fit(VALUES, labels).predict_proba(UNSEEN)
    assert shares.shape == (300, 5)
    assert (shares[:, [1, 4]] == 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_logits_are_the_logarithm_of_the_shares(forest):
    logits = forest(torch.as_tensor(UNSEEN)).numpy()
    shares = forest.predict_proba(UNSEEN)
    np.testing.assert_allclose(np.exp(logits)[shares > 0], shares[shares > 0], rtol=1e-5)
    np.testing.assert_allclose(np.exp(logits)[shares == 0], 0.5 / 45, rtol=1e-5)


def test_trees_stay_on_the_processor(forest):
    assert {value.device.type for value in forest.to("meta").state_dict().values()} == {"cpu"}


def test_no_parcels_give_no_rows(forest):
    assert forest.predict_proba(UNSEEN[:0]).shape == (0, 4)


def test_growth_is_reported_and_ends_at_all_trees():
    reported: list[float] = []
    RandomForest(10, range(6), 4, trees=45).fit(VALUES, LABELS, done=reported.append)
    assert reported == [20 / 45, 40 / 45, 1]


@pytest.mark.parametrize(
    "damage",
    [
        {"feature": torch.tensor([999])},
        {"branches": torch.tensor([[0, 1]])},
        {"threshold": torch.tensor([0.0])},
        {"steps": torch.tensor([1, 2])},
    ],
)
def test_arrays_that_do_not_fit_are_refused(forest, damage):
    with pytest.raises(RuntimeError, match="arrays"):
        RandomForest(10, range(6), 4, trees=45).load_state_dict({**forest.state_dict(), **damage})
    with pytest.raises(RuntimeError, match="arrays"):
        RandomForest(10, range(6), 4, trees=44).load_state_dict(forest.state_dict())
