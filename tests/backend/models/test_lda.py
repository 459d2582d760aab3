"""Linear discriminants against scikit-learn's two steps, and classes of which there is little or nothing."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from backend.models.lda import LDA, LEAST

RNG = np.random.default_rng(0)
LABELS = np.r_[0:4, RNG.choice(4, 196, p=[0.5, 0.3, 0.15, 0.05])]
VALUES = (RNG.normal(size=(4, 6, 20))[LABELS] * 0.4 + RNG.normal(size=(200, 6, 20))).astype(np.float32)
UNSEEN = RNG.normal(size=(300, 6, 20)).astype(np.float32)


def flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).astype(float)


def probabilities(model: LDA, values: np.ndarray) -> np.ndarray:
    return model(torch.as_tensor(values)).double().softmax(dim=1).numpy()


@pytest.mark.parametrize("solver", ["lsqr", "eigen"])
@pytest.mark.parametrize(("classes", "components"), [(4, 64), (4, 7), (2, 30)])
def test_probabilities_equal_scikit_learns(solver, classes, components):
    labels = LABELS % classes
    peer = make_pipeline(
        PCA(components, random_state=3),
        LinearDiscriminantAnalysis(solver=solver, shrinkage="auto", priors=np.full(classes, 1 / classes)),
    ).fit(flat(VALUES), labels)
    balanced = (len(labels) / classes / np.bincount(labels))[labels]
    model = LDA(10, range(6), classes, components).fit(VALUES, labels, seed=3, weights=balanced)
    expected = peer.predict_proba(flat(UNSEEN))
    assert expected.min() < 0.05 and expected.max() > 0.9
    np.testing.assert_allclose(probabilities(model, UNSEEN), expected, atol=1e-6)


def test_without_weights_priors_are_the_classes_shares():
    peer = make_pipeline(PCA(20, random_state=0), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
    expected = peer.fit(flat(VALUES), LABELS).predict_proba(flat(UNSEEN))
    model = LDA(10, range(6), 4, components=20).fit(VALUES, LABELS)
    np.testing.assert_allclose(probabilities(model, UNSEEN), expected, atol=1e-6)


def test_more_components_than_samples_or_features():
    few = np.r_[0:12]
    for values, labels in ((VALUES[few], LABELS[few] % 2), (VALUES[:, :1, :2], LABELS % 2)):
        model = LDA(values.shape[2] // 2, range(values.shape[1]), 2).fit(values, labels)
        assert np.isfinite(probabilities(model, values)).all()
        assert np.mean(probabilities(model, values).argmax(1) == labels) > 0.5


def test_a_class_without_samples_is_unlikely_and_a_lone_sample_no_obstacle():
    labels = np.where(LABELS == 1, 2, LABELS)
    labels[labels == 3] = 0
    labels[0] = 3
    found = probabilities(LDA(10, range(6), 5).fit(VALUES, labels), UNSEEN)
    np.testing.assert_allclose(found[:, [1, 4]], LEAST, rtol=1e-3)
    assert np.isfinite(found).all()
    alone = probabilities(LDA(10, range(6), 3).fit(VALUES, np.full(200, 2)), UNSEEN)
    np.testing.assert_allclose(alone, [[LEAST, LEAST, 1]] * 300, rtol=1e-5)


def test_it_stays_on_the_processor_in_double_precision():
    model = LDA(10, range(6), 4).fit(VALUES, LABELS)
    before = model(torch.as_tensor(UNSEEN))
    moved = model.to("meta").half()
    assert {(value.device.type, value.dtype) for value in moved.state_dict().values()} == {("cpu", torch.float64)}
    assert torch.equal(moved(torch.as_tensor(UNSEEN)), before)


def test_progress_ends_at_1():
    told: list[float] = []
    LDA(10, range(6), 4).fit(VALUES, LABELS, done=told.append)
    assert told == [0.5, 1]
