"""Fields are irregular, sized as real ones, and do not overlap; pixels know what they hold."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from backend.errors import BadArgument
from backend.protocol import Silent
from backend.simulation import SimulatedRegion, SimulationSpec, simulate_years
from backend.simulation.allotment import LEAST_PARCELS, counts
from backend.simulation.coverage import PIXEL_M, strips
from backend.simulation.covers import COVERS, CROPS
from backend.simulation.region import make_world
from backend.simulation.subdivision import ring_area, subdivide

from .conftest import Land


def outlines(land: Land) -> np.ndarray:
    return land.world.landscape.outline[land.world.parcels]


def test_parcels_are_valid_apart_and_inside(land: Land) -> None:
    parcels = outlines(land)
    side = land.world.landscape.side_m
    assert len(parcels) == land.spec.parcels
    assert shapely.is_valid(parcels).all()
    assert shapely.contains(shapely.box(0, 0, side, side), parcels).all()
    first, second = shapely.STRtree(parcels).query(parcels, predicate="intersects")
    shared = shapely.area(shapely.intersection(parcels[first[first < second]], parcels[second[first < second]]))
    assert shared.sum() == 0


def test_sizes_are_log_normal_as_in_the_french_lpis(land: Land) -> None:
    hectares = shapely.area(outlines(land)) / 1e4
    assert 1.1 < np.median(hectares) < 2.0
    assert 0.7 < np.log(hectares).std() < 1.3
    assert 8 < hectares.max() < 30
    assert (hectares < 0.3).mean() > 0.02


def test_fields_do_not_look_like_a_chessboard(land: Land) -> None:
    """Sides point everywhere, corners are many and few fields are rectangles."""
    parcels = outlines(land)
    box = shapely.oriented_envelope(parcels)
    filled = shapely.area(parcels) / shapely.area(box)
    assert np.median(filled) < 0.93
    corners = shapely.get_coordinates(box).reshape(-1, 5, 2)
    angle = np.degrees(np.arctan2(*(corners[:, 1] - corners[:, 0]).T)) % 90
    assert np.histogram(angle, bins=6, range=(0, 90))[0].min() > len(parcels) * 0.05
    assert np.unique(shapely.get_num_coordinates(parcels)).size > 20


def test_part_of_the_land_is_not_farmed(land: Land) -> None:
    farmed = shapely.area(outlines(land)).sum() / land.world.landscape.side_m**2
    assert 0.5 < farmed < 0.85
    assert {COVERS[kind].code for kind in land.world.kinds} >= {"wood", "water", "road", "built", "hedge"}


def test_subdivision_keeps_every_square_metre() -> None:
    block = np.array([[0.0, 0.0], [600.0, 50.0], [700.0, 480.0], [300.0, 650.0], [-40.0, 400.0]])
    pieces = list(subdivide(block, 20_000, 33.0, np.random.default_rng(5)))
    assert len(pieces) > 5
    assert sum(ring_area(piece) for piece in pieces) == pytest.approx(shapely.Polygon(block).area, rel=1e-9)
    assert all(ring_area(piece) == pytest.approx(shapely.Polygon(piece).area) for piece in pieces)


def test_pixel_parts_are_the_areas_of_intersection(land: Land) -> None:
    """Against shapely's exact overlay, for the parcels that fall in the second strip of rows."""
    strip = list(strips(land.world.landscape, land.world.side_px))[1]
    side = land.world.side_px
    totals = np.bincount(strip.pixel, weights=strip.part, minlength=strip.rows * side)
    np.testing.assert_allclose(totals, 1, atol=1e-6)
    inside = np.isin(strip.item, land.world.parcels)
    rng = np.random.default_rng(0)
    for entry in rng.choice(np.flatnonzero(inside & (strip.part < 1)), 60, replace=False):
        row, column = divmod(int(strip.pixel[entry]), side)
        top = land.world.landscape.side_m - (strip.top + row) * PIXEL_M
        pixel = shapely.box(column * PIXEL_M, top - PIXEL_M, (column + 1) * PIXEL_M, top)
        exact = shapely.area(shapely.intersection(pixel, land.world.landscape.outline[strip.item[entry]])) / PIXEL_M**2
        assert strip.part[entry] == pytest.approx(exact, abs=0.16)


@pytest.mark.parametrize("parcels", [1, 7, 60, 121, 600, 3000, 22_500])
def test_every_parcel_gets_a_crop_and_the_rare_ones_stay_rare(parcels: int) -> None:
    quota = counts(parcels)
    assert quota.sum() == parcels and (quota >= 0).all()
    if parcels >= 600:
        assert quota.min() >= LEAST_PARCELS
        assert quota.max() / quota.min() > 20
        assert (quota.argmax(), CROPS[0].code) == (0, "PPH")


def test_crops_gather_in_neighbourhoods_and_a_few_are_misdeclared(land: Land) -> None:
    world = land.world
    wrong = (world.kinds[world.parcels] != world.declared).mean()
    assert 0.002 < wrong < 0.05
    tree = shapely.STRtree(outlines(land))
    first, second = tree.query(shapely.buffer(outlines(land), 150), predicate="intersects")
    apart = first != second
    alike = (world.declared[first[apart]] == world.declared[second[apart]]).mean()
    chance = (np.bincount(world.declared) / len(world.declared)) ** 2
    assert alike > 1.25 * chance.sum()


def test_the_layer_has_the_french_lpis_fields(region: SimulatedRegion) -> None:
    layer = gpd.read_file(region.parcels, layer="parcels")
    assert len(layer) == region.parcel_count == 120
    assert layer.crs.to_epsg() == 32631
    assert layer.ID_PARCEL.is_unique
    np.testing.assert_allclose(layer.SURF_PARC, layer.area / 1e4, atol=0.00501)
    groups = {crop.code: crop.group for crop in CROPS}
    assert layer.CODE_GROUP.tolist() == [groups[code] for code in layer[region.class_field]]


def test_few_parcels_make_a_region_too() -> None:
    world = make_world(SimulationSpec(parcels=1, seed=2))
    assert len(world.parcels) == len(world.declared) == 1


def test_chosen_crops_have_enough_parcels_each_and_no_other_grows() -> None:
    quota = counts(420, 10, 25)
    common = np.argsort([-crop.share for crop in CROPS], kind="stable")[:10]
    assert quota.sum() == 420 and set(np.flatnonzero(quota)) == set(common.tolist())
    assert quota[common].min() >= 25
    world = make_world(SimulationSpec(parcels=420, seed=1, crops=10, least_parcels=25))
    assert np.bincount(world.declared, minlength=len(CROPS)).tolist() == quota.tolist()
    assert set(world.kinds[world.parcels].tolist()) <= set(common.tolist())


@pytest.mark.parametrize(
    ("options", "named"),
    [({"crops": 0}, "crops"), ({"crops": 22}, "crops"), ({"parcels": 100, "crops": 10, "least_parcels": 11}, "least")],
)
def test_more_parcels_or_crops_than_there_can_be_are_refused(options: dict[str, int], named: str) -> None:
    with pytest.raises(BadArgument, match=named):
        SimulationSpec(**options)


def test_chosen_crops_do_not_rotate(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="years"):
        simulate_years(SimulationSpec(parcels=40, crops=4), 2, tmp_path / "region", Silent())
