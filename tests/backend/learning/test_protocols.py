"""The protocol refit: folds that give the scores, and a model of all parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import accuracy_score, f1_score, log_loss

from backend.errors import BadArgument, Cancelled
from backend.learning.calibration import mixed
from backend.learning.prediction import predict
from backend.learning.progress import Progress
from backend.learning.protocols import TrainingSpec, train
from backend.learning.training import Training
from backend.models.bundle import ModelBundle

LABELS = np.random.default_rng(1).integers(0, 4, 150)
REFIT = {"device": "cpu", "seed": 3, "learning_rate": 3e-3, "protocol": "refit", "batch_size": 8}
CYCLE = {"model": "gru", "epochs": 8, "schedule": "one-cycle", **REFIT}


def test_the_model_learns_from_every_parcel_and_the_scores_are_of_others(statistics, crops, recorder):
    dataset = statistics(LABELS)
    found = train(TrainingSpec(folds=5, **CYCLE), dataset, LABELS, crops[:4], recorder)
    assert np.array_equal(found.delivered.learned_rows, np.arange(150))
    assert np.array_equal(found.tested_rows, np.arange(150))
    predicted = found.tested_probabilities.argmax(axis=1)
    assert found.scores["oa"] == accuracy_score(LABELS, predicted) > 0.9
    assert found.scores["mean_f"] == pytest.approx(f1_score(LABELS, predicted, average="macro"))
    normalisation = found.kept.normalisation
    values = dataset.values.reshape(150, *normalisation.mean.shape)
    np.testing.assert_allclose(normalisation.mean, values.mean(axis=0), rtol=1e-5)
    assert recorder.of("progress")[-1][0] == 1.0


def test_a_fold_trains_on_four_fifths_and_keeps_its_last_epoch(statistics, crops, recorder):
    dataset = statistics(LABELS, noise=0.1)
    training = Training.of(TrainingSpec(folds=2, **CYCLE), dataset, LABELS, crops[:4], recorder)
    for split in training.splits:
        assert (len(split.train), len(split.validation), len(split.test)) == (120, 0, 30)
        assert np.array_equal(np.sort(np.concatenate([split.train, split.test])), np.arange(150))
    found = train(TrainingSpec(folds=1, **CYCLE), dataset, LABELS, crops[:4], recorder)
    (first,) = [row for row in found.curves if row["epoch"] == 8]
    assert first["validation_oa"] == pytest.approx(found.scores["oa"])  # the last epoch's, whichever was best


def test_labels_at_random_are_not_learnt(statistics, crops, recorder):
    """Guards the scores: a tested parcel that had been trained on would be known here."""
    nothing = np.random.default_rng(9).permutation(LABELS)
    for model in ("gru", "random-forest", "extra-trees"):
        spec = TrainingSpec(**{**CYCLE, "model": model, "folds": 5})
        assert train(spec, statistics(LABELS), nothing, crops[:4], recorder).scores["oa"] < 0.4  # chance is 0.25


def test_the_temperature_is_of_parcels_that_were_not_trained_on(statistics, crops, recorder):
    """The model's is that of all tested parcels; a fold's, by which it is scored, that of the other folds."""
    labels = np.where(np.random.default_rng(5).random(150) < 0.3, (LABELS + 1) % 4, LABELS)  # confusing, so that T > 1
    dataset, spec = statistics(LABELS), TrainingSpec(folds=3, **CYCLE)
    found = train(spec, dataset, labels, crops[:4], recorder)
    training = Training.of(spec, dataset, labels, crops[:4], recorder)
    fits = [training.fit(split, Progress(recorder, "training", 1)) for split in training.splits[:3]]

    def best(parts):
        logits, truth = np.concatenate([p.logits for p in parts]), labels[np.concatenate([p.rows for p in parts])]

        def loss(temperature):
            return log_loss(truth, np.exp(log_softmax(logits / temperature, axis=1)), labels=range(4))

        return minimize_scalar(loss, bounds=(0.2, 10), method="bounded", options={"xatol": 1e-6}).x

    assert found.delivered.temperature == pytest.approx(best(fits), rel=1e-3)
    expected = {row: p for one in fits for row, p in zip(one.rows, _softmax(one.logits / best(_without(fits, one))))}
    np.testing.assert_allclose(found.tested_probabilities, [expected[row] for row in found.tested_rows], atol=1e-3)


def _without(parts, one):
    return [part for part in parts if part is not one]


def _softmax(values):
    return np.exp(log_softmax(values, axis=1))


def test_with_a_constant_rate_the_folds_choose_the_number_of_epochs(statistics, crops, recorder):
    dataset = statistics(LABELS, noise=0.1)
    spec = TrainingSpec(model="gru", epochs=12, folds=5, **{**REFIT, "learning_rate": 1e-2})
    found = train(spec, dataset, LABELS, crops[:4], recorder)
    folds = [[row for row in found.curves if row["fold"] == fold] for fold in range(1, 6)]
    best = [1 + max(range(12), key=lambda i: (f[i]["validation_mean_f"], -f[i]["validation_loss"])) for f in folds]
    assert found.kept.spec.epochs == round(float(np.median(best))) < 12
    assert np.array_equal(found.delivered.learned_rows, np.arange(150))


def test_members_are_averaged(statistics, crops, recorder, tmp_path):
    dataset = statistics(LABELS, noise=0.1)
    found = train(TrainingSpec(folds=2, members=3, **CYCLE), dataset, LABELS, crops[:4], recorder)
    weights = [next(iter(one.network.state_dict().values())) for one in found.delivered.networks]
    assert not torch.equal(weights[0], weights[1]) and not torch.equal(weights[1], weights[2])
    table = ({"code": "a", "name": "A", "class": "A", "colour": ""},)
    found.bundle(2018, table, {"seed": 3}, {"kind": "training"}).save(tmp_path / "m.cropmodel")
    loaded = ModelBundle.load(tmp_path / "m.cropmodel")
    rows = np.arange(0, 150, 7)
    ours = predict(loaded, [dataset] * 3, rows, torch.device("cpu"), recorder)
    each = []
    for member in loaded.members:
        batch = (dataset.values[rows] - member.mean) / member.std
        with torch.inference_mode():
            logits = loaded.network(member)(torch.as_tensor(batch, dtype=torch.float32)).double().numpy()
        each.append(_softmax(logits))
    expected = _softmax(np.log(np.mean(each, axis=0)) / loaded.temperature)
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert len(found.curves) == 2 * 8  # of the first member only
    assert recorder.of("progress")[-1][0] == 1.0


def test_the_average_of_one_is_itself():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    assert mixed([logits], [1.0], [1.0]) is logits
    two = mixed([logits, 2 * logits], [0.25, 0.75], [1.0, 2.0])
    np.testing.assert_allclose(_softmax(two), _softmax(logits))
    three = mixed([logits, np.flip(logits, 1).copy()], [0.25, 0.75], [0.5, 1.0])
    np.testing.assert_allclose(_softmax(three), 0.25 * _softmax(2 * logits) + 0.75 * _softmax(logits[:, ::-1]))


def test_the_paper_s_protocol_has_one_member():
    with pytest.raises(BadArgument, match="members"):
        TrainingSpec(members=2)


@pytest.mark.parametrize("schedule", ["one-cycle", "constant"])
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path, statistics, crops, make_recorder, schedule):
    dataset = statistics(LABELS)
    spec = TrainingSpec(**{**CYCLE, "epochs": 3, "schedule": schedule, "folds": 2, "members": 2})
    whole = train(spec, dataset, LABELS, crops[:4], make_recorder())
    for epoch in (2, 3):
        with pytest.raises(Cancelled):
            train(spec, dataset, LABELS, crops[:4], make_recorder(Cancelled(), epoch), tmp_path / "run")
    resumed = train(spec, dataset, LABELS, crops[:4], make_recorder(), tmp_path / "run")
    for one, other in zip(whole.delivered.networks, resumed.delivered.networks, strict=True):
        left, right = one.network.state_dict(), other.network.state_dict()
        assert all(torch.equal(left[key], right[key]) for key in left)
    assert np.array_equal(whole.tested_probabilities, resumed.tested_probabilities)
    assert whole.delivered.temperature == resumed.delivered.temperature


@pytest.mark.parametrize(("parcels", "folds"), [(150, 5), (3001, 1)])
def test_all_folds_are_run_of_few_parcels_and_one_of_many(statistics, crops, recorder, parcels, folds):
    labels = np.arange(parcels) % 2
    training = Training.of(
        TrainingSpec(**{**CYCLE, "folds": None}), statistics(labels), labels, crops[:2], recorder
    )  # fmt: skip
    assert training.spec.folds == folds


def test_a_class_of_two_parcels_can_be_kept(statistics, crops, recorder):
    """Each of the two is tested by a model that knows the other."""
    labels = LABELS % 2
    labels[:2] = 2
    spec = TrainingSpec(**{**CYCLE, "model": "extra-trees", "folds": 5, "min_samples": 2})
    found = train(spec, statistics(labels), labels, crops[:3], recorder)
    assert [row["support"] for row in found.scores["classes"]] == [*np.bincount(labels)]
    assert np.array_equal(found.tested_rows, np.arange(150))
    training = Training.of(spec, statistics(labels), labels, crops[:3], recorder)
    assert all((labels[split.train] == 2).sum() >= 1 for split in training.splits)
