"""Gradient boosting's own arrays against scikit-learn's objects, and their limit of size."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier

from backend.model_file import MOST_CLASSES
from backend.models import MODELS
from backend.models.gradient_boosting import LEAF_PARCELS, LEAST, LEAVES, RATE, GradientBoosting

RNG = np.random.default_rng(0)
LABELS = RNG.choice(4, 160, p=[0.5, 0.3, 0.15, 0.05])
VALUES = (RNG.normal(size=(4, 6, 8))[LABELS] * 0.5 + RNG.normal(size=(160, 6, 8))).astype(np.float32)
ROUNDS = 22  # more than are grown between two reports of progress
UNSEEN = RNG.normal(size=(1000, 6, 8)).astype(np.float32)


def peer(labels: np.ndarray, rounds: int = ROUNDS, values: np.ndarray = VALUES) -> HistGradientBoostingClassifier:
    """In one go, with scikit-learn's own weights of the classes."""
    model = HistGradientBoostingClassifier(
        learning_rate=RATE, max_iter=rounds, max_leaf_nodes=LEAVES, min_samples_leaf=LEAF_PARCELS,
        early_stopping=False, random_state=3, class_weight="balanced",
    )  # fmt: skip
    return model.fit(values.reshape(len(values), -1), labels)


def fitted(labels: np.ndarray, classes: int, values: np.ndarray = VALUES) -> GradientBoosting:
    counts = np.bincount(labels)
    balanced = (len(labels) / np.count_nonzero(counts) / np.maximum(counts, 1))[labels]
    return GradientBoosting(4, range(6), classes, rounds=ROUNDS).fit(values, labels, seed=3, weights=balanced)


@pytest.mark.parametrize("classes", [4, 3, 2])
def test_probabilities_equal_scikit_learns(classes):
    labels = LABELS % classes
    model, expected = fitted(labels, classes), peer(labels).predict_proba(UNSEEN.reshape(1000, -1))
    np.testing.assert_allclose(model.predict_proba(UNSEEN), expected, atol=1e-12)
    logits = model(torch.as_tensor(UNSEEN)).double()
    np.testing.assert_allclose(logits.softmax(dim=1).numpy(), expected, atol=1e-6)
    assert len(model.get_buffer("roots")) == ROUNDS * (1 if classes == 2 else classes)


def test_values_on_a_threshold_go_the_way_of_scikit_learn():
    """Whole numbers, so that every threshold is a half, which unseen parcels have."""
    coarse, halves = np.round(VALUES), np.round(UNSEEN * 2) / 2
    model = fitted(LABELS, 4, coarse)
    assert np.isin(model.threshold.numpy(), np.arange(-20, 20) / 2).all()
    expected = peer(LABELS, values=coarse).predict_proba(halves.reshape(1000, -1))
    np.testing.assert_allclose(model.predict_proba(halves), expected, atol=1e-12)


def test_classes_without_samples_are_unlikely():
    labels = np.where(LABELS == 1, 3, LABELS)  # 0, 2 and 3 of 5
    found = fitted(labels, 5)(torch.as_tensor(UNSEEN)).double().softmax(dim=1).numpy()
    np.testing.assert_allclose(found[:, [1, 4]], LEAST, rtol=1e-3)
    np.testing.assert_allclose(found[:, [0, 2, 3]], peer(labels).predict_proba(UNSEEN.reshape(1000, -1)), atol=1e-6)
    two = np.where(LABELS < 2, 1, 3)
    found = fitted(two, 5)(torch.as_tensor(UNSEEN)).double().softmax(dim=1).numpy()
    np.testing.assert_allclose(found[:, [1, 3]], peer(two).predict_proba(UNSEEN.reshape(1000, -1)), atol=1e-6)
    for lone in (0, 2):
        logits = GradientBoosting(4, range(6), 3, rounds=2).fit(VALUES, np.full(160, lone))(torch.as_tensor(UNSEEN))
        assert (logits.argmax(dim=1) == lone).all() and (logits.softmax(dim=1)[:, lone] > 1 - 1e-6).all()


def test_the_largest_model_is_within_the_limits_of_a_file():
    """Of a node 5 numbers of 8 bytes, of a leaf its value, of a tree its root and class."""
    rounds = MODELS["gradient-boosting"].hyperparameters["rounds"]
    tree = (2 * LEAVES - 1) * 40 + LEAVES * 8 + 16
    assert rounds * MOST_CLASSES * tree < 1 << 28
    model = fitted(LABELS, 4)
    assert sum(tensor.nbytes for tensor in model.state_dict().values()) <= ROUNDS * 4 * tree + 4 * 8 + 8


def test_growth_is_told_and_ends_at_all_rounds():
    told: list[float] = []
    GradientBoosting(4, range(6), 4, rounds=ROUNDS).fit(VALUES, LABELS, done=told.append)
    assert told == [20 / ROUNDS, 1]


def test_no_parcels_give_no_rows():
    assert GradientBoosting(4, range(6), 4, rounds=2).fit(VALUES, LABELS).predict_proba(UNSEEN[:0]).shape == (0, 4)
