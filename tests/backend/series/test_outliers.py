"""Planted clouds and shadows are found; harvests, ploughing, rain and snow are not taken for them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.errors import MissingBands
from backend.series.outliers import outliers, require_bands
from backend.vocabulary import BANDS

PIXELS, DATES = 3000, 45
DAYS = np.sort(np.random.default_rng(8).choice(np.arange(0, 360, 5), DATES, replace=False)).astype(np.int64)
#                    B02    B03    B04    B05    B06    B07    B08    B8A    B11    B12
LEAVES = np.array([0.025, 0.060, 0.025, 0.090, 0.300, 0.380, 0.420, 0.430, 0.180, 0.080])
SOIL = np.array([0.080, 0.110, 0.145, 0.165, 0.180, 0.195, 0.210, 0.225, 0.290, 0.250])
STUBBLE = np.array([0.100, 0.140, 0.190, 0.220, 0.240, 0.260, 0.280, 0.300, 0.380, 0.300])
CLOUD = np.array([0.550, 0.540, 0.560, 0.570, 0.580, 0.590, 0.600, 0.600, 0.450, 0.330])
SNOW = np.array([0.800, 0.790, 0.770, 0.750, 0.720, 0.700, 0.680, 0.650, 0.080, 0.060])
LIGHT = np.array([0.60, 0.52, 0.45, 0.43, 0.40, 0.39, 0.38, 0.37, 0.30, 0.30])  # what a deep shadow leaves


def fields(random):
    """Reflectance `(pixels, dates, bands)` of fields that are sown, green up, are cut on a day and ploughed later."""
    sown, cut = random.uniform(40, 150, (2, PIXELS, 1)) + np.array([0, 90])[:, None, None]
    ploughed = cut + random.uniform(10, 120, cut.shape)
    green = 1 / (1 + np.exp(-(DAYS - sown - 30) / random.uniform(4, 12, cut.shape)))
    green = np.where(cut < DAYS, 0.05, green)[..., None] * random.uniform(0.6, 1, (PIXELS, 1, 1))
    bare = np.where(((cut < DAYS) & (ploughed > DAYS))[..., None], STUBBLE, SOIL)
    bare = bare * random.uniform(0.7, 1.25, (PIXELS, 1, 1))
    wet = 1 - 0.2 * random.random(DATES)[None, :, None]  # soil after rain is darker, in all bands
    ground = green * LEAVES + (1 - green) * bare * wet
    return ground * random.normal(1, 0.03, ground.shape) + random.normal(0, 0.003, ground.shape)


def stored(reflectance):
    return np.rint(reflectance * 10_000).astype(np.int16)


@pytest.fixture(scope="module")
def season():
    """A season with 2 % missed clouds and 2 % missed shadows, thin to thick; what was masked is random."""
    random = np.random.default_rng(4)
    ground = fields(random)
    clear = random.random((PIXELS, DATES)) < 0.55
    draw = random.random((PIXELS, DATES))
    cloud, shadow = draw < 0.02, (draw >= 0.02) & (draw < 0.04)
    depth = random.uniform(0, 1, (PIXELS, DATES, 1))
    seen = np.where(cloud[..., None], ground + depth * (CLOUD - ground), ground)
    seen = np.where(shadow[..., None], ground * (1 - depth * (1 - LIGHT)), seen)
    return ground, seen, clear, cloud, shadow, depth[..., 0]


def judged(clear):
    """Clear observations that have others before and after them."""
    order = np.cumsum(clear, axis=1)
    return clear & (order > 1) & (order < order[:, -1:])


def test_planted_clouds_and_shadows_are_found(season):
    _, seen, clear, cloud, shadow, depth = season
    found = outliers(stored(seen), clear, DAYS, BANDS)
    assert not (found & ~clear).any()
    inner = judged(clear)
    assert not (found & ~inner).any()
    figures = {
        "clouds": found[inner & cloud & (depth > 0.2)].mean(),
        "thin clouds": found[inner & cloud & (depth > 0.1) & (depth < 0.2)].mean(),
        "shadows": found[inner & shadow & (depth > 0.7)].mean(),
        "false": found[inner & ~cloud & ~shadow].mean(),
    }
    assert figures["clouds"] > 0.95
    assert figures["thin clouds"] > 0.7
    assert figures["shadows"] > 0.75
    assert figures["false"] < 0.001


def test_a_season_without_clouds_stays_whole(season):
    """Harvests, ploughing, rain, noise: all of them clear."""
    ground, _, clear, *_ = season
    found = outliers(stored(ground), clear, DAYS, BANDS)
    assert found[judged(clear)].mean() < 0.001


@pytest.mark.parametrize("before, after", [(LEAVES, STUBBLE), (LEAVES, SOIL), (STUBBLE, SOIL), (SOIL, LEAVES)])
def test_a_change_that_lasts_is_no_cloud(before, after):
    """From one date to the next, with bright soil in between for a date, or not."""
    change = np.arange(3, DATES - 3)
    values = np.where((np.arange(DATES) < change[:, None])[..., None], before, after)
    clear = np.ones(values.shape[:2], bool)
    assert not outliers(stored(values), clear, DAYS, BANDS).any()
    values[np.arange(len(change)), change] = STUBBLE
    assert not outliers(stored(values), clear, DAYS, BANDS).any()


@pytest.mark.parametrize("dates", [1, 2, 5])
def test_snow_is_no_cloud(dates):
    values = np.tile(SOIL, (1, DATES, 1))
    values[0, 10 : 10 + dates] = SNOW
    clear = np.ones((1, DATES), bool)
    assert not outliers(stored(values), clear, DAYS, BANDS).any()
    values[0, 20] = CLOUD
    np.testing.assert_array_equal(np.flatnonzero(outliers(stored(values), clear, DAYS, BANDS)), [20])


def test_two_consecutive_clouds_are_found_and_what_is_between_two_is_kept():
    values = np.tile(0.5 * (LEAVES + SOIL), (2, DATES, 1))
    values[0, 10:12] = CLOUD
    values[1, [10, 12]] = CLOUD
    found = outliers(stored(values), np.ones((2, DATES), bool), DAYS, BANDS)
    np.testing.assert_array_equal(np.argwhere(found), [[0, 10], [0, 11], [1, 10], [1, 12]])


def test_the_middle_of_three_consecutive_clouds_is_removed_before_the_others_are_found():
    """The outer two have the middle one beside them, which hides them until it is taken out."""
    values = np.tile(0.5 * (LEAVES + SOIL), (1, DATES, 1))
    values[0, 10:13] = CLOUD
    found = outliers(stored(values), np.ones((1, DATES), bool), DAYS, BANDS)
    np.testing.assert_array_equal(np.flatnonzero(found), [10, 11, 12])


UNEVEN = np.array([-20, 0, 10, 40, 60])  # the third has neighbours 10 and 30 days away


def is_found(**bands):
    """Whether the third of five observations is, which differs from steady ground in these bands."""
    ground = 0.5 * (LEAVES + SOIL)
    values = np.tile(ground, (1, 5, 1))
    for band, value in bands.items():
        values[0, 2, BANDS.index(band)] = value(ground[BANDS.index(band)])
    return (
        outliers(stored(values), np.ones((1, 5), bool), UNEVEN, BANDS)[0].tolist() == [False, False, True] + [False] * 2
    )


def raised(by):
    return lambda ground: ground + by


@pytest.mark.parametrize(("rise", "expected"), [(0.055, False), (0.065, True)])
def test_the_rise_that_makes_a_cloud_doubles_over_thirty_days_to_the_farther_neighbour(rise, expected):
    """Hagolle et al. 2010, table 2: 0.03 (1 + 30 / 30) in the blue."""
    assert is_found(B02=raised(rise), B03=raised(rise), B04=raised(rise)) == expected


@pytest.mark.parametrize(("redder", "expected"), [(1.4, True), (1.6, False)])
def test_what_rises_half_as_much_again_in_the_red_is_soil(redder, expected):
    assert is_found(B02=raised(0.1), B03=raised(0.1), B04=raised(0.1 * redder)) == expected


@pytest.mark.parametrize(("index", "expected"), [(0.35, True), (0.45, False)])
def test_bright_ground_with_a_snow_index_above_0_4_is_snow(index, expected):
    bright = dict.fromkeys(("B02", "B03", "B04", "B08"), lambda _: 0.6)
    assert is_found(**bright, B11=lambda _: 0.6 * (1 - index) / (1 + index)) == expected


@pytest.mark.parametrize(("kept", "expected"), [(0.53, True), (0.57, False)])
def test_the_share_that_a_shadow_takes_doubles_over_sixty_days(kept, expected):
    """0.3 (1 + 30 / 60) of the infrared."""
    assert is_found(B08=lambda ground: ground * kept, B11=lambda ground: ground * kept) == expected


def test_pixels_do_not_judge_each_other(season):
    _, seen, clear, *_ = season
    whole = outliers(stored(seen[:40]), clear[:40], DAYS, BANDS)
    for pixel in range(40):
        alone = outliers(stored(seen[pixel : pixel + 1]), clear[pixel : pixel + 1], DAYS, BANDS)
        np.testing.assert_array_equal(alone[0], whole[pixel])


def test_pixels_seen_never_once_or_twice_are_left_alone():
    values, clear = np.tile(CLOUD, (3, DATES, 1)), np.zeros((3, DATES), bool)
    clear[1, 5] = clear[2, 5] = clear[2, 9] = True
    assert not outliers(stored(values), clear, DAYS, BANDS).any()


def test_bands_that_are_needed():
    with pytest.raises(MissingBands, match="B11"):
        require_bands(("B02", "B03", "B04", "B08"), "store")
