"""Intervals of scores against scipy and against what samples of a known population give."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from backend.learning.intervals import accuracy_interval, mean_f_interval
from backend.learning.metrics import scores
from backend.vocabulary import CropClass


@pytest.mark.parametrize(("right", "parcels"), [(0, 1), (1, 1), (3, 10), (10, 10), (451, 500), (0, 40)])
def test_the_accuracy_s_interval_is_scipy_s(right, parcels):
    expected = binomtest(right, parcels).proportion_ci(0.95, "wilson")
    assert accuracy_interval(right, parcels) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nineteen_of_twenty_samples_have_the_population_s_mean_f_inside():
    """A population of 3 uneven classes, samples of 200: the interval of each sample should hold the true mean F."""
    share = np.array([[60, 5, 5], [4, 14, 2], [2, 3, 5]]) / 100
    rows, columns = np.divmod(np.arange(9), 3)
    weights = share.ravel()
    true = f1_score(rows, columns, average="macro", sample_weight=weights)
    random = np.random.default_rng(5)
    inside = 0
    for _ in range(200):
        low, high = mean_f_interval(random.multinomial(200, weights).reshape(3, 3))
        inside += low <= true <= high
    assert 0.90 <= inside / 200 <= 0.99


def test_each_sample_s_mean_f_is_scikit_learn_s():
    """Where nothing can vary, the interval is the score itself; classes absent from the truth do not count."""
    confusion = np.zeros((4, 4), np.int64)
    confusion[2, 1] = 30
    assert mean_f_interval(confusion) == (0.0, 0.0)
    confusion = np.diag([0, 12, 0, 0])
    assert mean_f_interval(confusion) == (1.0, 1.0)


def test_scores_contain_the_intervals():
    crops = tuple(CropClass(code, code, "#000000") for code in "ab")
    truth, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1])
    found = scores(truth, predicted, crops)
    assert found["oa_interval"] == pytest.approx(binomtest(4, 5).proportion_ci(0.95, "wilson"))
    low, high = found["mean_f_interval"]
    assert low < found["mean_f"] < high
    assert scores(truth, predicted, crops) == found  # a report made again is the same
