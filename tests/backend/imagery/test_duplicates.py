"""Which of several products of one image is used: baselines are numbers, not texts."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import datetime

import pytest

from backend.imagery.acquisition import Layer, Scene
from backend.imagery.duplicates import SUPERSEDED, newest
from backend.imagery.grid import Grid

GRID = Grid("EPSG:32631", 500_000, 5_000_000, 10, 60, 60)


def product(baseline: str, name: str = "", tile: str = "31UFS", second: int = 0) -> Scene:
    name = name or f"product of {baseline}"
    layer = Layer(f"{name}.tif", 1, 1e-4, 0, 0)
    moment = datetime(2023, 6, 25, 10, 56, second)
    return Scene(name, moment, {"B02": layer}, GRID, "S2MSI2A", "Sentinel-2B", tile, baseline)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("05.09", "05.10"), ("9.0", "10.0"), ("5.9", "5.10"), ("5.9", "05.10"), ("02.14", "05.00"), ("2", "2.1")],
)
def test_the_later_baseline_is_used_whichever_comes_first(older, newer):
    for scenes in ([product(older), product(newer)], [product(newer), product(older)]):
        kept, skipped = newest(scenes)
        assert [scene.baseline for scene in kept] == [newer]
        assert [(entry.code, entry.path.name) for entry in skipped] == [(SUPERSEDED, f"product of {older}.tif")]
        assert f"baseline {older} is replaced by {newer}" in skipped[0].reason


def test_the_latest_of_three():
    kept, skipped = newest([product("9.0"), product("11.0"), product("10.0")])
    assert [scene.baseline for scene in kept] == ["11.0"]
    assert all("replaced by 11.0" in entry.reason for entry in skipped) and len(skipped) == 2


def test_one_baseline_written_in_two_ways_is_two_parts_of_an_image():
    kept, skipped = newest([product("05.09", "upper"), product("5.9", "lower")])
    assert [scene.name for scene in kept] == ["upper", "lower"] and not skipped


def test_one_product_found_twice_is_used_once():
    kept, skipped = newest([product("05.09", "same"), product("05.09", "same")])
    assert len(kept) == 1 and "used once" in skipped[0].reason


def test_other_tiles_other_times_and_images_without_a_baseline_replace_nothing():
    scenes = [product("05.09"), product("05.10", tile="31UFT"), product("05.11", second=1), product(""), product("")]
    assert newest(scenes) == (scenes, [])
