"""The training options: each against an independent computation, and all of them stopped and resumed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from backend.errors import BadArgument, Cancelled
from backend.learning.date_dropout import DateDropout, drawn
from backend.learning.fitting import fresh
from backend.learning.folds import RANDOM
from backend.learning.normalisation import Normalisation
from backend.learning.objective import class_weights, focal, objective
from backend.learning.permutations import permutations
from backend.learning.protocols import TrainingSpec, train
from backend.learning.samples import Samples
from backend.learning.schedule import lr_factor
from backend.models import MODELS

CPU = torch.device("cpu")
LABELS = np.repeat([0, 0, 0, 1, 1, 2], 25)
ALL = {
    "loss": "focal", "class_weights": "square-root", "schedule": "one-cycle", "weight_decay": 0.01, "patience": 9,
    "date_dropout": 0.4, "time_shift_days": 9.0, "scale_noise": 0.1, "precision": "bfloat16",
}  # fmt: skip


def spec(**figures: object) -> TrainingSpec:
    return TrainingSpec(**{"model": "gru", "epochs": 2, "device": "cpu", "seed": 3, **figures})


# The loss


def test_focal_loss_by_hand():
    rng = np.random.default_rng(0)
    logits, truth, weight = rng.normal(size=(50, 4)), rng.integers(0, 4, 50), np.array([0.5, 2.0, 1.0, 3.0])
    p = np.exp(log_softmax(logits, axis=1))[np.arange(50), truth]
    tensors = torch.from_numpy(logits), torch.from_numpy(truth)
    assert float(focal(*tensors)) == pytest.approx(np.mean(-(1 - p) * np.log(p)))
    assert float(focal(*tensors, gamma=2.0)) == pytest.approx(np.mean(-((1 - p) ** 2) * np.log(p)))
    of_class = weight[truth]
    expected = np.sum(-of_class * (1 - p) * np.log(p)) / of_class.sum()
    assert float(focal(*tensors, torch.from_numpy(weight))) == pytest.approx(expected)
    assert float(objective("focal", weight, CPU)(*tensors)) == pytest.approx(expected)
    plain = np.sum(-of_class * np.log(p)) / of_class.sum()
    assert float(objective("cross-entropy", weight, CPU)(tensors[0].float(), tensors[1])) == pytest.approx(plain)


def test_a_sure_answer_gives_a_gradient_of_zero_and_no_nan():
    logits = torch.tensor([[200.0, 0.0], [0.0, 200.0]], requires_grad=True)
    focal(logits, torch.tensor([0, 1])).backward()
    assert torch.equal(logits.grad, torch.zeros(2, 2))


def test_class_weights_are_scikit_learns_and_their_roots():
    labels = np.array([0] * 70 + [1] * 20 + [3] * 10)
    expected = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels)
    np.testing.assert_allclose(class_weights("balanced", labels, 5)[[0, 1, 3]], expected)
    np.testing.assert_allclose(class_weights("square-root", labels, 5)[[0, 1, 3]], np.sqrt(expected))
    assert class_weights("balanced", labels, 5)[[2, 4]].tolist() == [1, 1]
    assert class_weights("none", labels, 5) is None


@pytest.mark.parametrize("loss", ["cross-entropy", "focal"])
@pytest.mark.parametrize("kind", ["none", "balanced"])
def test_training_lowers_the_loss_asked_for(statistics, crops, recorder, loss, kind):
    """One batch holds the training part, so the first epoch's loss is that of the fresh network."""
    dataset, asked = statistics(LABELS), spec(epochs=1, batch_size=150, loss=loss, class_weights=kind)
    found = train(asked, dataset, LABELS, crops[:3], recorder)
    network = fresh(asked, 0, 10, dataset.days, 3)
    rows = RANDOM.splits(np.arange(150), LABELS, asked.seed)[0].train
    normal = Normalisation.of(dataset, rows).apply(dataset.batch(rows, CPU)).values
    log_p = log_softmax(network(normal).double().detach().numpy(), axis=1)[np.arange(len(rows)), LABELS[rows]]
    each = -log_p * ((1 - np.exp(log_p)) if loss == "focal" else 1)
    weights = np.ones(3) if kind == "none" else compute_class_weight("balanced", classes=np.arange(3), y=LABELS[rows])
    expected = np.average(each, weights=weights[LABELS[rows]])
    assert found.curves[0]["train_loss"] == pytest.approx(expected, rel=1e-5)


