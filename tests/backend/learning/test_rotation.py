"""Crop rotation as a prior: its table against counts by hand, its effect against Bayes' rule."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from backend.learning.calibration import fit_temperature, probabilities
from backend.learning.folds import RandomFolds
from backend.learning.protocols import TrainingSpec, train
from backend.learning.rotation import STRENGTHS, estimate
from backend.model_file import RotationTable
from backend.models.rotation import Rotation

CODES = np.array(["wheat", "rape", "maize"], dtype=object)
AFTER = np.array([[0.1, 0.6, 0.3], [0.9, 0.0, 0.1], [0.45, 0.05, 0.5]])  # P(class | last year's)


def fields(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Last year's codes and this year's classes of so many parcels of a known rotation."""
    rng = np.random.default_rng(seed)
    last = rng.integers(0, 3, count)
    now = np.array([rng.choice(3, p=AFTER[one]) for one in last])
    return CODES[last], now


def test_the_posterior_after_uninformative_images_is_the_row_of_the_rotation():
    """p(y | x) = p(y), so p(y | x, previous) = p(y | previous): the matrix the parcels were drawn from."""
    last, now = fields(40_000)
    rotation = estimate(last, now, 3)
    usual = np.bincount(now) / len(now)
    nothing = np.log(np.tile(usual, (3, 1)))
    found = probabilities(nothing, 1.0, rotation.log_prior(CODES))
    np.testing.assert_allclose(found, AFTER, atol=0.015)


def test_the_table_is_the_smoothed_counts_of_a_cross_table():
    last, now = fields(300, seed=4)
    rotation = estimate(last, now, 3)
    table = pd.crosstab(last, now).loc[list(rotation.previous)].to_numpy()
    usual = pd.Series(now).value_counts(normalize=True).sort_index().to_numpy()
    fitting = [
        parcels
        for parcels in STRENGTHS
        if np.allclose(
            rotation.lift * usual, (table + parcels * usual) / (table.sum(axis=1)[:, None] + parcels), rtol=1e-9
        )
    ]
    assert len(fitting) == 1
    np.testing.assert_allclose(rotation.lift @ usual, 1)


@pytest.mark.parametrize(("count", "seed"), [(120, 5), (120, 0), (30, 7), (20, 4)])
def test_the_smoothing_is_the_one_that_foretells_each_parcel_best_from_the_others(count, seed):
    """Leave one out in full: for each strength, each parcel taken out of the counts in turn."""
    last, now = fields(count, seed)
    rotation = estimate(last, now, 3)
    usual = np.bincount(now) / len(now)

    def likelihood(strength: float) -> float:
        total = 0.0
        for number in range(len(now)):
            others = np.delete(now, number)[np.delete(last, number) == last[number]]
            total += np.log((np.sum(others == now[number]) + strength * usual[now[number]]) / (len(others) + strength))
        return total

    best = max(STRENGTHS, key=likelihood)
    counts = np.array([[np.sum((last == code) & (now == label)) for label in range(3)] for code in rotation.previous])
    expected = (counts + best * usual) / (counts.sum(axis=1, keepdims=True) + best) / usual
    np.testing.assert_allclose(rotation.lift, expected)


def test_an_uninformative_previous_crop_changes_next_to_nothing():
    rng = np.random.default_rng(6)
    rotation = estimate(CODES[rng.integers(0, 3, 2000)], rng.integers(0, 3, 2000), 3)
    np.testing.assert_allclose(rotation.lift, 1, atol=0.1)


def test_an_unknown_or_missing_previous_crop_is_no_prior():
    rotation = estimate(*fields(500), 3)
    prior = rotation.log_prior([None, "hops", "rape"])
    assert (prior[:2] == 0).all() and (prior[2] != 0).all()
    assert rotation.log_prior([]).shape == (0, 3)


def test_missing_crops_do_not_count_and_a_class_without_parcels_stays_possible():
    last, now = fields(400, seed=7)
    half = last.copy()
    half[::2] = None
    rotation = estimate(half, now, 4)
    kept = np.arange(1, 400, 2)
    assert rotation.previous == tuple(sorted(set(last[kept])))
    assert rotation.lift.shape == (3, 4) and (rotation.lift > 0).all()
    usual = np.bincount(now) / 400
    counts = pd.crosstab(last[kept], now[kept]).to_numpy() / usual
    odds = rotation.lift[:, 0] / rotation.lift[:, 1]
    assert any(np.allclose(odds, (counts[:, 0] + n) / (counts[:, 1] + n)) for n in STRENGTHS)
    assert estimate(np.full(5, None, dtype=object), np.arange(5) % 2, 2).lift.shape == (0, 2)


