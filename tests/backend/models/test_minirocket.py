"""MiniRocket against the paper's definition in plain numpy, and what it must take without complaint."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler

from backend.models import minirocket
from backend.models.minirocket import MiniRocket, dilations, drawn
from backend.models.ridge import PENALTIES

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 120)
KERNELS = np.full((84, 9), -1.0)
for kernel, three in zip(KERNELS, combinations(range(9), 3)):
    kernel[list(three)] = 2


def series(dates: int, channels: int = 6) -> np.ndarray:
    own = np.random.default_rng(dates).normal(size=(4, dates, channels))
    return (own[LABELS] * 0.7 + RNG.normal(size=(120, dates, channels))).astype(np.float32)


@pytest.fixture(scope="module")
def fitted() -> MiniRocket:
    return MiniRocket(bands=3, days=range(30), classes=4, thresholds=23).fit(series(30), LABELS, seed=2)


def output(sample: np.ndarray, kernel: int, dilation: int, channels: np.ndarray) -> np.ndarray:
    """One kernel over one sample `(T, channels)`, zeros beyond the ends: `(T,)`."""
    dates, margin = len(sample), 4 * dilation
    padded = np.pad(sample.astype(float) @ channels, margin)
    return sum(KERNELS[kernel, tap] * padded[tap * dilation :][:dates] for tap in range(9))


def test_features_are_shares_above_thresholds(fitted):
    unseen = RNG.normal(size=(3, 30, 6)).astype(np.float32)
    found = fitted.features(torch.as_tensor(unseen)).numpy()
    channels, biases = fitted.channels.numpy(), fitted.biases.numpy()
    for row, sample in zip(found, unseen):
        expected, start = [], 0
        for number, (dilation, count) in enumerate(dilations(30, 23).items()):
            padded = [kernel for kernel in range(84) if (kernel + number) % 2 == 0]
            for kernel in (*padded, *sorted({*range(84)} - {*padded})):
                values = output(sample, kernel, dilation, channels[number, kernel])
                values = values if kernel in padded else values[4 * dilation : -4 * dilation]
                expected += [np.mean(values > bias) for bias in biases[kernel, start : start + count]]
            start += count
        assert np.mean(np.abs(row - expected) > 1e-6) < 1e-3  # a value on a threshold may fall on either side


def test_thresholds_lie_within_the_outputs_and_spread_evenly(fitted):
    """Over the training samples half of the shares are above a half, as quantiles of single samples have it."""
    shares = fitted.features(torch.as_tensor(series(30))).numpy()
    assert shares.shape == (120, 84 * 23)
    np.testing.assert_allclose(np.quantile(shares.mean(axis=0), [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.07)


def test_dilations_are_those_of_the_paper():
    """Exponents from 0 to log2((T - 1) / 8), at most 32 of them; a dilation that comes up more often has more."""
    assert dilations(9, 119) == {1: 119}
    assert list(dilations(73, 119)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    for dates, thresholds in ((2, 119), (24, 119), (73, 5), (365, 119), (1000, 119)):
        found = dilations(dates, thresholds)
        assert sum(found.values()) == thresholds and list(found) == sorted(found)
        assert max(found) * 8 <= max(8, dates - 1)


@pytest.mark.parametrize("dates", [1, 2, 4, 8, 9, 12, 40])
def test_any_number_of_dates(dates):
    model = MiniRocket(bands=3, days=range(dates), classes=4, thresholds=5).fit(series(dates), LABELS)
    logits = model(torch.as_tensor(series(dates)))
    assert logits.shape == (120, 4) and logits.isfinite().all()


def test_it_learns_what_forests_do_not_find():
    """A bump at any date, wide in one class and narrow in the other."""
    labels, dates = np.arange(300) % 2, np.arange(40)
    middles, widths = RNG.uniform(8, 32, (300, 1)), np.where(labels, 1.5, 4.0)[:, None]
    values = np.exp(-(((dates - middles) / widths) ** 2))[..., None].repeat(2, axis=2)
    values = (values + RNG.normal(scale=0.1, size=values.shape)).astype(np.float32)
    model = MiniRocket(bands=1, days=dates, classes=2).fit(values[:200], labels[:200])
    assert np.mean(model(torch.as_tensor(values[200:])).argmax(1).numpy() == labels[200:]) > 0.97


def test_the_ridge_is_scikit_learns_on_standardised_features():
    """With the penalty that has the best mean F of samples left out, found with a fit for each sample and penalty."""
    labels = np.where(RNG.random(60) < 0.25, RNG.integers(0, 4, 60), LABELS[:60])
    values, weights = series(12)[:60], np.array([0.5, 1, 2, 1.5])[labels]
    model = MiniRocket(3, range(12), 4, thresholds=2).fit(values, labels, weights=weights)
    features = StandardScaler().fit_transform(model.features(torch.as_tensor(values)).double().numpy())
    targets = np.where(labels[:, None] == np.arange(4), 1.0, -1.0)
    score, distance = [], []
    for penalty in PENALTIES:
        guesses = []
        for one in range(60):
            rest = np.arange(60) != one
            peer = Ridge(penalty).fit(features[rest], targets[rest], weights[rest])
            guesses.append(peer.predict(features[[one]]).argmax())
        score.append(f1_score(labels, guesses, average="macro", zero_division=0))
        whole = Ridge(penalty).fit(features, targets, weights).predict(features)
        distance.append(np.abs(model(torch.as_tensor(values)).numpy() - 10 * whole).max())
    assert min(distance) < 1e-3
    assert score[np.argmin(distance)] == max(score) > min(score)


def test_channels_that_never_change_are_not_drawn():
    values = series(12)
    values[..., 2] = 0.5
    assert not MiniRocket(3, range(12), 4, thresholds=5).fit(values, LABELS).channels[..., 2].any()
    still = MiniRocket(3, range(12), 4, thresholds=5).fit(np.zeros_like(values), LABELS)
    assert still(torch.zeros(1, 12, 6)).isfinite().all()


def test_the_seed_draws_and_a_class_without_samples_stays_unlikely():
    values = series(12)
    one, same, other = (MiniRocket(3, range(12), 5, thresholds=5).fit(values, LABELS, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(value, same.state_dict()[name]) for name, value in one.state_dict().items())
    assert not torch.equal(one.channels, other.channels)
    torch.testing.assert_close(one(torch.as_tensor(values))[:, 4], torch.full((120,), -10.0), atol=1e-4, rtol=0)


def test_of_many_parcels_rare_classes_stay_whole(monkeypatch):
    labels = np.repeat([0, 1, 2, 3], [700, 250, 40, 10])
    rows, weights = drawn(labels, 200, np.random.default_rng(0))
    counts = np.bincount(labels[rows])
    assert counts.tolist() == [75, 75, 40, 10] and np.array_equal(rows, np.unique(rows))
    np.testing.assert_allclose(np.bincount(labels[rows], weights), [700, 250, 40, 10])
    assert np.array_equal(drawn(labels, 1000, RNG)[0], np.arange(1000))
    monkeypatch.setattr(minirocket, "MOST_PARCELS", 60)
    values = series(12)
    capped = MiniRocket(3, range(12), 4, thresholds=20).fit(values, LABELS, weights=np.ones(120))
    assert np.mean(capped(torch.as_tensor(values)).argmax(1).numpy() == LABELS) > 0.8


def test_progress_ends_at_1():
    told: list[float] = []
    MiniRocket(3, range(12), 4, thresholds=5).fit(series(12), LABELS, done=told.append)
    assert told == sorted(told) and told[-1] == 1
