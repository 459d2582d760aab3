"""Images of another part of the season than a model's, or another store's: refused before anything long is read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

import backend
from backend.errors import SeasonsDoNotOverlap
from backend.workflows.season_overlap import ImageSeason
from tests.backend.recorder import Recorder


def dated(region, folder: Path, year: int, month: int = 0) -> Path:
    """The region's images, called those of another year, or all of one month."""
    folder.mkdir()
    for number, image in enumerate(sorted(region.images.iterdir())):
        day = image.stem[-8:]
        name = f"{year}{month:02d}{number + 1:02d}" if month else f"{year}{day[4:]}"
        (folder / f"S2_{name}.tif").symlink_to(image)
    return folder


def test_a_model_of_summer_and_images_of_the_winter_before(region, tmp_path):
    images = dated(region, tmp_path / "images", 2016, 12)  # season 2017 by its dates
    options = {"device": "cpu", "store": tmp_path / "s.parcels"}
    with pytest.raises(SeasonsDoNotOverlap, match="none near the dates of the model") as refused:
        backend.classify(images, region.model, tmp_path / "o.gpkg", region.parcels, **options)
    assert "--season 2016" not in refused.value.advice  # days of December are after the model's last, too
    assert not (tmp_path / "s.parcels").exists()  # no image was read


def test_the_year_that_would_fit_is_named(region, tmp_path):
    images = dated(region, tmp_path / "images", 2017)
    with pytest.raises(SeasonsDoNotOverlap) as refused:
        backend.classify(images, region.model, tmp_path / "o.gpkg", region.parcels, season=2018, device="cpu")
    assert "--season 2017" in refused.value.advice
    assert refused.value.fields["season"] == 2018
    made = backend.classify(images, region.model, tmp_path / "o.gpkg", region.parcels, season=2017, device="cpu")
    assert made.classified == 36


def test_stores_of_one_crop_year_that_got_different_years(region, tmp_path):
    """Training carried the second store onto the days of the first: every value was that of one image."""
    backend.extract(region.images, region.parcels, tmp_path / "other.parcels", season=2018)
    stores = [region.store, tmp_path / "other.parcels"]
    for call in (
        lambda: backend.train(stores, "CODE_CULTU", tmp_path / "m.cropmodel", model="random-forest"),
        lambda: backend.experiment("table2", tmp_path / "x", stores, "CODE_CULTU", models="gru"),
    ):
        with pytest.raises(SeasonsDoNotOverlap, match="the first store"):
            call()
    assert not (tmp_path / "m.cropmodel").exists()


def test_dates_that_the_images_lack_are_counted():
    season, recorder = ImageSeason("images", 2018, 60, 200), Recorder()
    assert season.outside([44, 45, 215, 216]) == [44, 216]  # 15 days past the images are near enough
    season.warn_of_gaps([44, 45, 215, 216], "the model", recorder)
    (warning,) = recorder.warnings
    assert warning[0] == "season.not_covered" and "2 of the 4 dates of the model" in warning[1]
    season.require_overlap([44, 45], "the model")
    with pytest.raises(SeasonsDoNotOverlap):
        season.require_overlap([44, 216], "the model")
