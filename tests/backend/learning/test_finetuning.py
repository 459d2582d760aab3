"""Fine-tuning: what a network starts from, and what becomes of classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.errors import Cancelled
from backend.learning.finetuning import extended, finetune
from backend.learning.finetuning_spec import FinetuningSpec
from backend.learning.folds import RANDOM
from backend.learning.labels import Labelled
from backend.learning.prediction import predict
from backend.learning.protocols import TrainingSpec, train
from backend.models.bundle import ModelBundle
from backend.protocol import Silent
from backend.vocabulary import CropClass

LABELS = np.random.default_rng(1).integers(0, 4, 80)
CPU = torch.device("cpu")
SPEC = FinetuningSpec(epochs=2, device="cpu", seed=3)


@pytest.fixture
def bundle(statistics, crops, recorder) -> ModelBundle:
    """Two networks and a forest, with temperatures of their own."""
    asked = TrainingSpec(model="gru", epochs=3, device="cpu", protocol="refit", schedule="one-cycle", members=2)
    gru = train(asked, statistics(LABELS), LABELS, crops[:4], recorder).bundle(2017, (), {}, {})
    asked = TrainingSpec(model="random-forest", device="cpu", protocol="refit", folds=1)
    forest = train(asked, statistics(LABELS), LABELS, crops[:4], recorder).bundle(2017, (), {}, {})
    members = [
        replace(one, share=1 / 3, temperature=1 + 0.2 * n) for n, one in enumerate((*gru.members, *forest.members))
    ]
    return replace(gru, members=tuple(members))


def tuned(bundle, dataset, labels, crops, reporter, spec=SPEC, checkpoint=None):
    datasets = [dataset] * len(bundle.members)
    return finetune(spec, bundle, datasets, labels, crops, reporter, checkpoint, RANDOM)


@pytest.mark.parametrize(
    ("labels", "expected"), [(0, 0.1), (3, 0.1), (10, 0.1), (16, 0.16), (25, 0.25), (40, 1 / 3), (5000, 1 / 3)]
)
def test_the_rate_grows_with_the_labels_of_a_class(labels, expected):
    own = TrainingSpec.of("dated-ltae", protocol="refit").learning_rate
    assert SPEC.tuned("dated-ltae", 1, labels).learning_rate == pytest.approx(expected * own)
    assert replace(SPEC, learning_rate=0.5).tuned("dated-ltae", 1, labels).learning_rate == 0.5


def test_the_networks_take_the_rate_of_their_labels(bundle, statistics, crops, recorder):
    """80 labels of four classes, of which one has been left out: each counts those that are learned."""
    rare = np.where((LABELS == 3) & (np.arange(80) > 20), -1, LABELS)
    rare[rare == 3] = np.where(np.arange((rare == 3).sum()) < 2, 3, -1)
    networks = replace(bundle, members=bundle.members[:1])
    found = tuned(networks, statistics(rare), rare, crops[:4], recorder)
    learned = (rare >= 0).sum() - 2
    own = TrainingSpec.of("gru", protocol="refit").learning_rate
    (network,) = found.delivered.networks
    assert network.spec.learning_rate == pytest.approx(own * 0.01 * learned / 3)


def test_without_a_step_the_networks_stay_what_they_were(bundle, statistics, crops, recorder):
    networks = replace(bundle, members=tuple(replace(one, share=0.5) for one in bundle.members[:2]))
    dataset = statistics(LABELS)
    found = tuned(networks, dataset, LABELS, crops[:4], recorder, replace(SPEC, learning_rate=1e-12))
    after = found.bundle(2018, (), {}, {})
    for one, other in zip(networks.members, after.members, strict=True):
        np.testing.assert_array_equal(one.mean, other.mean)
        for name, weights in one.weights.items():
            torch.testing.assert_close(weights, other.weights[name], rtol=0, atol=1e-6)
    frozen, _, last = found.compared
    assert frozen["oa"] == last["oa"] and frozen["mean_f"] == last["mean_f"]
    rows = found.tested_rows
    frozen_found = predict(networks, [dataset] * 2, rows, CPU, Silent()).argmax(axis=1)
    assert frozen["oa"] == np.mean(frozen_found == LABELS[rows])


def test_a_member_without_epochs_is_trained_anew(bundle, statistics, crops, recorder):
    dataset, labels = statistics(LABELS), (LABELS + 1) % 4
    found = tuned(bundle, dataset, labels, crops[:4], recorder, replace(SPEC, folds=1))
    alone = TrainingSpec(
        model="random-forest", device="cpu", seed=5, protocol="refit", folds=1
    )  # the third: seed 3 + 2
    forest = train(alone, dataset, labels, crops[:4], recorder).kept.network
    values = dataset.values
    normal = found.delivered.networks[2].normalisation
    inputs = ((values - normal.mean) / normal.std).astype(np.float32)
    np.testing.assert_allclose(
        found.delivered.networks[2].network.predict_proba(inputs), forest.predict_proba(inputs), atol=1e-12
    )
    assert [one.temperature for one in found.bundle(2018, (), {}, {}).members] == [1.0, 1.2, 1.4]


def test_new_classes_follow_those_of_the_model(bundle, statistics, crops, recorder):
    """The region grows crops 3, 1 and one that the model lacks; 0 and 2 are kept without labels."""
    labels = np.random.default_rng(2).integers(0, 3, 80)
    grown = (crops[3], crops[1], crops[5])
    found = tuned(bundle, statistics(labels), labels, grown, recorder, replace(SPEC, folds=1))
    assert [crop.code for crop in found.classes] == ["C0", "C1", "C2", "C3", "C5"]
    assert set(found.tested_labels.tolist()) == {3, 1, 4}
    assert found.tested_probabilities.shape[1] == 5
    np.testing.assert_allclose(found.tested_probabilities.sum(axis=1), 1, rtol=1e-5)
    for one, network in zip(bundle.members[:2], found.delivered.networks):
        last = list(network.network.state_dict())[-1]
        assert network.network.state_dict()[last].shape == (5,) and one.weights[last].shape == (4,)
        torch.testing.assert_close(network.network.state_dict()[last][:4], one.weights[last], atol=0.02, rtol=0)


def test_labels_are_numbered_by_the_classes_of_the_model():
    a, b, c, d = (CropClass(code, code, "#000000") for code in "abcd")
    found = extended(Labelled(np.array([0, -1, 1, 2, 1]), (d, b, c), ()), (a, b, c))
    assert [crop.code for crop in found.classes] == ["a", "b", "c", "d"]
    assert found.labels.tolist() == [3, -1, 1, 2, 1]


def test_a_stopped_run_continues_to_the_same_model(bundle, statistics, crops, make_recorder, tmp_path):
    dataset, labels = statistics(LABELS), (LABELS + 1) % 4
    whole = tuned(bundle, dataset, labels, crops[:4], make_recorder())
    with pytest.raises(Cancelled):
        tuned(bundle, dataset, labels, crops[:4], make_recorder(stop=Cancelled(), stop_at=2), checkpoint=tmp_path)
    assert list(tmp_path.glob("anew-*/fold-*")) and list(tmp_path.glob("tuned-1/fold-*"))
    again = tuned(bundle, dataset, labels, crops[:4], make_recorder(), checkpoint=tmp_path)
    for one, other in zip(whole.delivered.members(), again.delivered.members(), strict=True):
        for name, weights in one.weights.items():
            assert torch.equal(weights, other.weights[name])
    assert whole.compared == again.compared