def test_the_forest_weighs_classes_as_scikit_learn_does(statistics, crops, recorder):
    dataset = statistics(LABELS, noise=0.2)
    found = train(spec(model="random-forest", class_weights="balanced"), dataset, LABELS, crops[:3], recorder)
    split = RANDOM.splits(np.arange(150), LABELS, 3)[0]
    normal = Normalisation.of(dataset, split.train)
    values = normal.apply(dataset.batch(np.arange(150), CPU)).values.numpy().reshape(150, -1)
    peer = RandomForestClassifier(400, class_weight="balanced", random_state=3)
    peer.fit(values[split.train], LABELS[split.train])
    ours = found.kept.network.predict_proba(values[split.test])
    np.testing.assert_allclose(ours, peer.predict_proba(values[split.test]), atol=1e-12)
    plain = train(spec(model="random-forest"), dataset, LABELS, crops[:3], recorder).kept.network
    assert abs(plain.predict_proba(values[split.test]) - ours).max() > 0.02


# The learning rate


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 157])
def test_schedules_are_torchs(steps):
    def rates(make) -> list[float]:
        optimiser = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.5)
        course, found = make(optimiser), []
        for _ in range(steps):
            found.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            course.step() if len(found) < steps else None
        return found

    cosine = rates(lambda optimiser: torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=steps))
    cycle = rates(lambda optimiser: torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.5, total_steps=steps))
    np.testing.assert_allclose([0.5 * lr_factor("cosine", i, steps) for i in range(steps)], cosine, atol=1e-12)
    np.testing.assert_allclose([0.5 * lr_factor("one-cycle", i, steps) for i in range(steps)], cycle, rtol=1e-9)
    assert {lr_factor("constant", i, steps) for i in range(steps)} == {1.0}


def test_every_step_takes_the_rate_of_the_schedule(monkeypatch, statistics, crops, recorder):
    taken = []

    class Watched(torch.optim.AdamW):
        def step(self, *arguments):
            taken.append(self.param_groups[0]["lr"])
            return super().step(*arguments)

    monkeypatch.setattr(torch.optim, "AdamW", Watched)
    asked = spec(epochs=3, batch_size=32, learning_rate=0.01, schedule="cosine")
    train(asked, statistics(LABELS), LABELS, crops[:3], recorder)
    assert taken == pytest.approx([0.005 * (1 + np.cos(np.pi * i / 9)) for i in range(9)])  # 90 parcels: 3 steps each


def test_weight_decay_pulls_by_rate_times_decay(statistics, crops, recorder):
    """After one step the decayed weights are the plain ones less `rate * decay` of the first."""
    dataset, asked = statistics(LABELS), spec(epochs=1, batch_size=150)
    first = fresh(asked, 0, 10, dataset.days, 3).state_dict()
    plain, decayed = (
        train(one, dataset, LABELS, crops[:3], recorder).kept.network.state_dict()
        for one in (asked, replace(asked, weight_decay=0.5))
    )
    for name, weight in first.items():
        torch.testing.assert_close(decayed[name], plain[name] - 1e-3 * 0.5 * weight, atol=1e-7, rtol=1e-5)


# Early stopping


def test_a_fold_stops_after_so_many_epochs_without_a_better_one(monkeypatch, statistics, crops, recorder):
    monkeypatch.setattr("backend.learning.progress.SECONDS", 0.0)
    dataset, asked = statistics(LABELS, noise=0.1), spec(epochs=60, learning_rate=1e-2)
    whole = train(asked, dataset, LABELS, crops[:3], recorder)
    ranks = [(row["validation_mean_f"], -row["validation_loss"]) for row in whole.curves]
    best_so_far = [ranks.index(max(ranks[: i + 1])) for i in range(60)]
    stops = next(i + 1 for i in range(60) if i - best_so_far[i] >= 4)
    assert stops < 60
    early = train(replace(asked, patience=4), dataset, LABELS, crops[:3], recorder)
    assert early.curves == whole.curves[:stops]
    assert early.kept.best == whole.curves[best_so_far[stops - 1]]
    assert recorder.of("progress")[-1][0] == 1.0


# Dates taken away


def test_dates_are_dropped_in_the_share_asked_for_and_never_all():
    torch.manual_seed(0)
    kept = drawn(torch.ones(20_000, 6, dtype=torch.bool), 0.3)
    assert kept.any(dim=1).all()
    assert float(kept.float().mean()) == pytest.approx(0.7, abs=0.01)
    assert (drawn(torch.ones(500, 6, dtype=torch.bool), 0.999).sum(dim=1) == 1).all()
    seen = torch.rand(500, 6) < 0.2
    kept = drawn(seen, 0.9)
    assert not (kept & ~seen).any()
    assert torch.equal(kept.any(dim=1), seen.any(dim=1))