def test_bayes_rule_and_the_temperature_with_a_prior():
    """Truth drawn from softmax(logits / 2 + prior): that temperature is found, and the chances are Bayes' own."""
    rng = np.random.default_rng(8)
    logits, prior = rng.normal(size=(40_000, 3)) * 4, np.log(AFTER + 0.02)[rng.integers(0, 3, 40_000)]
    odds = np.exp(logits / 2) * np.exp(prior)
    chances = odds / odds.sum(axis=1, keepdims=True)
    truth = (rng.random((40_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    assert fit_temperature(logits, truth, prior) == pytest.approx(2, rel=0.05)
    assert abs(fit_temperature(logits, truth) - 2) > 0.05
    np.testing.assert_allclose(probabilities(logits, 2.0, prior), chances, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("lift", [[[1.0, 0.0]], [[1.0, np.nan]], [[1.0, 2.0], [1.0, 1.0]], [1.0, 2.0]])
def test_a_damaged_table_is_refused(lift):
    with pytest.raises(ValueError, match="rotation"):
        Rotation(("wheat",), np.array(lift))


def test_a_table_survives_its_document():
    rotation = estimate(*fields(200), 3)
    document = json.loads(json.dumps(rotation.document()))
    again = Rotation.of(RotationTable(tuple(document["previous"]), document["lift"]), 3)
    assert again.previous == rotation.previous and np.array_equal(again.lift, rotation.lift)


# through training


def noise(statistics, count: int) -> tuple[object, np.ndarray]:
    """A dataset whose images tell nothing of the labels."""
    labels = np.random.default_rng(2).integers(0, 3, count)
    return statistics(np.zeros(count, dtype=np.int64), noise=0.05), labels


@pytest.mark.parametrize(("model", "epochs", "folds"), [("gru", 3, 5), ("random-forest", 1, 1)])
def test_where_the_images_tell_nothing_last_year_s_crop_decides(statistics, crops, recorder, model, epochs, folds):
    dataset, labels = noise(statistics, 150)
    spec = TrainingSpec(model=model, epochs=epochs, folds=folds, seed=1, device="cpu")
    without = train(spec, dataset, labels, crops[:3], recorder)
    known = train(spec, dataset, labels, crops[:3], recorder, previous=CODES[labels])
    assert without.scores["oa"] < 0.5 and known.scores["oa"] > 0.97
    assert without.kept.rotation is None and known.kept.rotation is not None


def test_the_rotation_is_learnt_only_from_the_training_part(statistics, crops, recorder):
    """Crops that only the other parts have are no part of its table; the table is that of the training rows."""
    dataset, labels = noise(statistics, 100)
    split = RandomFolds().splits(np.arange(100), labels, seed=1)[0]
    previous = CODES[labels]
    previous[split.test] = "seen in the test part"
    previous[split.validation] = "seen in validation"
    spec = TrainingSpec(model="random-forest", seed=1, device="cpu")
    known = train(spec, dataset, labels, crops[:3], recorder, previous=previous)
    expected = estimate(CODES[labels[split.train]], labels[split.train], 3)
    assert known.kept.rotation.previous == expected.previous == ("maize", "rape", "wheat")
    np.testing.assert_allclose(known.kept.rotation.lift, expected.lift)
    without = train(spec, dataset, labels, crops[:3], recorder)
    assert np.array_equal(known.tested_probabilities, without.tested_probabilities)


def test_the_network_is_the_same_with_and_without_it(statistics, crops, make_recorder, tmp_path):
    """The prior is no part of what the network learns, so an epoch kept without it is gone on from with it."""
    dataset, labels = noise(statistics, 60)
    spec = TrainingSpec(model="gru", epochs=2, seed=1, device="cpu")
    without = train(spec, dataset, labels, crops[:3], make_recorder(), tmp_path)
    again = make_recorder()
    known = train(spec, dataset, labels, crops[:3], again, tmp_path, previous=CODES[labels])
    assert not again.of("epoch")
    assert known.curves == without.curves
    one, other = without.kept.network.state_dict(), known.kept.network.state_dict()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert not np.array_equal(without.tested_probabilities, known.tested_probabilities)
