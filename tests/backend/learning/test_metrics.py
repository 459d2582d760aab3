"""The scores against scikit-learn called directly and against figures done by hand; calibration against scipy."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn import metrics as peer
from sklearn.calibration import calibration_curve

from backend.learning.calibration import cross_entropy, fit_temperature, probabilities
from backend.learning.metrics import class_reliability, probabilistic, reliability, scores, summary
from backend.vocabulary import CropClass

RNG = np.random.default_rng(4)


def test_scores_equal_scikit_learns(crops):
    truth = RNG.integers(0, 6, 400)
    predicted = np.where(RNG.random(400) < 0.6, truth, RNG.integers(0, 6, 400))
    found = scores(truth, predicted, crops)
    assert found["oa"] == pytest.approx(peer.accuracy_score(truth, predicted))
    assert found["mean_f"] == pytest.approx(peer.f1_score(truth, predicted, average="macro"))
    assert found["mean_precision"] == pytest.approx(peer.precision_score(truth, predicted, average="macro"))
    assert found["mean_recall"] == pytest.approx(peer.recall_score(truth, predicted, average="macro"))
    assert found["confusion"] == peer.confusion_matrix(truth, predicted).tolist()
    assert summary(truth, predicted) == pytest.approx((found["oa"], found["mean_f"]))


def test_scores_by_hand(crops):
    """Class 2 is never in the truth, class 1 never predicted; the means are over classes 0, 1 and 3."""
    truth, predicted = np.array([0, 0, 0, 1, 3, 3]), np.array([0, 0, 2, 0, 3, 0])
    found = scores(truth, predicted, crops[:4])
    assert found["parcels"] == 6
    assert found["oa"] == pytest.approx(3 / 6)
    assert found["confusion_axes"] == ["truth", "prediction"]
    assert found["confusion"] == [[2, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]
    rows = [(c["precision"], c["recall"], c["f"], c["support"], c["predicted"]) for c in found["classes"]]
    assert rows[0] == pytest.approx((2 / 4, 2 / 3, 4 / 7, 3, 4))
    assert rows[1] == (0, 0, 0, 1, 0)
    assert rows[2] == (0, 0, 0, 0, 1)
    assert rows[3] == pytest.approx((1, 1 / 2, 2 / 3, 2, 1))
    assert found["mean_f"] == pytest.approx((4 / 7 + 0 + 2 / 3) / 3)
    assert found["mean_precision"] == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert found["mean_recall"] == pytest.approx((2 / 3 + 0 + 1 / 2) / 3)
    assert summary(truth, predicted)[1] == pytest.approx(found["mean_f"])
    assert found["classes"][3] | {"code": "C3", "name": "Crop 3", "colour": "#303030"} == found["classes"][3]


def test_reliability_by_hand():
    confidence = np.array([0.31, 0.39, 0.95, 1.0, 0.91], dtype=np.float32)
    rows = reliability(confidence, np.array([True, False, True, True, False]))
    assert rows == [
        {"confidence": pytest.approx(0.35), "accuracy": 0.5, "parcels": 2},
        {"confidence": pytest.approx(2.86 / 3), "accuracy": pytest.approx(2 / 3), "parcels": 3},
    ]


def drawn(sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose calibrated temperature is about `sharpness`: labels are drawn from `logits / sharpness`."""
    logits = RNG.normal(scale=3, size=(5000, 7))
    labels = (logits / sharpness + RNG.gumbel(size=logits.shape)).argmax(axis=1)
    return logits.astype(np.float32), labels


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_temperature_is_the_one_scipy_finds(sharpness):
    logits, labels = drawn(sharpness)

    def loss(warmth: float) -> float:
        return -log_softmax(logits.astype(float) / warmth, axis=1)[np.arange(len(labels)), labels].mean()

    found = fit_temperature(logits, labels)
    best = minimize_scalar(loss, bounds=(0.2, 10), method="bounded", options={"xatol": 1e-8})
    assert found == pytest.approx(best.x, rel=1e-4)
    assert found == pytest.approx(sharpness, rel=0.1)
    assert cross_entropy(logits, labels) == pytest.approx(loss(1.0))


