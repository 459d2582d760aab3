"""The ridge against scikit-learn's, and the errors of samples left out against as many fits."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeClassifierCV, RidgeCV
from sklearn.utils.class_weight import compute_sample_weight

from backend.models import ridge
from backend.models.ridge import PENALTIES, fit_ridge


def samples(rows: int, features: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three uneven classes that overlap, their targets and weights of every size."""
    rng = np.random.default_rng([rows, features])
    labels = np.r_[0, 1, 2, rng.choice(3, rows - 3, p=[0.6, 0.3, 0.1])]
    values = (rng.normal(size=(3, features))[labels] * 0.2 + rng.normal(size=(rows, features)) + 2).astype(np.float32)
    return values, np.where(labels[:, None] == np.arange(3), 1.0, -1.0), rng.uniform(0.2, 3, rows)


@pytest.mark.parametrize(("rows", "features"), [(40, 90), (300, 25)])
def test_it_is_scikit_learns_with_every_penalty(rows, features):
    values, targets, weights = samples(rows, features)
    unseen, _, _ = samples(50, features)
    for penalty in (0.01, 3.0, 500.0):
        found = fit_ridge(values, targets, weights, np.array([penalty]))
        peer = Ridge(penalty, solver="svd").fit(values.astype(float), targets, weights)
        assert found.penalty == penalty
        np.testing.assert_allclose(unseen @ found.coefficients.T + found.intercept, peer.predict(unseen), atol=1e-7)


@pytest.mark.parametrize(("rows", "features"), [(20, 45), (30, 6)])
def test_errors_are_those_of_samples_left_out(rows, features):
    values, targets, weights = samples(rows, features)
    penalties = np.array([0.1, 10.0, 1000.0])
    expected = np.zeros(3)
    for number, penalty in enumerate(penalties):
        for one in range(rows):
            rest = np.arange(rows) != one
            peer = Ridge(penalty, solver="svd").fit(values[rest].astype(float), targets[rest], weights[rest])
            expected[number] += weights[one] * np.square(targets[one] - peer.predict(values[[one]])[0]).sum()
    found = fit_ridge(values, targets, weights, penalties)
    np.testing.assert_allclose(found.errors, expected / weights.sum(), rtol=1e-6)
    assert found.penalty == penalties[expected.argmin()]


@pytest.mark.parametrize(("rows", "features"), [(150, 200), (400, 30)])
def test_it_takes_the_penalty_of_scikit_learns_ridges(rows, features):
    values, targets, _ = samples(rows, features)
    labels = targets.argmax(axis=1)
    weights = compute_sample_weight("balanced", labels)
    found = fit_ridge(values, targets, weights)
    plain = RidgeCV(PENALTIES).fit(values.astype(float), targets, weights)
    classifier = RidgeClassifierCV(PENALTIES, class_weight="balanced").fit(values.astype(float), labels)
    assert found.penalty == pytest.approx(plain.alpha_) and found.penalty == pytest.approx(classifier.alpha_)
    assert PENALTIES[0] < found.penalty < PENALTIES[-1]
    for peer in (plain, classifier):
        np.testing.assert_allclose(found.coefficients, peer.coef_, atol=1e-7)
        np.testing.assert_allclose(found.intercept, peer.intercept_, atol=1e-7)


def test_the_score_sees_samples_left_out_and_decides():
    values, targets, weights = samples(30, 45)
    penalties = np.array([1.0, 50.0, 2000.0])
    seen: list[np.ndarray] = []
    found = fit_ridge(values, targets, weights, penalties, lambda guesses: seen.append(guesses) or len(seen) == 3)
    assert found.penalty == 2000 and len(seen) == 3
    for penalty, guesses in zip(penalties, seen):
        for one in range(30):
            rest = np.arange(30) != one
            peer = Ridge(penalty, solver="svd").fit(values[rest].astype(float), targets[rest], weights[rest])
            assert guesses[one] == peer.predict(values[[one]])[0].argmax()


def test_pieces_change_nothing(monkeypatch):
    drawn = samples(100, 20)
    whole = fit_ridge(*drawn)
    monkeypatch.setattr(ridge, "_ROWS", 33)
    pieces = fit_ridge(*drawn)
    np.testing.assert_allclose(pieces.coefficients, whole.coefficients, atol=1e-10)
    np.testing.assert_allclose(pieces.errors, whole.errors, rtol=1e-10)


def test_features_that_repeat_or_never_change_are_no_obstacle():
    values, targets, weights = samples(200, 10)
    twice = np.hstack([values, values, np.full((200, 1), 7, np.float32)])
    found = fit_ridge(twice, targets, weights, np.array([2.0]))
    peer = Ridge(2.0, solver="svd").fit(twice.astype(float), targets, weights)
    np.testing.assert_allclose(found.coefficients, peer.coef_, atol=1e-7)
    assert np.abs(found.coefficients[:, -1]).max() < 1e-12
