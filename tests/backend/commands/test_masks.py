"""What masks let through over the parcels, and what the test in time takes out, from the command line to the report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin

from backend.errors import Cancelled, MissingBands
from backend.series import extraction
from backend.series.store import open_store
from backend.vocabulary import BANDS
from tests.backend.commands.conftest import run
from tests.backend.ground import CRS, SIZE_PX, X0, Y0, write_raster

DAYS = tuple(f"2018{month:02d}{day:02d}" for month in (4, 5, 6, 7) for day in (1, 11, 21))
MISSED = 5  # the date whose cloud the mask does not show
GROUND = np.array([600, 800, 900, 1200, 2200, 2600, 2800, 3000, 2400, 1800])


@dataclass(frozen=True)
class Season:
    source: tuple[object, ...]
    clear: np.ndarray  # (dates, rows, columns), as the masks say
    cloud: np.ndarray  # (rows, columns)
    inside: np.ndarray  # (parcels, rows, columns)


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> Season:
    """Fields that brighten through the season, with random masks, and one cloud that is in none of them."""
    folder, random = tmp_path_factory.mktemp("season"), np.random.default_rng(2)
    cloud = np.zeros((SIZE_PX, SIZE_PX), bool)
    cloud[8:40, 5:33] = True
    clear = random.random((len(DAYS), SIZE_PX, SIZE_PX)) < 0.8
    clear[[0, -1]] = True
    for number, day in enumerate(DAYS):
        values = GROUND[:, None, None] * (1 + 0.02 * number) + random.integers(0, 30, (10, SIZE_PX, SIZE_PX))
        values = np.where(cloud & (number == MISSED), values + 2500, values).astype(np.uint16)
        write_raster(folder / "i" / f"S2_{day}.tif", values, BANDS)
        write_raster(folder / "m" / f"SCL_{day}.tif", np.where(clear[number], 4, 9)[None].astype(np.uint8), nodata=None)
    fields = [
        shapely.box(X0 + x, Y0 - y - 82, X0 + x + 160, Y0 - y)
        for x in (33, 233, 418)
        for y in (21, 121, 221, 321, 418, 508)
    ]
    geopandas.GeoDataFrame({"crop": list("abcabcabcabcabcabc")}, geometry=fields, crs=CRS).to_file(folder / "p.gpkg")
    transform = from_origin(X0, Y0, 10, 10)
    inside = np.array([rasterize([field], (SIZE_PX, SIZE_PX), transform=transform) > 0 for field in fields])
    return Season((folder / "i", folder / "p.gpkg", "--masks", folder / "m"), clear, cloud, inside)


def shares(season: Season, clear: np.ndarray) -> list[float]:
    """Per date, over the parcels' pixels alone."""
    return [date[season.inside.any(axis=0)].mean() for date in clear]


def test_the_clear_share_is_that_of_the_parcels(season, tmp_path):
    values = run("extract", *season.source, "-o", tmp_path / "s.parcels").values
    assert [row["date"].replace("-", "") for row in values["acquisitions"]] == list(DAYS)
    found = [row["clear_share"] for row in values["acquisitions"]]
    assert found == pytest.approx(shares(season, season.clear), abs=1e-12)
    assert found != pytest.approx(season.clear.mean(axis=(1, 2)), abs=1e-3)  # the image's is another
    assert {row["outliers"] for row in values["acquisitions"]} == {None}


def test_what_the_test_in_time_takes_out_is_counted_and_filled(season, tmp_path):
    outcome = run("extract", *season.source, "-o", tmp_path / "s.parcels", "--remove-outliers")
    kept = season.clear.copy()
    kept[MISSED] &= ~season.cloud
    planted = (season.clear[MISSED] & season.cloud & season.inside.any(axis=0)).sum()
    counts = [row["outliers"] for row in outcome.values["acquisitions"]]
    assert counts[MISSED] == planted > 300 and sum(counts) == planted
    assert f"{planted:,} outliers" in outcome.text
    found = [row["clear_share"] for row in outcome.values["acquisitions"]]
    assert found == pytest.approx(shares(season, kept), abs=1e-12)
    store = open_store(tmp_path / "s.parcels")
    assert store.manifest.sentinel_2.series.remove_outliers is True
    assert not (tmp_path / "s.parcels" / "removed.npy").exists()
    blue = np.asarray(store.reflectance[:, MISSED, 0])
    assert blue.min() > 600 and blue.max() < 800  # no trace of 3,100


def test_a_stopped_run_counts_what_it_takes_out_once(season, tmp_path, monkeypatch):
    """Stopped within the cloud, with a block written that is not marked as done, as a kill may leave it."""
    monkeypatch.setattr(extraction, "block_shape", lambda scene, grid: (16, 16))
    arguments = ("extract", *season.source, "--remove-outliers", "--workers", 1, "-o")
    whole = run(*arguments, tmp_path / "whole.parcels").values
    real = extraction._extract_block

    def stopping(store, catalogue, number, *others):
        if number == 9:
            raise Cancelled
        real(store, catalogue, number, *others)

    monkeypatch.setattr(extraction, "_extract_block", stopping)
    with pytest.raises(Cancelled):
        run(*arguments, tmp_path / "s.parcels")
    monkeypatch.setattr(extraction, "_extract_block", real)
    unfinished = open_store(tmp_path / "s.parcels", writable=True)
    before = unfinished.removed.sum(axis=1)
    assert 0 < before.sum() < sum(row["outliers"] for row in whole["acquisitions"])
    unfinished.done[np.flatnonzero(before)[0]] = False
    del unfinished
    resumed = run(*arguments, tmp_path / "s.parcels").values
    assert resumed["acquisitions"] == whole["acquisitions"]
    assert resumed["acquisitions"][MISSED]["outliers"] > 300
    stores = [open_store(tmp_path / name) for name in ("s.parcels", "whole.parcels")]
    for name in ("reflectance", "clear", "position"):
        np.testing.assert_array_equal(*(store.array(name) for store in stores))


def test_the_report_says_what_was_taken_out(season, tmp_path):
    run("extract", *season.source, "-o", tmp_path / "s.parcels", "--remove-outliers")
    arguments = ("--model", "random-forest", "--class-field", "crop", "--min-samples", 5)
    run("train", tmp_path / "s.parcels", "-o", tmp_path / "m.cropmodel", *arguments)
    document = json.loads(Path(tmp_path / "m_report.json").read_text(encoding="utf-8"))
    removed = document["acquisitions"][MISSED]["outliers"]
    assert removed > 300
    page = (tmp_path / "m_report.html").read_text(encoding="utf-8")
    assert f"{removed:,} observations" in page
    assert document["provenance"]["filling"] == "linear, outliers removed"


def test_bands_that_the_test_in_time_needs(season, tmp_path):
    names = ",".join(band if band != "B11" else "B01" for band in BANDS)
    for path in sorted(season.source[0].glob("*.tif")):
        (tmp_path / "i").mkdir(exist_ok=True)
        import rasterio

        with rasterio.open(path) as image:
            write_raster(tmp_path / "i" / path.name, image.read()[:9], names.split(",")[:9])
    with pytest.raises(MissingBands):
        run("extract", tmp_path / "i", season.source[1], "-o", tmp_path / "s.parcels", "--remove-outliers")