@pytest.mark.parametrize("order", ["chronological", "shuffled", "shuffled-per-parcel"])
def test_dropped_dates_are_filled_as_numpy_interpolates(statistics, monkeypatch, order):
    dataset = statistics(LABELS)
    dataset.days = (-20, 13, 120, 125)
    normal = Normalisation.of(dataset, np.arange(150))
    placed = permutations(order, 150, 4, seed=2)
    samples, rows = Samples(dataset, normal, CPU, placed), np.array([3, 77, 149, 8, 20])
    kept = np.array([[1, 0, 0, 1], [0, 0, 1, 0], [1, 1, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0]], dtype=bool)
    monkeypatch.setattr("backend.learning.date_dropout.drawn", lambda seen, share: torch.from_numpy(kept))
    (found,) = DateDropout(0.5, samples).apply(samples.inputs(rows), rows)
    for place, row in enumerate(rows):
        days = np.array(dataset.days)
        filled = np.stack(
            [np.interp(days, days[kept[place]], dataset.values[row, kept[place], c]) for c in range(20)], axis=1
        )
        expected = (filled - normal.mean) / normal.std
        expected = expected if placed is None else expected[placed[row]]
        np.testing.assert_allclose(found[place].numpy(), expected, rtol=1e-4, atol=1e-4)


def test_a_patch_stays_zero_outside_and_is_filled_inside(patches, monkeypatch):
    dataset = patches(np.arange(6) % 2)
    normal, rows = Normalisation.of(dataset, np.arange(6)), np.array([4, 1])
    samples = Samples(dataset, normal, CPU)
    kept = torch.tensor([[True, False, False, True], [False, True, False, False]])
    monkeypatch.setattr("backend.learning.date_dropout.drawn", lambda seen, share: kept)
    (found,) = DateDropout(0.5, samples).apply(samples.inputs(rows), rows)
    raw = dataset.values[4]
    filled = raw[0] + (raw[3] - raw[0]) * (60 - 10) / (180 - 10)
    expected = np.where(
        dataset.inside[4, 0], (filled - normal.mean[1, :, None, None]) / normal.std[1, :, None, None], 0
    )
    np.testing.assert_allclose(found[0, 1].numpy(), expected, rtol=1e-3, atol=1e-3)
    outside = ~torch.from_numpy(dataset.inside[rows]).expand_as(found)
    assert (found[outside] == 0).all()


def test_an_observation_dropped_is_one_not_seen(monkeypatch):
    class Observations:
        view, days = "observations", (1, 2, 3)

    kept = torch.tensor([[True, False, True]])
    monkeypatch.setattr("backend.learning.date_dropout.drawn", lambda seen, share: kept & seen)
    samples = Samples(Observations(), Normalisation(np.zeros((1, 4)), np.ones((1, 4))), CPU)  # type: ignore[arg-type]
    inputs = (torch.ones(1, 3, 4), torch.tensor([[True, True, False]]), torch.tensor([[1.0, 2.0, 3.0]]))
    values, seen, days = DateDropout(0.5, samples).apply(inputs, np.array([0]))
    assert seen.tolist() == [[True, False, False]]
    assert values[0].sum(dim=1).tolist() == [4, 0, 0]
    assert days is inputs[2]


def test_validation_and_test_keep_all_dates(statistics, crops, recorder, monkeypatch):
    """Without a step that changes anything, dropping dates changes the training loss alone."""
    dataset, asked = statistics(LABELS), spec(epochs=1, batch_size=150, learning_rate=1e-12)
    plain, thinned = (
        train(one, dataset, LABELS, crops[:3], recorder) for one in (asked, replace(asked, date_dropout=0.7))
    )
    assert plain.curves[0]["train_loss"] != pytest.approx(thinned.curves[0]["train_loss"], rel=1e-4)
    assert plain.curves[0]["validation_loss"] == pytest.approx(thinned.curves[0]["validation_loss"], rel=1e-5)


# Precision


