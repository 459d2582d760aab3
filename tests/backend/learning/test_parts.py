"""Folds, normalisation, devices: what the training is put together from."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from backend.errors import BadArgument, NoSuchDevice, TooFewGroups
from backend.learning import device
from backend.learning.folds import RandomFolds
from backend.learning.normalisation import Normalisation
from backend.learning.permutations import permutations
from backend.learning.progress import Progress
from backend.learning.samples import Samples
from backend.series.batch import Batch

CPU = torch.device("cpu")


def test_every_row_is_tested_once_and_the_parts_are_3_1_1():
    rng = np.random.default_rng(2)
    rows = np.sort(rng.choice(1000, 211, replace=False))
    labels = rng.choice([0, 0, 0, 1, 1, 2], 211)
    found = RandomFolds().splits(rows, labels, seed=7)
    assert np.array_equal(np.sort(np.concatenate([split.test for split in found])), rows)
    kind = dict(zip(rows, labels))
    for k, split in enumerate(found):
        assert split.fold == k
        assert np.array_equal(np.sort(np.concatenate([split.train, split.validation, split.test])), rows)
        assert np.array_equal(split.validation, found[(k + 1) % 5].test)
        assert abs(len(split.train) / 211 - 0.6) < 0.02
        for part, share in ((split.train, 0.6), (split.validation, 0.2), (split.test, 0.2)):
            counts = np.bincount([kind[row] for row in part], minlength=3)
            assert (abs(counts - share * np.bincount(labels)) <= 1.5).all()


def test_folds_follow_from_the_seed():
    rows, labels = np.arange(100), np.arange(100) % 3
    one, same, other = (RandomFolds().splits(rows, labels, seed)[0].test for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_dates_are_shuffled_for_all_or_for_each_parcel_by_the_seed_only():
    assert permutations("chronological", 7, 24, 3) is None
    alike, own = permutations("shuffled", 7, 24, 3), permutations("shuffled-per-parcel", 7, 24, 3)
    assert alike.shape == own.shape == (7, 24)
    assert (alike == alike[0]).all() and not np.array_equal(alike[0], np.arange(24))
    assert len(np.unique(own, axis=0)) == 7
    assert (np.sort(own, axis=1) == np.arange(24)).all()
    assert np.array_equal(own, permutations("shuffled-per-parcel", 7, 24, 3))
    assert not np.array_equal(own, permutations("shuffled-per-parcel", 7, 24, 4))


def test_samples_serve_normalised_dates_in_the_order_asked_for(statistics):
    dataset = statistics(np.arange(60) % 4)
    rows = np.array([3, 11, 40])
    normal = Normalisation.of(dataset, np.arange(60))
    order = np.array([np.random.default_rng(i).permutation(4) for i in range(60)])
    for hold in (False, True):
        samples = Samples(dataset, normal, CPU, order)
        if hold:
            samples.hold(np.arange(60))
        (found,) = samples.inputs(rows)
        plain = ((dataset.values - normal.mean) / normal.std)[rows]
        expected = np.stack([plain[i][order[row]] for i, row in enumerate(rows)])
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-4)


def test_five_rows_of_a_class_go_one_to_each_part():
    labels = np.array([0] * 40 + [1] * 5)
    for split in RandomFolds().splits(np.arange(45), labels, 0):
        assert [(part >= 40).sum() for part in (split.train, split.validation, split.test)] == [3, 1, 1]
    with pytest.raises(TooFewGroups, match="found 4"):
        RandomFolds().splits(np.arange(8), np.repeat([0, 1], 4), 0)


def test_normalised_statistics_have_mean_0_and_deviation_1(statistics):
    dataset = statistics(np.arange(60) % 4)
    dataset.values[:, 1, 3] = 0.25  # a constant channel
    rows = np.arange(10, 50)
    normal = Normalisation.of(dataset, rows).apply(dataset.batch(rows, CPU)).values.double().numpy()
    expected = np.ones((4, 20))
    expected[1, 3] = 0
    np.testing.assert_allclose(normal.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(normal.std(axis=0), expected, atol=1e-5)
    assert dataset.values[:, 1, 3].min() == 0.25  # the dataset's own values are left alone


@dataclass(frozen=True)
class OneChannel:
    """A dataset whose training parcels have this mean and deviation."""

    mean: float
    deviation: float

    def mean_std(self, rows):
        return np.array([[self.mean]]), np.array([[self.deviation]])


@pytest.mark.parametrize(
    ("deviation", "divisor"),
    [(0.0, 1.0), (9.9e-7, 1.0), (1e-6, 1e-6), (1.1e-6, 1.1e-6), (5e-5, 5e-5), (np.nan, 1.0)],
)
def test_a_deviation_below_a_hundredth_of_the_store_s_step_is_that_of_a_constant(deviation, divisor):
    """The store's step is 1e-4. Reflectance of 0.3 is then 0.05 from a constant 0.25, and not thousands."""
    normalisation = Normalisation.of(OneChannel(0.25, deviation), np.arange(3))
    assert normalisation.std.tolist() == [[divisor]]
    found = normalisation.apply(Batch(torch.tensor([[[0.3]]], dtype=torch.float64))).values
    assert found.item() == pytest.approx(0.05 / divisor)


