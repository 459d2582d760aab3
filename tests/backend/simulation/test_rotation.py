"""Several years: which crop follows which, and that the fields, the soil and the first year's images stay."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from backend.errors import BadArgument
from backend.protocol import Silent
from backend.simulation import SimulationSpec, simulate, simulate_years
from backend.simulation.covers import CROPS, INDEX
from backend.simulation.region import next_ground, next_world
from backend.simulation.rotation import PERMANENT, follow, transitions

from .conftest import Land

SHARE = np.array([crop.share for crop in CROPS]) / sum(crop.share for crop in CROPS)
TINY = SimulationSpec(parcels=25, dates=2, seed=1)


def chance(last: str, crop: str) -> float:
    return float(transitions()[INDEX[last], INDEX[crop]])


def test_each_crop_is_followed_by_something_and_the_shares_stay() -> None:
    """The shares are the matrix's own left eigenvector, so they are those of every year."""
    np.testing.assert_allclose(transitions().sum(axis=1), 1, atol=1e-12)
    assert (transitions() >= 0).all()
    np.testing.assert_allclose(SHARE @ np.linalg.matrix_power(transitions(), 7), SHARE, atol=1e-12)


def test_the_rules_of_the_rotation() -> None:
    for code in PERMANENT:
        assert chance(code, code) == 1
    for code in ("PHI", "PTC", "BTN", "CZH"):
        assert chance(code, code) == 0, f"{code} twice"
    assert chance("CZH", "BTH") > 2.5 * SHARE[INDEX["BTH"]]
    assert chance("MIS", "MIS") > chance("BTH", "MIS") > chance("CZH", "MIS")
    assert 0.5 < chance("PTR", "PTR") < 0.9
    assert all(transitions()[INDEX[code], [INDEX[p] for p in PERMANENT]].sum() == 0 for code in ("BTH", "PTR"))


def test_crops_are_drawn_from_the_matrix() -> None:
    """Observed transitions of 200,000 fields against the matrix, within four deviations of a binomial share."""
    rng = np.random.default_rng(3)
    last = rng.choice(len(CROPS), 200_000, p=SHARE)
    seen = pd.crosstab(last, follow(last, rng)).reindex(columns=range(len(CROPS)), fill_value=0).to_numpy()
    fields = seen.sum(axis=1, keepdims=True)
    chances = transitions()
    deviation = np.sqrt(chances * (1 - chances) / fields)
    assert (abs(seen / fields - chances) <= 4 * deviation + 1e-12).all()


def test_next_year_has_the_same_land_and_soil_and_another_growth(land: Land) -> None:
    spec = SimulationSpec(parcels=500, seed=11, year=2018)
    world = next_world(spec, land.world)
    ground = next_ground(spec, world, land.ground)
    assert world.landscape is land.world.landscape
    meadow = land.world.declared == INDEX["PPH"]
    assert (world.declared[meadow] == INDEX["PPH"]).all()
    arable = np.isin(land.world.declared, [INDEX[code] for code in ("BTH", "ORH", "CZH", "TRN")])
    assert (world.declared[arable] != land.world.declared[arable]).mean() > 0.7
    wrong = (world.kinds[world.parcels] != world.declared).mean()
    assert 0.002 < wrong < 0.05
    others = np.setdiff1d(np.arange(len(world.kinds)), world.parcels)
    assert np.array_equal(world.kinds[others], land.world.kinds[others])
    assert np.array_equal(ground.materials.soil, land.ground.materials.soil)
    assert not np.array_equal(ground.calendar.up, land.ground.calendar.up)


def test_years_lie_side_by_side_and_the_first_is_the_one_year_region(tmp_path: Path) -> None:
    simulate(TINY, tmp_path / "one", Silent())
    first, second = simulate_years(TINY, 2, tmp_path / "two", Silent())
    assert (first.imagery, second.imagery) == (tmp_path / "two/2017/imagery", tmp_path / "two/2018/imagery")
    assert [day[:4] for day in second.dates] == ["2018", "2018"]
    images = sorted(path.name for path in first.imagery.iterdir())
    assert images == sorted(path.name for path in (tmp_path / "one/imagery").iterdir())
    for folder in ("imagery", "masks"):
        for path in (tmp_path / "one" / folder).iterdir():
            assert path.read_bytes() == (tmp_path / "two/2017" / folder / path.name).read_bytes()
    with rasterio.open(next(first.imagery.iterdir())) as one, rasterio.open(next(second.imagery.iterdir())) as other:
        assert one.transform == other.transform and one.shape == other.shape


def test_the_later_layer_carries_the_crop_declared_the_year_before(tmp_path: Path) -> None:
    layers = [gpd.read_file(r.parcels) for r in simulate_years(TINY, 3, tmp_path / "three", Silent())]
    assert "CULTU_PREC" not in layers[0]
    for last, layer in zip(layers, layers[1:]):
        assert layer.CULTU_PREC.tolist() == last.CODE_CULTU.tolist()
        assert layer.ID_PARCEL.tolist() == last.ID_PARCEL.tolist()
        assert layer.geometry.geom_equals(last.geometry).all()


def test_years_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="years"):
        simulate_years(TINY, 0, tmp_path / "none", Silent())
    with pytest.raises(BadArgument, match="2099"):
        simulate_years(SimulationSpec(parcels=5, dates=1, year=2099), 2, tmp_path / "late", Silent())
    assert not list(tmp_path.iterdir())