@pytest.mark.parametrize("model", ["gru", "cnn-gru-0.9", "conv-lstm"])
def test_half_precision_trains_float32_weights(statistics, patches, crops, recorder, model):
    labels = LABELS if model == "gru" else np.arange(30) % 2
    dataset, kinds = (statistics(labels), crops[:3]) if model == "gru" else (patches(labels), crops[:2])
    asked = spec(model=model, epochs=1)
    plain, half = (
        train(one, dataset, labels, kinds, recorder) for one in (asked, replace(asked, precision="bfloat16"))
    )
    assert {weight.dtype for weight in half.kept.network.parameters()} == {torch.float32}
    losses = plain.curves[0]["train_loss"], half.curves[0]["train_loss"]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_is_asked_of_the_device_the_samples_lie_on(monkeypatch, statistics, crops, recorder, precision):
    asked_of = []

    def autocast(kind, dtype, enabled):
        asked_of.append((kind, dtype, enabled))
        return nullcontext()

    monkeypatch.setattr(torch, "autocast", autocast)
    train(spec(epochs=1, batch_size=150, precision=precision), statistics(LABELS), LABELS, crops[:3], recorder)
    assert asked_of == [("cpu", torch.bfloat16, precision == "bfloat16")]


# All of them


@pytest.mark.parametrize("model", ["gru", "cnn-gru-0.9"])
def test_a_stopped_run_goes_on_bit_for_bit_with_every_option(
    tmp_path, statistics, patches, crops, make_recorder, model
):
    labels = LABELS if model == "gru" else np.arange(40) % 2
    dataset, kinds = (statistics(labels), crops[:3]) if model == "gru" else (patches(labels), crops[:2])
    asked = spec(model=model, epochs=4, batch_size=16, **ALL)
    whole = train(asked, dataset, labels, kinds, make_recorder())
    for epoch in (2, 3):
        with pytest.raises(Cancelled):
            train(asked, dataset, labels, kinds, make_recorder(Cancelled(), epoch), tmp_path / "run")
    resumed = train(asked, dataset, labels, kinds, make_recorder(), tmp_path / "run")
    assert resumed.curves == whole.curves
    assert np.array_equal(resumed.tested_probabilities, whole.tested_probabilities)
    other = train(replace(asked, date_dropout=0.3), dataset, labels, kinds, make_recorder(), tmp_path / "run")
    assert other.curves != whole.curves


def test_an_early_stop_is_remembered(tmp_path, statistics, crops, make_recorder):
    dataset, asked = statistics(LABELS, noise=0.1), spec(epochs=60, learning_rate=1e-2, patience=4)
    whole = train(asked, dataset, LABELS, crops[:3], make_recorder(), tmp_path)
    again = make_recorder()
    assert train(asked, dataset, LABELS, crops[:3], again, tmp_path).curves == whole.curves
    assert again.of("epoch") == []


def test_what_is_left_open_takes_the_recipe_then_the_papers(monkeypatch):
    own = replace(MODELS["gru"], recipe={"schedule": "cosine", "epochs": 80})
    monkeypatch.setitem(MODELS, "gru", own)
    assert TrainingSpec.of("gru", epochs=None, loss="focal") == TrainingSpec(
        "gru", epochs=80, schedule="cosine", loss="focal"
    )
    assert TrainingSpec.of("gru", epochs=7).epochs == 7
    paper = TrainingSpec.of("cnn")
    assert (paper.epochs, paper.batch_size, paper.learning_rate) == (50, 32, 1e-3)
    assert (paper.loss, paper.class_weights, paper.schedule) == ("cross-entropy", "none", "constant")
    assert (paper.weight_decay, paper.patience, paper.date_dropout, paper.precision) == (0, 0, 0, "float32")


@pytest.mark.parametrize(
    "model", ["cnn", "cnn-gru-0.7", "cnn-gru-0.8", "cnn-gru-0.9", "gru", "conv-lstm", "conv-lstm-64"]
)
def test_the_papers_models_keep_the_papers_recipe(model):
    assert MODELS[model].recipe == {}


def test_every_recipe_is_a_training(monkeypatch):
    for model in MODELS:
        assert TrainingSpec.of(model).model == model


@pytest.mark.parametrize(
    ("name", "value"),
    [("loss", "hinge"), ("class_weights", "x"), ("schedule", "step"), ("precision", "float16"), ("patience", -1)]
    + [("weight_decay", -0.1), ("weight_decay", float("nan")), ("date_dropout", 1.0), ("date_dropout", -0.1)],
)
def test_options_that_cannot_be_are_refused(name, value):
    with pytest.raises(BadArgument, match=name):
        spec(**{name: value})
