"""The novelty score against scikit-learn and scipy, its threshold on parcels of the same kind and of another."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.stats import entropy, multivariate_normal
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from sklearn.metrics import roc_auc_score

from backend.learning import novelty
from backend.learning.novelty import estimate, fit, sample

BANDS = ("B04", "B08")
DATES = 6
SURE = np.tile([1.0, 0, 0], (1000, 1))  # probabilities


def parcels(count: int, classes: tuple[int, ...] = (0, 1, 2), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Series `(count, dates, bands)` around a course for each class, and the classes."""
    courses = np.random.default_rng(9).uniform(0.05, 0.5, (4, DATES, len(BANDS)))
    random = np.random.default_rng(seed)
    labels = random.choice(classes, count)
    spread = np.array([0.01, 0.02, 0.04, 0.02])[labels, None, None]
    return courses[labels] + spread * random.normal(size=(count, DATES, len(BANDS))), labels


def test_one_class_is_the_mahalanobis_distance_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(novelty, "COMMON", 0.0)
    monkeypatch.setattr(novelty, "WITHIN", DATES * len(BANDS))  # all of the space
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
    """Against scipy's normal density of each class, -2 log of it, up to a constant; the discriminants are those of the
    generalised eigenvalue problem of the covariances between and within the classes.
    """
    monkeypatch.setattr(novelty, "COMMON", 0.0)
    monkeypatch.setattr(novelty, "WITHIN", 0)
    series, labels = parcels(600)
    new = parcels(40, (0, 1, 2, 3), seed=1)[0]
    flat, away = series.reshape(600, -1), new.reshape(40, -1)
    mean, scale = flat.mean(axis=0), flat.std(axis=0)
    flat, away = (flat - mean) / scale, (away - mean) / scale
    centres = np.stack([flat[labels == one].mean(axis=0) for one in range(3)])[labels]
    within = LedoitWolf(assume_centered=True).fit(flat - centres).covariance_
    axes = eigh(centres.T @ centres / 600, within)[1][:, -2:]
    known, found = flat @ axes, away @ axes
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
    same, other = (known.ratios(parcels(1000, kinds, seed=5)[0], SURE) for kinds in ((0, 1, 2), (3,)))
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


def test_the_models_doubt_is_added_to_the_densities():
    """By the entropy of scipy, with half the spread of the densities; of tested parcels only."""
    series, labels = parcels(400)
    random = np.random.default_rng(3)
    probabilities = random.dirichlet((0.5, 0.5, 0.5), 400)
    probabilities[::4] = np.nan
    plain, known = estimate(series, labels, BANDS), estimate(series, labels, BANDS, probabilities)
    new, doubts = parcels(300, (0, 1, 2), seed=7)[0], random.dirichlet((0.5, 0.5, 0.5), 300)
    added = known.ratios(new, doubts) * known.threshold - plain.scores(new)
    assert added == pytest.approx(known.doubt * entropy(doubts, axis=1))
    spread, own = (np.subtract(*np.quantile(values, [0.75, 0.25])) for values in (added, plain.scores(new)))
    assert 0.3 < spread / own < 0.7
    assert (known.ratios(new, doubts) > 1).mean() < 0.07
    assert known.threshold > plain.threshold and plain.doubt == 0


def test_a_model_that_is_sure_of_all_or_hardly_tested_adds_nothing():
    series, labels = parcels(400)
    sure, few = np.eye(3)[labels], np.full((400, 3), np.nan)
    few[:49] = 1 / 3
    plain = estimate(series, labels, BANDS).threshold
    for probabilities in (sure, few):
        known = estimate(series, labels, BANDS, probabilities)
        assert known.doubt == 0 and known.threshold == plain


def test_directions_of_the_classes_come_first_and_none_is_twice():
    series, labels = parcels(400)
    axes = fit(series, labels, BANDS).axes
    assert axes.shape == (2 + novelty.WITHIN, DATES * len(BANDS))
    flat = series.reshape(400, -1)
    values = (flat - flat.mean(axis=0)) / flat.std(axis=0) @ axes.T
    centres = np.stack([values[labels == one].mean(axis=0) for one in range(3)])
    covariance = (values - centres[labels]).T @ (values - centres[labels]) / 400
    assert covariance == pytest.approx(np.eye(len(axes)), abs=0.2)  # shrunk a little
    apart = centres - centres.mean(axis=0)
    assert np.linalg.norm(apart[:, 2:]) < 1e-3 * np.linalg.norm(apart)


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
