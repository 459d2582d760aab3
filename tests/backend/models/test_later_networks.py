"""The networks beyond the paper: published counts, what must not matter to them, and their parts against numpy."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.models import MODELS
from backend.models.blocks import BatchNorm
from backend.models.build import build, count
from backend.models.ltae import MasterQueries, day_waves
from backend.models.pixel_set import Geometry, PixelFeatures
from tests.backend.models.inputs import inputs

COUNTS = {
    "spectral-gru": 89_691,
    "pse-ltae": 143_091,
    "pse-ltae-small": 39_923,
    "temp-cnn": 446_803,
    "transformer": 102_995,
    "dated-gru": 95_499,
    "dated-ltae": 73_491,
}
LATER = list(COUNTS)
PIXEL_SETS = [name for name in LATER if MODELS[name].view == "pixel_set"]
OBSERVATIONS = [name for name in LATER if MODELS[name].view == "observations"]


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def trained(name: str, days: tuple[int, ...] = (-20, 5, 90, 140, 233)) -> torch.nn.Module:
    """A network whose running figures are no longer 0 and 1."""
    network = build(name, bands=10, days=days, classes=3)
    for _ in range(3):
        network(*inputs(name, parcels=8))
    return network.eval()


def test_every_architecture_is_tested_here_or_with_the_papers():
    papers = {"cnn", "cnn-gru-0.7", "cnn-gru-0.8", "cnn-gru-0.9", "gru", "conv-lstm", "conv-lstm-64"}
    one_step = {name for name, row in MODELS.items() if not row.in_epochs}  # each has a file of tests
    assert {*LATER, *papers, *one_step} == {*MODELS}


@pytest.mark.parametrize("name", LATER)
def test_parameter_counts(name):
    assert count(build(name, bands=10, days=range(24), classes=19)) == COUNTS[name]


def test_attention_encoders_have_the_published_counts():
    """The authors' config names their encoders 112k and 9k; with 20 classes theirs are 143,124 and 39,956 in all."""
    large, small = (build(name, bands=10, days=range(24), classes=20) for name in ("pse-ltae", "pse-ltae-small"))
    assert (count(large, "temporal."), count(small, "temporal.")) == (112_000, 8_832)
    assert (count(large), count(small)) == (143_124, 39_956)


def test_temp_cnn_has_the_published_layers():
    convolutions = 20 * 64 * 5 + 2 * 64 * 64 * 5 + 3 * (64 + 2 * 64)
    assert COUNTS["temp-cnn"] == convolutions + (64 * 24 + 1) * 256 + 2 * 256 + 257 * 19


@pytest.mark.parametrize("name", LATER)
def test_every_parameter_learns(name):
    network = build(name, bands=10, days=range(5), classes=3)
    logits = network(*inputs(name, parcels=8))
    assert logits.shape == (8, 3)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0] * 2)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    still = {name for name, p in network.named_parameters() if not p.grad.abs().max() > 1e-9}
    # a key's bias, published with the rest, adds the same to the score of every date: the softmax takes it out again
    assert {name for name in still if not name.endswith("key.bias")} <= _biases_before_a_norm(network)


def _biases_before_a_norm(network: torch.nn.Module) -> set[str]:
    """A batch normalisation takes the bias before it out again, with the mean."""
    found, before = set(), ""
    for name, module in network.named_modules():
        if isinstance(module, BatchNorm):
            found.add(f"{before}.bias")
        before = name
    return found


