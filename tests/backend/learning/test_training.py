"""Training: it learns, it repeats itself bit for bit, it stops and goes on, it says what it leaves out."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.errors import BadArgument, Cancelled, Diverged, NotWritable, TooFewClasses, UnknownModel
from backend.learning import samples
from backend.learning.checkpoint import clear
from backend.learning.prediction import predict
from backend.learning.protocols import TrainingSpec, train
from backend.models import MODELS
from backend.models.bundle import ModelBundle

LABELS = np.random.default_rng(1).integers(0, 4, 150)
ONE_STEP = [name for name, row in MODELS.items() if not row.in_epochs]
CPU = {"device": "cpu", "seed": 3, "learning_rate": 3e-3}


def same(one, other) -> bool:
    left, right = one.kept.network.state_dict(), other.kept.network.state_dict()
    weights = left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)
    return (
        weights and one.curves == other.curves and np.array_equal(one.tested_probabilities, other.tested_probabilities)
    )


@pytest.mark.parametrize(("model", "epochs"), [("gru", 8), *((name, 1) for name in ONE_STEP)])
def test_statistics_are_learnt_and_every_parcel_is_tested_once(statistics, crops, recorder, model, epochs):
    spec = TrainingSpec(model=model, epochs=epochs, folds=5, batch_size=8, **CPU)
    found = train(spec, statistics(LABELS), LABELS, crops[:4], recorder)
    assert found.scores["parcels"] == 150
    assert np.array_equal(found.tested_rows, np.arange(150))
    assert np.array_equal(found.tested_labels, LABELS)
    assert found.scores["mean_f"] > 0.9  # chance is 0.25
    assert len(found.curves) == 5 * epochs
    assert [scores["parcels"] for scores in found.fold_scores] == [30] * 5
    assert sum(row["parcels"] for row in found.reliability) == 150
    np.testing.assert_allclose(found.tested_probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("model", ["cnn-gru-0.9", "conv-lstm", "conv-lstm-64"])
def test_patches_are_learnt(patches, crops, recorder, model):
    labels = LABELS[:50] % 2
    spec = TrainingSpec(model=model, epochs=6, batch_size=8, **CPU)
    assert train(spec, patches(labels), labels, crops[:2], recorder).scores["oa"] > 0.8  # chance is 0.5


def test_uninformative_labels_are_not_learnt(statistics, crops, recorder):
    """Guards the tests above: a test parcel that had been trained on would be known here too."""
    nothing = np.random.default_rng(9).permutation(LABELS)
    spec = TrainingSpec(model="gru", epochs=8, folds=2, batch_size=8, **CPU)
    assert train(spec, statistics(LABELS), nothing, crops[:4], recorder).scores["oa"] < 0.45


def test_the_same_seed_gives_the_same_bits_and_another_does_not(statistics, crops, recorder):
    dataset, runs = statistics(LABELS), []
    before = torch.random.get_rng_state()
    for seed in (3, 3, 4):
        torch.rand(seed)  # the state of torch's own generator is of no consequence
        spec = TrainingSpec(model="gru", epochs=2, device="cpu", seed=seed)
        before = torch.random.get_rng_state()
        runs.append(train(spec, dataset, LABELS, crops[:4], recorder))
        assert torch.equal(before, torch.random.get_rng_state())
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


@pytest.mark.parametrize(("model", "folds"), [("gru", 2), ("cnn-gru-0.9", 1)])
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path, statistics, patches, crops, make_recorder, model, folds):
    labels = LABELS if model == "gru" else LABELS[:40] % 2
    dataset = statistics(labels) if model == "gru" else patches(labels)
    spec = TrainingSpec(model=model, epochs=4, folds=folds, batch_size=16, **CPU)
    kinds = crops[: labels.max() + 1]
    whole = train(spec, dataset, labels, kinds, make_recorder())
    for epoch in (2, 3):  # stopped twice, each time before the epoch's checkpoint is written
        with pytest.raises(Cancelled):
            train(spec, dataset, labels, kinds, make_recorder(Cancelled(), epoch), tmp_path / "run")
    last = make_recorder()
    resumed = train(spec, dataset, labels, kinds, last, tmp_path / "run")
    assert same(whole, resumed)
    assert [(row["fold"], row["epoch"]) for row in last.of("epoch")][:2] == [(1, 3), (1, 4)]
    again = make_recorder()
    assert same(whole, train(spec, dataset, labels, kinds, again, tmp_path / "run"))
    assert again.of("epoch") == []
    clear(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_run_is_not_used(tmp_path, statistics, crops, make_recorder):
    dataset, spec = statistics(LABELS), TrainingSpec(model="gru", epochs=2, **CPU)
    train(spec, dataset, LABELS, crops[:4], make_recorder(), tmp_path)
    other_labels = np.where(np.arange(150) == 7, -1, LABELS)
    other_feed = statistics(LABELS)
    other_feed.values += 0.01
    for changed in (
        (TrainingSpec(model="gru", epochs=2, device="cpu", seed=3, learning_rate=1e-2), dataset, LABELS),
        (spec, dataset, other_labels),
        (spec, other_feed, LABELS),
    ):
        said = make_recorder()
        resumed = train(*changed, crops[:4], said, tmp_path)
        assert any("starts again" in message for message in said.of("log"))
        assert same(resumed, train(*changed, crops[:4], make_recorder()))
        assert len(said.of("epoch")) == 2


def test_a_damaged_checkpoint_is_not_used(tmp_path, statistics, crops, make_recorder):
    dataset, spec = statistics(LABELS), TrainingSpec(model="gru", epochs=2, **CPU)
    whole = train(spec, dataset, LABELS, crops[:4], make_recorder(), tmp_path)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for damaged in (b"", content[:100], content[: len(content) // 2], b"\0" * len(content)):
        file.write_bytes(damaged)
        said = make_recorder()
        assert same(whole, train(spec, dataset, LABELS, crops[:4], said, tmp_path))
        assert any("is damaged" in message for message in said.of("log"))


def test_a_checkpoint_that_cannot_be_written(tmp_path, statistics, crops, recorder):
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable):
        spec = TrainingSpec(model="gru", epochs=1, **CPU)
        train(spec, statistics(LABELS), LABELS, crops[:4], recorder, tmp_path / "file")


def test_the_best_epoch_is_kept(statistics, crops, recorder):
    """The kept weights give the curves' best validation again, and the last epoch's was not it."""
    dataset = statistics(LABELS, noise=0.1)
    spec = TrainingSpec(model="gru", epochs=15, device="cpu", learning_rate=1e-2)
    found = train(spec, dataset, LABELS, crops[:4], recorder)
    ranks = [(row["validation_mean_f"], -row["validation_loss"]) for row in found.curves]
    best = ranks.index(max(ranks))
    assert best < 14
    shorter = TrainingSpec(model="gru", epochs=best + 1, device="cpu", learning_rate=1e-2)
    assert np.array_equal(
        found.tested_probabilities, train(shorter, dataset, LABELS, crops[:4], recorder).tested_probabilities
    )


def test_rare_and_unusable_parcels(statistics, crops, recorder):
    labels = LABELS.copy()
    dataset = statistics(labels)
    labels[:4] = 4  # four parcels of a fifth class
    labels[4:11] = 5  # seven of a sixth, of which three are usable
    dataset.usable[7:11] = False
    dataset.usable[100:110] = False
    labels[110:120] = -1
    found = train(TrainingSpec(model="random-forest", **CPU), dataset, labels, crops, recorder)
    assert found.classes == crops[:4]
    assert found.left_out == ((crops[4], 4), (crops[5], 3))
    (message,) = recorder.of("labels.rare_class")
    assert "Crop 4 (4), Crop 5 (3)" in message
    assert found.tested_probabilities.shape[1] == 4
    assert not set(found.tested_rows) & {*range(11), *range(100, 120)}


def test_fewer_than_two_classes_cannot_be_learnt(statistics, crops, recorder):
    labels = np.where(np.arange(150) < 4, 1, 0)
    with pytest.raises(TooFewClasses, match=r"found Crop 0 \(146\); too rare: Crop 1 \(4\)"):
        train(TrainingSpec(**CPU), statistics(LABELS), labels, crops, recorder)


def test_a_loss_that_is_no_number_ends_the_run(statistics, crops, recorder):
    dataset = statistics(LABELS)
    dataset.values[:, 2] = np.inf
    dataset.mean_std = lambda rows: (np.zeros((4, 20)), np.ones((4, 20)))
    with pytest.raises(Diverged, match="epoch 1"):
        train(TrainingSpec(model="gru", **CPU), dataset, LABELS, crops[:4], recorder)


def test_so_does_a_validation_that_is_no_number(monkeypatch, statistics, crops, recorder):
    """Weights can be spoilt by an epoch's last batch, after its losses were added up."""
    spoilt = lambda network, samples, rows, *_: np.full((len(rows), 4), np.nan, np.float32)  # noqa: E731
    monkeypatch.setattr("backend.learning.fitting.logits", spoilt)
    with pytest.raises(Diverged, match="epoch 1"):
        train(TrainingSpec(model="gru", **CPU), statistics(LABELS), LABELS, crops[:4], recorder)


