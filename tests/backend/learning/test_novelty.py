"""The novelty score against scikit-learn and scipy, its threshold on parcels of the same kind and of another."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from backend.learning import novelty
from backend.learning.novelty import estimate, fit, sample

BANDS = ("B04", "B08")
DATES = 6


def parcels(count: int, classes: tuple[int, ...] = (0, 1, 2), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Series `(count, dates, bands)` around a course for each class, and the classes."""
    courses = np.random.default_rng(9).uniform(0.05, 0.5, (4, DATES, len(BANDS)))
    random = np.random.default_rng(seed)
    labels = random.choice(classes, count)
    spread = np.array([0.01, 0.02, 0.04, 0.02])[labels, None, None]
    return courses[labels] + spread * random.normal(size=(count, DATES, len(BANDS))), labels


def test_one_class_is_the_mahalanobis_distance_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(novelty, "COMMON", 0.0)
    series, labels = parcels(300, (2,))
    found = fit(series, labels, BANDS)
    flat = series.reshape(300, -1)
    standard = (flat - flat.mean(axis=0)) / flat.std(axis=0)
    other = parcels(50, (0, 1))[0]
    expected = EmpiricalCovariance().fit(standard)
    assert found.scores(series) == pytest.approx(expected.mahalanobis(standard), rel=1e-3)
    away = (other.reshape(50, -1) - flat.mean(axis=0)) / flat.std(axis=0)
    assert found.scores(other) == pytest.approx(expected.mahalanobis(away), rel=1e-3)


def test_of_several_classes_the_densest_counts(monkeypatch):
    """Against scipy's normal density of each class, -2 log of it, up to a constant."""
    monkeypatch.setattr(novelty, "COMMON", 0.0)
    monkeypatch.setattr(novelty, "COMPONENTS", 5)
    series, labels = parcels(600)
    new = parcels(40, (0, 1, 2, 3), seed=1)[0]
    flat, away = series.reshape(600, -1), new.reshape(40, -1)
    scale = flat.std(axis=0)
    pca = PCA(5).fit(flat / scale)
    known, found = pca.transform(flat / scale), pca.transform(away / scale)
    density = [
        multivariate_normal(known[labels == one].mean(axis=0), np.cov(known[labels == one].T, bias=True)).logpdf(found)
        for one in range(3)
    ]
    expected = -2 * np.max(density, axis=0)
    scores = fit(series, labels, BANDS).scores(new)
    assert scores - scores[0] == pytest.approx(expected - expected[0], rel=1e-3, abs=0.05)
    assert scores.min() >= 0


def test_the_threshold_accepts_parcels_of_the_same_classes_and_finds_another():
    known = estimate(*parcels(400), BANDS)
    same, other = known.ratios(parcels(1000, seed=5)[0]), known.ratios(parcels(1000, (3,), seed=5)[0])
    assert (same > 1).mean() < 0.05
    assert (other > 1).mean() > 0.95
    assert roc_auc_score(np.repeat([0, 1], 1000), np.concatenate([same, other])) > 0.99


def test_what_was_not_observed_counts_as_the_mean():
    series, labels = parcels(200)
    gaps = series.copy()
    gaps[:, 2] = np.nan
    gaps[::2, 3, 1] = np.nan
    found = estimate(gaps, labels, BANDS)
    assert found.mean.reshape(DATES, 2)[3, 1] == pytest.approx(series[1::2, 3, 1].mean(), rel=1e-5)
    assert np.isfinite(found.scores(gaps)).all()
    filled = gaps.copy()
    filled[:, 2] = 0.0
    filled[::2, 3, 1] = found.mean.reshape(DATES, 2)[3, 1]
    assert found.scores(gaps) == pytest.approx(found.scores(filled))


def test_few_parcels_have_none_and_many_are_drawn(monkeypatch):
    assert estimate(*parcels(49), BANDS) is None
    monkeypatch.setattr(novelty, "MOST_PARCELS", 10)
    rows = np.arange(5, 100, 3)
    drawn = sample(rows)
    assert len(drawn) == 10 and set(drawn) <= set(rows) and (np.diff(drawn) > 0).all()
    assert sample(rows[:7]).tolist() == rows[:7].tolist()


def test_a_class_of_one_parcel_has_the_spread_of_all():
    series, labels = parcels(200)
    labels[0] = 7
    assert np.isfinite(estimate(series, labels, BANDS).scores(series)).all()
