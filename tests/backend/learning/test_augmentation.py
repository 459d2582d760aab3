"""Samples moved in time and scaled, against numpy's interpolation and the reflectance itself."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.learning.augmentation import Augmentation
from backend.learning.normalisation import Normalisation
from backend.learning.permutations import permutations
from backend.learning.protocols import TrainingSpec, train
from backend.learning.samples import Samples

CPU = torch.device("cpu")
LABELS = np.repeat([0, 0, 0, 1, 1, 2], 25)
ROWS = np.array([3, 77, 149, 8, 20])


def shifts(count: int, most: float) -> np.ndarray:
    """The days that a generator with the seed 4 draws first."""
    torch.manual_seed(4)
    return (2 * torch.rand(count).numpy() - 1) * most


@pytest.mark.parametrize("order", ["chronological", "shuffled-per-parcel"])
def test_a_series_on_a_calendar_is_moved_as_numpy_interpolates(statistics, order):
    dataset = statistics(LABELS)
    dataset.days = (-20, 13, 120, 125)
    normal, placed = Normalisation.of(dataset, np.arange(150)), permutations(order, 150, 4, seed=2)
    samples, drawn = Samples(dataset, normal, CPU, placed), shifts(5, 30.0)
    torch.manual_seed(4)
    (found,) = Augmentation(30.0, 0.0, samples).apply(samples.inputs(ROWS), ROWS)
    days = np.array(dataset.days)
    for place, row in enumerate(ROWS):
        moved = [np.interp(days - drawn[place], days, dataset.values[row, :, channel]) for channel in range(20)]
        expected = (np.stack(moved, axis=1) - normal.mean) / normal.std
        expected = expected if placed is None else expected[placed[row]]
        np.testing.assert_allclose(found[place].numpy(), expected, rtol=1e-4, atol=1e-4)
    assert np.ptp(drawn) > 10


def test_a_patch_stays_zero_outside(patches):
    dataset = patches(np.arange(6) % 2)
    normal, rows = Normalisation.of(dataset, np.arange(6)), np.array([4, 1])
    samples = Samples(dataset, normal, CPU)
    (found,) = Augmentation(20.0, 0.2, samples).apply(samples.inputs(rows), rows)
    inside = torch.from_numpy(dataset.inside[rows]).expand_as(found)
    assert (found[~inside] == 0).all()
    assert (found[inside] != samples.inputs(rows)[0][inside]).float().mean() > 0.99


def test_observations_are_moved_by_their_days_only():
    class Observations:
        view, days = "observations", (1, 2, 3)

    samples = Samples(Observations(), Normalisation(np.zeros((1, 4)), np.ones((1, 4))), CPU)  # type: ignore[arg-type]
    inputs = (torch.ones(2, 3, 4), torch.tensor([[True, True, False]] * 2), torch.tensor([[1.0, 2.0, 3.0]] * 2))
    drawn = shifts(2, 15.0)
    torch.manual_seed(4)
    values, observed, days = Augmentation(15.0, 0.0, samples).apply(inputs, np.array([0, 1]))
    assert values is inputs[0] and observed is inputs[1]
    np.testing.assert_allclose(days.numpy(), [[1, 2, 3] + drawn[0], [1, 2, 3] + drawn[1]], rtol=1e-6)


def test_scaling_multiplies_the_reflectance_of_a_parcel_by_one_factor(statistics):
    dataset = statistics(LABELS)
    normal = Normalisation.of(dataset, np.arange(150))
    samples = Samples(dataset, normal, CPU)
    torch.manual_seed(4)
    factors = np.exp(0.1 * torch.randn(5).numpy())
    torch.manual_seed(4)
    (found,) = Augmentation(0.0, 0.1, samples).apply(samples.inputs(ROWS), ROWS)
    reflectance = found.numpy() * normal.std + normal.mean
    np.testing.assert_allclose(reflectance, dataset.values[ROWS] * factors[:, None, None], rtol=1e-4)


@pytest.mark.parametrize("varied", [{"time_shift_days": 30.0}, {"scale_noise": 0.3}])
def test_only_the_training_part_is_varied(statistics, crops, recorder, varied):
    """Without a step that changes anything, they change the training loss and no other."""
    asked = TrainingSpec(model="gru", epochs=1, batch_size=150, learning_rate=1e-12, device="cpu", seed=3)
    plain, other = (
        train(one, statistics(LABELS), LABELS, crops[:3], recorder) for one in (asked, replace(asked, **varied))
    )
    assert plain.curves[0]["train_loss"] != pytest.approx(other.curves[0]["train_loss"], rel=1e-4)
    assert plain.curves[0]["validation_loss"] == pytest.approx(other.curves[0]["validation_loss"], rel=1e-5)