@pytest.mark.parametrize(("model", "epochs"), [("gru", 3), ("random-forest", 3)])
def test_progress_rises_to_one(monkeypatch, statistics, crops, recorder, model, epochs):
    monkeypatch.setattr("backend.learning.progress.SECONDS", 0.0)
    train(TrainingSpec(model=model, epochs=epochs, folds=2, **CPU), statistics(LABELS), LABELS, crops[:4], recorder)
    fractions = [fraction for fraction, _, _ in recorder.of("progress")]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) > 20
    assert fractions.count(1.0) == 1  # not before the end
    keys = ["fold", "folds", "epoch", "epochs", "train_loss"]
    keys += ["validation_loss", "validation_oa", "validation_mean_f", "kept"]
    assert all(list(row) == keys for row in recorder.of("epoch"))


def test_statistics_are_built_once_for_each_fold(statistics, crops, recorder):
    dataset = statistics(LABELS)
    train(TrainingSpec(model="gru", epochs=5, folds=2, **CPU), dataset, LABELS, crops[:4], recorder)
    assert dataset.served == 2 * (150 + 1)  # and one parcel to learn their size


def test_patches_too_many_to_hold_give_the_same(monkeypatch, patches, crops, recorder):
    labels = LABELS[:40] % 2
    dataset, spec = patches(labels), TrainingSpec(model="cnn-gru-0.9", epochs=2, **CPU)
    held = train(spec, dataset, labels, crops[:2], recorder)
    monkeypatch.setattr(samples, "HELD_BYTES", 0)
    assert same(held, train(spec, dataset, labels, crops[:2], recorder))


