"""Clouds, shadows, masks and the instrument."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.simulation.acquisitions import acquisitions
from backend.simulation.noise import turbulence
from backend.simulation.sensor import BANDS_20M, Relief, acquire
from backend.simulation.sky import CLOUD_HIGH, CLOUD_MEDIUM, MOST_SHIFT_M, SHADOW, Sky, draw_sky, scene_classes
from backend.simulation.spectra import CLOUD
from backend.vocabulary import BANDS

from .conftest import Land

PASSES = acquisitions(2018, 60)
SIDE = 120  # cells of 20 m


def grid(value: float, side: int = SIDE) -> np.ndarray:
    return np.full((side, side), value, dtype=np.float32)


def clear_sky(side: int) -> Sky:
    return Sky(grid(0, side), grid(0, side), grid(0, side), 1.0)


@pytest.fixture(scope="module")
def skies() -> list[Sky]:
    return [draw_sky(acquisition, SIDE, np.random.default_rng(number)) for number, acquisition in enumerate(PASSES)]


def test_cloud_cover_varies_from_none_to_all_and_is_higher_in_winter(skies: list[Sky]) -> None:
    cover = np.array([(sky.cloud > 0.1).mean() for sky in skies])
    assert 0.2 < cover.mean() < 0.55
    assert (cover < 0.05).mean() > 0.1
    assert (cover > 0.8).mean() > 0.05


def test_the_mask_finds_most_of_the_clouds_and_misses_their_edges(skies: list[Sky]) -> None:
    rng = np.random.default_rng(7)
    truth, found, opacity, alarms = [], [], [], []
    for sky in skies:
        classes = scene_classes(sky, grid(0.05), grid(0.05), grid(0.40), rng)
        marked = np.isin(classes, (SHADOW, CLOUD_MEDIUM, CLOUD_HIGH))
        truth.append(sky.contaminated)
        found.append(marked)
        opacity.append(np.maximum(sky.cloud, sky.shadow))
        alarms.append(marked & ~sky.contaminated)
    hidden, marked = np.concatenate(truth), np.concatenate(found)
    assert 0.75 < marked[hidden].mean() < 0.97
    assert np.concatenate(opacity)[hidden & ~marked].mean() < 0.35
    assert np.mean(alarms) < 0.02


def test_bright_bare_soil_now_and_then_passes_as_cloud() -> None:
    classes = scene_classes(clear_sky(SIDE), grid(0.17), grid(0.28), grid(0.35), np.random.default_rng(1))
    assert 0.01 < (classes == CLOUD_MEDIUM).mean() < 0.4
    dark = scene_classes(clear_sky(SIDE), grid(0.08), grid(0.15), grid(0.22), np.random.default_rng(1))
    assert not (dark == CLOUD_MEDIUM).any()


def test_shadows_fall_away_from_the_sun() -> None:
    """The shadow looks like the cloud field moved towards the north-west, by less than a low sun would throw it."""
    acquisition = PASSES[30]
    for number in range(20):
        sky = draw_sky(acquisition, 400, np.random.default_rng(number))
        if 0.1 < sky.cloud.mean() < 0.4:
            break
    spectrum = np.fft.rfft2(sky.shadow) * np.conj(np.fft.rfft2(sky.cloud))
    down, right = np.unravel_index(np.fft.irfft2(spectrum).argmax(), sky.cloud.shape)
    north, east = -((down + 200) % 400 - 200), (right + 200) % 400 - 200
    assert north > 0 > east
    assert np.hypot(north, east) * 20 < MOST_SHIFT_M
    towards = np.degrees(np.arctan2(east, north)) % 360
    assert towards == pytest.approx((acquisition.sun_azimuth_deg + 180) % 360, abs=12)


def test_a_thick_cloud_hides_the_ground_and_a_thin_one_tints_it() -> None:
    ground = grid(0.05)
    thick = Sky(grid(1), grid(0), grid(0), 1.0).over(ground, 0)
    np.testing.assert_allclose(thick, CLOUD[0], rtol=1e-5)
    thin = Sky(grid(0.1), grid(0), grid(0), 1.0).over(ground, 0)
    assert 0.07 < thin.mean() < 0.13
    assert Sky(grid(0), grid(1), grid(0), 1.0).over(ground, 6).mean() < 0.4 * ground.mean()


def test_edges_between_fields_are_mixed_on_the_image(land: Land) -> None:
    """Between two even fields, pixels along the edge lie between both, and more widely so in the 20 m bands."""
    ground = np.full((10, 64, 64), 0.1, dtype=np.float32)
    ground[:, :, 32:] = 0.4
    level = Relief(grid(0, 64), grid(0, 64))
    numbers = acquire(ground, level, clear_sky(32), PASSES[20], np.random.default_rng(2)) / 1e4
    for band, name in enumerate(BANDS):
        across = numbers[band].mean(axis=0)
        low, high = across[:20].mean(), across[44:].mean()
        mixed = ((across > low + 0.1 * (high - low)) & (across < high - 0.1 * (high - low))).sum()
        assert mixed >= (2 if name in BANDS_20M else 1), name
        assert high - low == pytest.approx(0.3, rel=0.15)


def test_subpixel_boundaries_mix_two_fields_in_the_ground_itself(land: Land) -> None:
    """A pixel that two objects share reflects between what they reflect where they are alone."""
    scene = land.ground.reflectance(150, np.full(len(land.world.kinds), 0.5))[6]
    strip = land.ground.strips[1]
    rows = scene[strip.top : strip.top + strip.rows].ravel()
    alone = np.bincount(strip.item[strip.part == 1], minlength=len(land.world.kinds))
    mean = np.bincount(strip.item[strip.part == 1], weights=rows[strip.pixel[strip.part == 1]], minlength=len(alone))
    mean = mean / np.maximum(alone, 1)
    pairs = np.flatnonzero((strip.pixel[1:] == strip.pixel[:-1]) & (strip.part[1:] + strip.part[:-1] > 0.999))
    one, two = strip.item[pairs], strip.item[pairs + 1]
    known = (alone[one] > 30) & (alone[two] > 30)
    expected = (strip.part[pairs] * mean[one] + strip.part[pairs + 1] * mean[two])[known]
    assert known.sum() > 50
    assert np.corrcoef(expected, rows[strip.pixel[pairs]][known])[0, 1] > 0.8


def test_slopes_that_face_the_sun_are_brighter() -> None:
    """Ground that rises towards the north faces the south."""
    south, north = Relief(grid(0), grid(0.1)), Relief(grid(0), grid(-0.1))
    assert south.light(PASSES[0]).mean() > 1 > north.light(PASSES[0]).mean()


def test_dates_differ_though_the_ground_does_not() -> None:
    """Haze, angles and calibration leave a few percent between dates, as the real series show."""
    ground = np.full((10, 40, 40), 0.2, dtype=np.float32)
    level = Relief(grid(0, 40), grid(0, 40))
    means = [
        acquire(ground, level, clear_sky(20), PASSES[0], np.random.default_rng(number)).mean(axis=(1, 2)) / 1e4
        for number in range(40)
    ]
    deviation = np.std(means, axis=0)
    assert (deviation > 0.004).all() and (deviation < 0.03).all()
    assert deviation[0] != deviation[9]


def test_turbulence_has_the_asked_for_scale() -> None:
    fine, coarse = (turbulence(np.random.default_rng(1), (256, 256), scale, 3.0) for scale in (2.0, 20.0))
    for field in (fine, coarse):
        assert abs(field.mean()) < 1e-3 and field.std() == pytest.approx(1, abs=1e-3)
    assert (coarse[9:] * coarse[:-9]).mean() > (fine[9:] * fine[:-9]).mean() + 0.3
