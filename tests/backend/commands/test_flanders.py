"""The whole job on real images: 118 dates of Flanders 2017-2018, 10 bands, Sen2Cor masks, 19 parcels.

Expected figures are computed here from the rasters, without the engine.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from datetime import date, timedelta

import geopandas
import numpy as np
import pytest
import rasterio
import torch
from rasterio.features import rasterize

from backend.series.store import open_store
from backend.series.views import StatisticsDataset
from tests.backend.commands.conftest import run
from tests.backend.ground import FLANDERS

pytestmark = pytest.mark.skipif(not FLANDERS.exists(), reason="the Flanders images are not beside this checkout")
RED, NIR = 2, 6


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flanders")
    source = (FLANDERS / "s2", FLANDERS / "parcels.gpkg", "--masks", FLANDERS / "scl")
    run("extract", *source, "-o", folder / "f.parcels")
    return folder


@pytest.fixture(scope="module")
def ndvi():
    """Days of 2018 and the mean NDVI course of every parcel, from the rasters: `(days,)`, `(parcels, days)`."""
    parcels = geopandas.read_file(FLANDERS / "parcels.gpkg")
    days, red, nir, clear = [], [], [], []
    for path in sorted((FLANDERS / "s2").glob("*.tif")):
        stamp = path.stem[-8:]
        days.append((date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:])) - date(2018, 1, 1)).days)
        with rasterio.open(path) as image, rasterio.open(FLANDERS / "scl" / f"SCL_{stamp}.tif") as scl:
            counts, transform = image.read().astype(float), image.transform
            seen = np.isin(np.kron(scl.read(1), np.ones((2, 2), int)), (4, 5, 6, 7)) & (counts > 0).all(axis=0)
        red.append(counts[RED]), nir.append(counts[NIR]), clear.append(seen)
    ids = rasterize([(g, n + 1) for n, g in enumerate(parcels.geometry)], (64, 64), transform=transform)
    courses = []
    for number in range(1, len(parcels) + 1):
        inside = ids == number
        filled = [
            [
                np.interp(days, np.array(days)[c], s[c])
                for c, s in zip(np.array(clear)[:, inside].T, np.array(band)[:, inside].T)
            ]
            for band in (red, nir)
        ]
        r, n = (np.mean(band, axis=0) for band in filled)
        courses.append((n - r) / (n + r))
    return np.array(days), np.array(courses)


def test_all_acquisitions_are_found_with_their_clear_share():
    values = run("inspect", FLANDERS / "s2", "--masks", FLANDERS / "scl").values
    with (FLANDERS / "dates.csv").open() as file:
        stated = {row["datetime"][:10]: float(row["clear_frac"]) for row in csv.DictReader(file)}
    assert len(values["acquisitions"]) == 118
    assert values["season"] == 2018
    for row in values["acquisitions"]:
        assert row["clear_share"] == pytest.approx(stated[row["date"]], abs=2e-3), row["date"]


def test_no_parcel_is_lost_and_pixels_are_counted_right(work):
    store = open_store(work / "f.parcels")
    assert store.index["n_pixels"].tolist() == geopandas.read_file(FLANDERS / "parcels.gpkg")["n_pix"].tolist()
    assert store.reflectance.shape == (2236, 118, 10)


def test_ndvi_courses_are_those_of_the_rasters(work, ndvi):
    store = open_store(work / "f.parcels")
    days, expected = ndvi
    assert list(store.days) == days.tolist()
    means = StatisticsDataset(store).batch(np.arange(19), torch.device("cpu")).values.numpy()
    found = (means[:, :, NIR] - means[:, :, RED]) / (means[:, :, NIR] + means[:, :, RED])
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_maize_is_bare_in_may_green_in_july_and_gone_in_october(work):
    """What anyone in Flanders would say of maize, on the four maize parcels."""
    store = open_store(work / "f.parcels")
    maize = np.flatnonzero(store.parcels()["ct_name"].to_numpy() == "Maize")
    means = StatisticsDataset(store).batch(maize, torch.device("cpu")).values.numpy().mean(axis=0)
    course = (means[:, NIR] - means[:, RED]) / (means[:, NIR] + means[:, RED])
    month = np.array([(date(2018, 1, 1) + timedelta(days)).month for days in store.days])
    year = np.array([(date(2018, 1, 1) + timedelta(days)).year for days in store.days])
    by_month = {m: course[(month == m) & (year == 2018)] for m in (5, 7, 10)}
    assert np.median(by_month[5]) < 0.45
    assert np.median(by_month[7]) > 0.65
    assert np.median(by_month[10]) < np.median(by_month[7]) - 0.1


def test_train_and_classify_to_the_end(work):
    arguments = ("--class-field", "lc_code", "--min-samples", 5, "--epochs", 3, "--model", "gru", "--device", "cpu")
    run("train", work / "f.parcels", "-o", work / "f.cropmodel", *arguments)
    source = (FLANDERS / "s2", FLANDERS / "parcels.gpkg", "--masks", FLANDERS / "scl")
    run(
        "classify",
        *source,
        "--model",
        work / "f.cropmodel",
        "-o",
        work / "f.gpkg",
        "--truth",
        "lc_code",
        "--device",
        "cpu",
    )
    layer = geopandas.read_file(work / "f.gpkg")
    assert len(layer) == 19
    assert layer["crop_code"].notna().all()
    assert set(layer["quality"]) == {"ok", "few_pixels"}