@pytest.mark.parametrize("model", ["gru", "cnn-gru-0.9", "random-forest"])
def test_a_saved_model_predicts_what_was_tested(tmp_path, statistics, patches, crops, recorder, model):
    labels = LABELS[:60] % 2
    dataset = patches(labels) if model.startswith("cnn") else statistics(labels)
    found = train(TrainingSpec(model=model, epochs=2, **CPU), dataset, labels, crops[:2], recorder)
    table = ({"code": "a", "name": "A", "class": "A", "colour": ""},)
    found.bundle(2018, table, {"seed": 3}, {"kind": "training"}).save(tmp_path / "m.cropmodel")
    loaded = ModelBundle.load(tmp_path / "m.cropmodel")
    probabilities = predict(loaded, [dataset], found.tested_rows, torch.device("cpu"), recorder, batch_size=7)
    np.testing.assert_allclose(probabilities, found.tested_probabilities, atol=1e-5)
    assert loaded.scores == found.scores
    assert predict(loaded, [dataset], found.tested_rows[:0], torch.device("cpu"), recorder).shape == (0, 2)
    assert recorder.of("progress")[-1][:2] == (1.0, "classifying")
    dataset.days = (1, 2, 3, 4)
    with pytest.raises(BadArgument, match="dates"):
        predict(loaded, [dataset], found.tested_rows, torch.device("cpu"), recorder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("folds", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
    ]
    + [("device", "tpu"), ("seed", -1), ("min_samples", 1)],
)
def test_settings_that_cannot_be_are_refused(name, value):
    with pytest.raises(BadArgument, match=name):
        TrainingSpec(**{name: value})
    with pytest.raises(UnknownModel):
        TrainingSpec(model="svm")