def test_temperature_stays_in_its_bounds():
    logits = np.eye(4, dtype=np.float32) * 5
    assert fit_temperature(logits, np.arange(4)) == pytest.approx(0.2)
    assert fit_temperature(logits, (np.arange(4) + 1) % 4) == pytest.approx(10)


def test_calibrated_confidence_is_as_large_as_the_accuracy():
    logits, labels = drawn(2.5)
    raw, calibrated = probabilities(logits, 1.0), probabilities(logits, fit_temperature(logits, labels))
    accuracy = (logits.argmax(axis=1) == labels).mean()
    assert calibrated.max(axis=1).mean() == pytest.approx(accuracy, abs=0.02)
    assert raw.max(axis=1).mean() > accuracy + 0.1
    assert calibrated.dtype == np.float32
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, rtol=1e-5)


def test_the_scores_of_probabilities():
    random = np.random.default_rng(2)
    truth, found = random.integers(0, 4, 300), random.dirichlet(np.ones(4), 300).astype(np.float32)
    ours = probabilistic(truth, found)
    exact = found.astype(float) / found.sum(axis=1, dtype=float, keepdims=True)
    assert ours["nll"] == pytest.approx(-np.log(exact[np.arange(300), truth]).mean())
    one_hot = np.eye(4)[truth]
    assert ours["brier"] == pytest.approx(sum(peer.brier_score_loss(one_hot[:, k], exact[:, k]) for k in range(4)))
    sure = np.eye(4, dtype=np.float32)[truth]
    assert probabilistic(truth, sure)["brier"] == 0 and probabilistic(truth, sure)["nll"] < 1e-9


def test_the_reliability_of_each_class_is_scikit_learns_curve():
    random = np.random.default_rng(5)
    found = random.dirichlet(np.ones(4), 500).astype(np.float32)
    truth = np.where(random.random(500) < 0.6, found.argmax(axis=1), random.integers(0, 3, 500))  # class 3 is rare
    rows, exact = class_reliability(truth, found), found.astype(float)
    for number, row in enumerate(rows):
        share, probability = calibration_curve(truth == number, exact[:, number], n_bins=10)
        counts = np.histogram(exact[:, number], np.linspace(0, 1, 11))[0]
        parcels = counts[counts > 0]
        assert [bin["parcels"] for bin in row["bins"]] == parcels.tolist()
        np.testing.assert_allclose([bin["accuracy"] for bin in row["bins"]], share)
        np.testing.assert_allclose([bin["confidence"] for bin in row["bins"]], probability, rtol=1e-6)
        assert row["ece"] == pytest.approx((abs(share - probability) * parcels).sum() / 500, rel=1e-5)
        assert row["probability"] == pytest.approx(exact[:, number].mean(), rel=1e-6)
        assert row["share"] == (truth == number).mean()
    whole = probabilistic(truth, found)
    assert whole["class_ece"] == pytest.approx(np.mean([row["ece"] for row in rows]))
    right, sure = calibration_curve(truth == found.argmax(axis=1), exact.max(axis=1), n_bins=10)
    parcels = np.histogram(exact.max(axis=1), np.linspace(0, 1, 11))[0]
    assert whole["ece"] == pytest.approx((abs(right - sure) * parcels[parcels > 0]).sum() / 500, rel=1e-5)


def test_the_mean_f_weighted_by_parcels():
    random = np.random.default_rng(3)
    truth, predicted = random.integers(0, 3, 200), random.integers(0, 3, 200)
    found = scores(truth, predicted, tuple(CropClass(str(k), str(k), "#000000") for k in range(4)))
    assert found["weighted_f"] == pytest.approx(peer.f1_score(truth, predicted, average="weighted"))