@pytest.mark.parametrize("name", LATER)
def test_the_class_of_a_parcel_does_not_depend_on_the_batch(name):
    network = trained(name)
    samples = inputs(name)
    with torch.inference_mode():
        together = network(*samples)
        alone = torch.cat([network(*(part[i : i + 1] for part in samples)) for i in range(4)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", LATER)
def test_a_last_batch_of_one_parcel_trains(name):
    network = build(name, bands=10, days=range(5), classes=3)
    network(*(part[:1] for part in inputs(name))).sum().backward()
    assert all(p.grad.isfinite().all() for p in network.parameters())
    assert all(buffer.isfinite().all() for buffer in network.buffers())


@pytest.mark.parametrize("name", LATER)
def test_half_precision_trains(name):
    network = build(name, bands=10, days=range(5), classes=3)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(*inputs(name, parcels=8))
    logits.float().sum().backward()
    assert all(p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("name", PIXEL_SETS)
def test_neither_the_order_of_pixels_nor_the_padding_matters(name):
    network = trained(name)
    values, mask, geometry = inputs(name)
    order = torch.randperm(64)
    rubbish = values + ~mask[:, None, None] * 1e3
    longer = torch.cat([values, torch.randn(4, 5, 10, 36)], dim=3), torch.cat([mask, torch.zeros(4, 36) > 0], dim=1)
    with torch.inference_mode():
        expected = network(values, mask, geometry)
        for other in ((values[..., order], mask[:, order]), (rubbish, mask), longer):
            torch.testing.assert_close(network(*other, geometry), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", PIXEL_SETS)
def test_padding_does_not_matter_in_training_either(name):
    """With fewer slots than are drawn, the draw takes all of them."""
    network = build(name, bands=10, days=range(5), classes=3)
    dropouts = [module for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    for dropout in dropouts:
        dropout.p = 0
    values, mask, geometry = (part[..., :20] if part.shape[-1] == 64 else part for part in inputs(name))
    expected = network(values, mask, geometry)
    padded = torch.cat([values, torch.full((4, 5, 10, 9), 50.0)], dim=3)
    found = network(padded, torch.cat([mask, torch.zeros(4, 9) > 0], dim=1), geometry)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_pixel_features_are_pooled_as_numpy_does():
    features = PixelFeatures(bands=10, sizes=(7, 6))
    values, mask, _ = inputs("pse-ltae")
    features(values, mask)
    pooled = features.eval()(values, mask).detach().numpy()
    assert pooled.shape == (4, 5, 12)
    for parcel in range(4):
        pixels = values[parcel][..., mask[parcel]].movedim(2, 0)  # (pixels, T, bands)
        own = features.pixel(pixels.flatten(0, 1)).view(len(pixels), 5, 6).detach().double().numpy()
        np.testing.assert_allclose(pooled[parcel, :, :6], own.mean(axis=0), atol=1e-5)
        deviation = own.std(axis=0, ddof=1) if len(own) > 1 else np.zeros((5, 6))
        np.testing.assert_allclose(pooled[parcel, :, 6:], deviation, atol=1e-5)


def test_training_draws_pixels_of_the_parcel_anew_and_by_the_seed():
    features = PixelFeatures(bands=10, sizes=(4,))
    values, mask, _ = inputs("pse-ltae")
    values = values + ~mask[:, None, None] * 1e6  # an empty slot that were drawn would show
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(features(values, mask))
    assert torch.equal(draws[0], draws[1])
    assert (draws[0][0] - draws[2][0]).abs().max() > 1e-3  # 32 of 64 pixels
    assert max(draw.abs().max() for draw in draws) < 100


def test_geometry_is_standardised_on_the_training_parcels():
    geometry = Geometry()
    random = np.random.default_rng(0)
    known = random.lognormal([6, 10, -3, -0.5], 0.8, (5000, 4)).astype(np.float32)
    for _ in range(100):
        geometry(torch.from_numpy(known))
    found = geometry.eval()(torch.from_numpy(known)).numpy()
    logarithm = np.log1p(known.astype(float))
    np.testing.assert_allclose(found, (logarithm - logarithm.mean(0)) / logarithm.std(0), rtol=0.01, atol=1e-3)
    assert geometry(torch.zeros(1, 4)).isfinite().all()  # a point has no area


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_an_unseen_date_changes_nothing(name):
    network = trained(name)
    values, seen, days = inputs(name)
    rubbish = values + ~seen[..., None] * 100.0
    elsewhere = torch.where(seen, days, 999.0)
    more = [torch.cat([part, extra], dim=1) for part, extra in _three_unseen(values, seen, days)]
    with torch.inference_mode():
        expected = network(values, seen, days)
        for other in ((rubbish, seen, days), (values, seen, elsewhere), more):
            torch.testing.assert_close(network(*other), expected, rtol=1e-4, atol=1e-5)
        for parcel in range(4):  # each alone, its seen dates only
            own = seen[parcel]
            alone = network(values[None, parcel, own], own[None, own], days[None, parcel, own])
            torch.testing.assert_close(alone[0], expected[parcel], rtol=1e-4, atol=1e-5)


def _three_unseen(values, seen, days):
    yield values, torch.randn(4, 3, 20)
    yield seen, torch.zeros(4, 3) > 0
    yield days, torch.tensor([[7.0, 300, -40]]).expand(4, -1)


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_dates_are_identified_by_their_days_not_by_their_positions(name):
    network = trained(name)
    samples = inputs(name)
    order = torch.tensor([3, 0, 4, 1, 2])
    with torch.inference_mode():
        expected = network(*samples)
        torch.testing.assert_close(network(*(part[:, order] for part in samples)), expected, rtol=1e-4, atol=1e-5)
        later = network(*samples[:2], samples[2] + 60)
    assert (later - expected).abs().max() > 1e-4


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_parcel_without_any_date_stays_finite(name):
    network = build(name, bands=10, days=range(5), classes=3)
    values, seen, days = inputs(name)
    seen[2] = False
    logits = network(values * seen[..., None], seen, days)
    logits.sum().backward()
    assert logits.isfinite().all()
    assert all(p.grad.isfinite().all() for p in network.parameters())


def test_the_dated_gru_is_torchs_own_on_the_seen_dates():
    network = trained("dated-gru")
    values, seen, days = inputs("dated-gru")
    for parcel in range(4):
        own = seen[parcel]
        dated = torch.cat([values[parcel, own], day_waves(days[parcel, own], 16)], dim=1)
        hidden = network.temporal(dated[None])[1][0]
        torch.testing.assert_close(network(values, seen, days)[parcel], network.classifier(hidden)[0])


@pytest.mark.parametrize("name", ["pse-ltae", "transformer"])
def test_days_are_real_not_counted(name):
    """Two calendars of as many dates give different positions, but what was learnt is the same."""
    one, other = build(name, 10, (0, 10, 20, 30, 40), 3), build(name, 10, (0, 10, 90, 100, 300), 3)
    other.load_state_dict(one.state_dict())
    with torch.inference_mode():
        assert (one.eval()(*inputs(name)) - other.eval()(*inputs(name))).abs().max() > 1e-4


def test_waves_of_days():
    days = np.array([0.0, 37, 364, -20])
    expected = np.zeros((4, 8))
    for channel in range(8):
        angle = days / 1000 ** (2 * (channel // 2) / 8)
        expected[:, channel] = np.cos(angle) if channel % 2 else np.sin(angle)
    np.testing.assert_allclose(day_waves(torch.from_numpy(days), 8).numpy(), expected, atol=1e-4)


def test_attention_is_query_times_key_over_the_root_of_keys():
    attention = MasterQueries(channels=12, heads=3, keys=5).eval()
    sequence = torch.randn(2, 7, 12)
    query, weight, bias = (p.detach().double().numpy() for p in attention.parameters())
    for values, found in zip(sequence.double().numpy(), attention(sequence).detach().numpy()):
        keys = (values @ weight.T + bias).reshape(7, 3, 5)
        for head in range(3):
            share = np.exp(keys[:, head] @ query[head] / np.sqrt(5))
            expected = share / share.sum() @ values[:, 4 * head : 4 * head + 4]
            np.testing.assert_allclose(found[4 * head : 4 * head + 4], expected, atol=1e-5)
