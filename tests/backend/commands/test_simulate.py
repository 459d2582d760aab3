"""`simulate`: what it says is what is on disk, and a seed decides every byte."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
from pathlib import Path

import pyogrio
import pytest
import rasterio

from backend.errors import BadArgument
from tests.backend.commands.conftest import run

SMALL = ("--parcels", 20, "--dates", 2)


def digests(folder: Path) -> dict[str, str]:
    """Of every image and mask, by its path in the folder."""
    paths = sorted(folder.rglob("*.tif"))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_seed_gives_the_same_bytes_and_another_others(tmp_path):
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        run("simulate", tmp_path / name, *SMALL, "--seed", seed)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert len(one) == 4  # an image and a mask for each date
    assert one == again
    assert not set(one.values()) & set(other.values())
    layers = [pyogrio.read_dataframe(tmp_path / name / "parcels.gpkg") for name in ("one", "again", "other")]
    assert layers[0].to_wkt().equals(layers[1].to_wkt())
    assert not layers[0].geometry.geom_equals(layers[2].geometry).any()


def test_the_result_says_what_is_on_disk(tmp_path):
    values = run("simulate", tmp_path / "r", *SMALL, "--seed", 1, "--year", 2019).values
    layer = pyogrio.read_dataframe(values["parcels"])
    assert len(layer) == values["parcel_count"]
    assert layer[values["class_field"]].notna().all()
    days = [date.replace("-", "") for date in values["dates"]]
    assert len(days) == 2 and {day[:4] for day in days} == {"2019"}
    for folder in (values["imagery"], values["masks"]):
        names = sorted(path.name for path in Path(folder).glob("*.tif"))
        assert [day for day, name in zip(days, names, strict=True) if day in name] == days
    with rasterio.open(next(Path(values["imagery"]).glob("*.tif"))) as image:
        assert image.crs == layer.crs
        west, south, east, north = layer.total_bounds
        assert image.bounds.left <= west and image.bounds.right >= east
        assert image.bounds.bottom <= south and image.bounds.top >= north


def test_years_are_the_same_fields_with_last_year_s_crops(tmp_path):
    values = run("simulate", tmp_path / "r", *SMALL, "--year", 2018, "--years", 2).values
    first, second = values["seasons"]
    assert [first["year"], second["year"]] == [2018, 2019]
    assert {key: value for key, value in second.items() if key != "year"} == {
        key: value for key, value in values.items() if key != "seasons"
    }
    before, after = (pyogrio.read_dataframe(season["parcels"]) for season in (first, second))
    assert before.geometry.geom_equals(after.geometry).all()
    assert after[values["previous_field"]].tolist() == before[first["class_field"]].tolist()
    assert after[values["class_field"]].tolist() != before[first["class_field"]].tolist()


@pytest.mark.parametrize(("option", "value"), [("--parcels", 0), ("--dates", 0), ("--seed", -1), ("--year", 1066)])
def test_numbers_out_of_range_are_refused_by_name(tmp_path, option, value):
    with pytest.raises(BadArgument, match=f"{option.strip('-')}: expected a whole number from .* found {value}"):
        run("simulate", tmp_path / "r", option, value)
    assert not (tmp_path / "r").exists()
