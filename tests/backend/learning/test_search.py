"""`--model auto`: what it chooses, by what, and that its scores are honest."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss

from backend.errors import Cancelled, ObservationsNotKept, TooLittleTime
from backend.learning import search as module
from backend.learning.candidates import CANDIDATES, Candidate, SearchSpec
from backend.learning.folds import RANDOM, GroupFolds, RandomFolds, YearFolds
from backend.learning.protocols import Mixture, TrainingSpec
from backend.learning.search import pick, sample, search
from backend.learning.training import Training

LABELS = np.random.default_rng(1).integers(0, 4, 150)
QUICK = (
    Candidate("lda"),
    Candidate("gru", {"epochs": 6, "schedule": "one-cycle", "learning_rate": 3e-3, "batch_size": 8}),
    Candidate("extra-trees", {"indices": "none"}),
)
SPEC = SearchSpec(folds=2, device="cpu", seed=3, candidates=QUICK)


def run(dataset, labels, crops, reporter, spec=SPEC, checkpoint=None, folding=RANDOM):
    def serve(view, indices):
        if view != "statistics":
            raise ObservationsNotKept("a.parcels", "smoothed")
        return dataset

    return search(spec, serve, labels, crops[: labels.max() + 1], reporter, checkpoint, folding, None)


def test_it_learns_and_lists_what_it_compared(statistics, crops, recorder):
    found = run(statistics(LABELS), LABELS, crops, recorder)
    assert found.scores["oa"] > 0.9 and found.scores["parcels"] == 60
    assert np.array_equal(found.delivered.learned_rows, np.arange(150))
    assert len(found.delivered.networks) == 3
    assert [row["candidate"].split(",")[0] for row in found.tried] == ["lda", "gru", "extra-trees"]
    assert sum(row["share"] for row in found.tried) == pytest.approx(1)
    assert all(row["seconds"] > 0 and 0.5 < row["mean_f"] <= 1 and not row["note"] for row in found.tried)
    assert recorder.of("progress")[-1][0] == 1.0


def test_on_labels_at_random_it_reports_chance(statistics, crops, recorder):
    nothing = np.random.default_rng(9).permutation(LABELS)
    found = run(statistics(LABELS), nothing, crops, recorder, replace(SPEC, folds=5))
    low, high = found.scores["oa_interval"]
    assert found.scores["parcels"] == 150 and 0.1 < low < 0.25 < high + 0.1


def test_what_is_chosen_does_not_depend_on_the_tested_parcels(statistics, crops, recorder, monkeypatch):
    """Other labels in the test part of a fold: the same members, of the same weights."""
    dataset, chosen = statistics(LABELS, noise=0.1), []
    spec = replace(SPEC, folds=1)
    base = Training.of(TrainingSpec.of("lda", seed=3), dataset, LABELS, crops[:4], recorder)
    test = base.splits[0].test
    other = LABELS.copy()
    other[test] = (LABELS[test] + 1) % 4
    fixed = base.splits

    class Fixed(RandomFolds):
        def splits(self, rows, labels, seed):
            return fixed

    for labels in (LABELS, other):
        monkeypatch.setattr(module, "pick", picking := Picking())
        run(dataset, labels, crops, recorder, spec, folding=Fixed())
        chosen.append(picking.choices[0])
    names = [[one.candidate.name for one in choice.members] for choice in chosen]
    assert names[0] == names[1] and chosen[0].temperatures == chosen[1].temperatures


class Picking:
    """`pick`, and what it was asked."""

    def __init__(self):
        self.choices = []

    def __call__(self, *given, **named):
        self.choices.append(pick(*given, **named))
        return self.choices[-1]


def test_members_are_those_of_the_least_loss():
    """Against all combinations of three: greedy, so not always the best, but never worse than a single one."""
    random = np.random.default_rng(4)
    truth = random.integers(0, 3, 90)
    tried = []
    for strength in (0.5, 1.0, 1.5, 2.0):
        logits = random.normal(size=(90, 3)) + strength * np.eye(3)[truth]
        one = module.Tried(Candidate(f"of {strength}"), None)
        one.mixtures.append(Mixture(np.arange(90), logits, np.zeros((90, 3))))
        tried.append(one)
    choice = pick(tried, truth, members=3)

    def loss(members):
        each = []
        for one in members:
            logits = one.mixtures[0].logits / choice_temperature(one)
            each.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
        found = np.mean(each, axis=0)
        weights = 1 / np.bincount(truth)[truth]
        return log_loss(truth, found) + log_loss(truth, found, sample_weight=weights)

    def choice_temperature(one):
        return pick([one], truth, members=1).temperatures[0]

    ours = loss(choice.members)
    assert ours <= min(loss([one]) for one in tried) + 1e-9
    best = min(loss(members) for members in itertools.combinations_with_replacement(tried, 3))
    assert ours <= best * 1.02


def test_a_candidate_that_the_series_cannot_serve_is_not_tried(statistics, crops, recorder):
    spec = replace(SPEC, candidates=(Candidate("dated-gru"), *QUICK[:1]))
    found = run(statistics(LABELS), LABELS, crops, recorder, spec)
    assert [row["candidate"] for row in found.tried] == ["lda"]
    with pytest.raises(ObservationsNotKept, match="smoothed"):
        run(statistics(LABELS), LABELS, crops, recorder, replace(SPEC, candidates=(Candidate("dated-gru"),)))


def test_a_candidate_past_the_time_is_left_out(statistics, crops, recorder, monkeypatch):
    left = property(lambda self: 0.0 if any(one.mixtures for one in self.tried) else 1e9)
    monkeypatch.setattr(module.Run, "budget_s", left)
    found = run(statistics(LABELS), LABELS, crops, recorder)
    notes = {row["candidate"].split(",")[0]: row["note"] for row in found.tried}
    assert notes["lda"] == "" and "the time was used up" in notes["gru"]
    assert {one.spec.model for one in found.delivered.networks} == {"lda"}


def test_too_little_time_for_one_candidate(statistics, crops, recorder):
    with pytest.raises(TooLittleTime, match="needs .* s"):
        run(statistics(LABELS), LABELS, crops, recorder, replace(SPEC, time_budget_min=1e-4))


def test_a_stopped_search_goes_on(tmp_path, statistics, crops, make_recorder):
    dataset, spec = statistics(LABELS), replace(SPEC, candidates=QUICK[1:2])
    whole = run(dataset, LABELS, crops, make_recorder(), spec)
    with pytest.raises(Cancelled):
        run(dataset, LABELS, crops, make_recorder(Cancelled(), 3), spec, tmp_path / "run")
    resumed = run(dataset, LABELS, crops, make_recorder(), spec, tmp_path / "run")
    assert np.array_equal(whole.tested_probabilities, resumed.tested_probabilities)


def test_many_parcels_are_sampled_with_their_shares():
    labels = np.repeat([0, 1, 2], [8000, 1900, 100])
    rows = sample(np.arange(10_000), labels, seed=0)
    assert len(rows) == module.MOST_SEARCHED and len(np.unique(rows)) == len(rows)
    np.testing.assert_allclose(np.bincount(labels[rows]) / len(rows), [0.8, 0.19, 0.01], atol=2e-3)
    assert np.array_equal(sample(np.arange(50), labels, seed=0), np.arange(50))


@pytest.mark.parametrize(
    "folding", [RANDOM, GroupFolds("by cell", np.arange(150) // 10), YearFolds(np.arange(150) % 4)]
)
def test_inner_folds_stay_inside_and_keep_groups(folding):
    rows = np.arange(20, 120)
    parts = folding.inner(rows, LABELS[rows], seed=0)
    assert np.array_equal(np.sort(np.concatenate([part.test for part in parts])), rows)
    for part in parts:
        assert not len(part.validation)
        assert (
            np.array_equal(np.union1d(part.train, part.test), rows) and not np.intersect1d(part.train, part.test).size
        )
        groups = getattr(folding, "groups", getattr(folding, "years", None))
        assert groups is None or not np.intersect1d(groups[part.train], groups[part.test]).size


def test_every_candidate_can_be_trained():
    for candidate in CANDIDATES:
        spec = SearchSpec().spec(candidate)
        assert spec.model == candidate.model and not spec.chooses_epoch and spec.protocol == "refit"
        assert spec.indices == candidate.indices
    assert len({candidate.name for candidate in CANDIDATES}) == len(CANDIDATES)