def test_a_date_without_an_observation_has_mean_0_and_deviation_1():
    normalisation = Normalisation.of(OneChannel(np.nan, np.nan), np.arange(3))
    assert (normalisation.mean.tolist(), normalisation.std.tolist()) == ([[0.0]], [[1.0]])


def test_normalised_patches_are_zero_outside(patches):
    dataset = patches(np.arange(12) % 2)
    rows = np.arange(12)
    normal = Normalisation.of(dataset, rows).apply(dataset.batch(rows, CPU)).values.numpy()
    inside = np.broadcast_to(dataset.inside, normal.shape)
    assert (normal[~inside] == 0).all()
    pixels = np.where(inside, normal, np.nan)
    np.testing.assert_allclose(np.nanmean(pixels, axis=(0, 3, 4)), 0, atol=1e-4)
    np.testing.assert_allclose(np.nanstd(pixels, axis=(0, 3, 4)), 1, atol=1e-4)


def test_a_pixel_sets_mask_is_spread_over_dates_and_bands():
    normalisation = Normalisation(np.full((2, 3), 1.0), np.full((2, 3), 0.5))
    mask = torch.tensor([[True, False], [True, True]])
    normal = normalisation.apply(Batch(torch.full((2, 2, 3, 2), 3.0), mask, torch.zeros(2, 4)))
    assert torch.equal(normal.values, torch.where(mask[:, None, None], 4.0, 0.0).expand(2, 2, 3, 2))
    assert normal.inputs()[1] is mask


def test_the_cpu_works_and_is_what_auto_falls_back_to(monkeypatch, recorder):
    assert device.choose("cpu") == CPU
    monkeypatch.setattr(device, "_absent", lambda kind: "" if kind == "cpu" else "not here")
    assert device.choose("auto", recorder) == CPU
    cuda, mps, cpu = recorder.of("log")
    assert "not here" in cuda
    assert "not here" in mps
    assert cpu.startswith("Computing on the processor")


@pytest.mark.parametrize("failure", ["raises", "computes wrong results"])
def test_a_device_that_is_there_but_fails_is_not_trusted(monkeypatch, recorder, failure):
    right = device._kernel

    def kernel(where: torch.device) -> torch.Tensor:
        if where.type == "cuda" and failure == "raises":
            raise RuntimeError("no kernel image is available\nCompile with ...")
        return right(CPU) + (where.type == "cuda")

    monkeypatch.setattr(device, "_kernel", kernel)
    monkeypatch.setattr(device, "_absent", lambda kind: "not here" if kind == "mps" else "")
    monkeypatch.setattr(device, "_name", lambda kind: "Some GPU")
    assert device.choose("auto", recorder) == CPU
    reason = "no kernel image is available" if failure == "raises" else "wrong results"
    assert reason in recorder.of("log")[0]
    with pytest.raises(NoSuchDevice, match=reason):
        device.choose("cuda")
    assert [(row["kind"], row["works"]) for row in device.probe()] == [("cuda", False), ("mps", False), ("cpu", True)]


def test_probe_runs_a_kernel_on_what_there_is():
    rows = {row["kind"]: row for row in device.probe()}
    assert rows["cpu"]["works"]
    assert rows["cpu"]["seconds"] > 0
    for row in rows.values():
        assert list(row) == ["name", "kind", "works", "seconds", "note"]
        assert row["works"] == (row["note"] == "")


def test_an_unknown_device_is_a_bad_argument():
    with pytest.raises(BadArgument, match="device"):
        device.choose("tpu")


def test_pace_speaks_twice_a_second_at_most(monkeypatch, recorder):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    progress = Progress(recorder, "training", 1000)
    for _ in range(999):
        now[0] += 0.01
        progress.advance(1, "on")
    progress.advance(1, "end")
    fractions = [fraction for fraction, _, _ in recorder.of("progress")]
    assert 19 <= len(fractions) <= 22  # in ten seconds
    assert recorder.of("progress")[-1] == (1.0, "training", "end")
