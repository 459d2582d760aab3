"""The splits: whole groups and years, balanced, every parcel tested once, and what is said of classes in one place."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.errors import BadArgument, TooFewGroups, TooFewToValidate
from backend.learning.folds import GroupFolds, YearFolds, missing_from_train, squares
from backend.learning.training import Training, TrainingSpec


def test_points_are_numbered_by_their_square():
    rng = np.random.default_rng(1)
    points = rng.uniform(-20_000, 20_000, (400, 2))
    points[7] = points[90] = np.nan
    found = squares(points, 5000.0)
    known = np.delete(np.arange(400), [7, 90])
    by_hand = {i: (int(points[i, 0] // 5000), int(points[i, 1] // 5000)) for i in known}
    together = found[known][:, None] == found[known][None, :]
    expected = [[by_hand[i] == by_hand[j] for j in known] for i in known]
    assert np.array_equal(together, expected)
    assert found[7] == found[90]
    assert found[7] not in found[known]


def test_groups_stay_together_and_every_row_is_tested_once():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 40, 2000)
    rows = np.sort(rng.choice(2000, 1500, replace=False))
    labels = rng.choice([0, 0, 0, 1, 1, 2], 1500)
    splits = GroupFolds("by commune", groups).splits(rows, labels, seed=5)
    assert [split.fold for split in splits] == [0, 1, 2, 3, 4]
    assert np.array_equal(np.sort(np.concatenate([split.test for split in splits])), rows)
    kind = dict(zip(rows, labels))
    for k, split in enumerate(splits):
        parts = (split.train, split.validation, split.test)
        assert np.array_equal(np.sort(np.concatenate(parts)), rows)
        held = [set(groups[part]) for part in parts]
        assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])
        assert np.array_equal(split.validation, splits[(k + 1) % 5].test)
        assert abs(len(split.test) - 300) < 60
        shares = np.bincount([kind[row] for row in split.test], minlength=3) / np.bincount(labels)
        assert (abs(shares - 0.2) < 0.06).all()


def test_groups_follow_from_the_seed():
    groups, labels = np.arange(200) // 5, np.arange(200) % 3
    one, same, other = (GroupFolds("x", groups).splits(np.arange(200), labels, seed)[0].test for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_five_groups_of_one_class_each_leave_no_part_empty():
    groups = np.repeat(np.arange(5), 10)
    for split in GroupFolds("x", groups).splits(np.arange(50), groups % 2, 0):
        assert [len(part) for part in (split.train, split.validation, split.test)] == [30, 10, 10]
    with pytest.raises(TooFewGroups, match="by commune needs .* at least 5 groups; found 4"):
        GroupFolds("by commune", groups).splits(np.arange(40), groups[:40] % 2, 0)


def test_each_year_is_tested_and_the_others_train_3_to_1():
    rng = np.random.default_rng(4)
    years = rng.choice([2017, 2018, 2020], 900)
    rows = np.sort(rng.choice(900, 700, replace=False))
    labels = rng.choice([0, 0, 1, 2], 700)
    splits = YearFolds(years).splits(rows, labels, seed=2)
    assert [set(years[split.test]) for split in splits] == [{2017}, {2018}, {2020}]
    assert np.array_equal(np.sort(np.concatenate([split.test for split in splits])), rows)
    kind = dict(zip(rows, labels))
    for split in splits:
        assert np.array_equal(np.sort(np.concatenate([split.train, split.validation, split.test])), rows)
        left = np.bincount([kind[row] for row in np.concatenate([split.train, split.validation])])
        validates = np.bincount([kind[row] for row in split.validation])
        assert (abs(validates - left / 4) <= 1).all()


def test_a_class_too_rare_to_share_trains():
    years = np.array([2017] * 50 + [2018] * 50)
    labels = np.array([0] * 50 + [0] * 47 + [1] * 3)
    first, second = YearFolds(years).splits(np.arange(100), labels, 0)
    assert {97, 98, 99} <= set(first.train)
    assert len(second.validation) in (12, 13)


@pytest.mark.parametrize(("parcels", "validates"), [(3, 0), (4, 1), (8, 2)])
def test_a_class_is_shared_3_to_1_from_four_parcels_on(parcels, validates):
    years = np.array([2017] * 50 + [2018] * 50)
    labels = np.array([0] * (100 - parcels) + [1] * parcels)
    first = YearFolds(years).splits(np.arange(100), labels, 0)[0]
    assert (labels[first.validation] == 1).sum() == validates


def test_years_that_cannot_be_split():
    labels = np.arange(40) % 2
    with pytest.raises(TooFewGroups, match="at least 2 groups; found 1"):
        YearFolds(np.full(40, 2018)).splits(np.arange(40), labels, 0)
    with pytest.raises(TooFewToValidate, match="leaves only 5"):
        YearFolds(np.array([2017] * 5 + [2018] * 35)).splits(np.arange(40), labels, 0)


def test_only_the_class_of_a_single_group_is_reported():
    groups = np.arange(60) // 6
    labels = np.where(groups == 3, 2, np.arange(60) % 2)
    splits = GroupFolds("x", groups).splits(np.arange(60), labels, 0)
    (fold,) = [split.fold for split in splits if 18 in split.test]
    assert missing_from_train(splits, labels) == {2: [fold]}


def test_training_reports_what_it_cannot_learn_and_the_number_of_folds(statistics, crops, recorder):
    years = np.repeat([2017, 2018, 2019], 50)
    labels = np.where(years == 2019, np.arange(150) % 3, np.arange(150) % 2)
    dataset, spec = statistics(labels), TrainingSpec(model="gru", epochs=1, folds=3, device="cpu")
    training = Training.of(spec, dataset, labels, crops[:3], recorder, folding=YearFolds(years))
    assert len(training.splits) == 3
    (message,) = recorder.of("folds.untaught_class")
    assert "Crop 2 (fold 3)" in message
    assert "Crop 0" not in message
    with pytest.raises(BadArgument, match=r"folds: expected a whole number from 1 to 3 \(split by year\), found 4"):
        Training.of(TrainingSpec(model="gru", folds=4), dataset, labels, crops[:3], recorder, folding=YearFolds(years))
