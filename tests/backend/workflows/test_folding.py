"""Splits by square, field and year through `train`, and several seasons in one training."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from backend.errors import BadArgument, MissingField, NoOutlines, TooFewGroups
from backend.models.bundle import ModelBundle
from backend.series.store import Store, open_store
from backend.series.views import dataset_for
from backend.workflows.folding import FoldingOptions, folding_of
from backend.workflows.seasons import Seasons
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder

FOREST = ("--class-field", "CODE_CULTU", "--model", "random-forest")


@pytest.fixture(scope="module")
def other_season(region, tmp_path_factory):
    """The same images called those of 2018, a few days later, in a store of their own."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "images").mkdir()
    for image in region.images.iterdir():
        day = image.stem[-8:]
        (folder / "images" / f"S2_2018{day[4:6]}{int(day[6:]) + 4:02d}.tif").symlink_to(image)
    run("extract", folder / "images", region.parcels, "-o", folder / "later.parcels")
    return folder / "later.parcels"


def options(split: str, field: str | None = None, size: float = 200.0) -> FoldingOptions:
    return FoldingOptions(split, size, field)


def test_parcels_of_one_square_stay_together(region):
    folding = folding_of(options("blocks"), Seasons.open([region.store]))
    assert folding.name == "by squares of 200 m"
    centres = geopandas.read_file(region.parcels).geometry[:36].centroid
    squares = list(zip((centres.x // 200).astype(int), (centres.y // 200).astype(int)))
    same = folding.groups[:36, None] == folding.groups[None, :36]
    assert np.array_equal(same, [[one == other for other in squares] for one in squares])
    assert folding.groups[37] not in folding.groups[:37]  # the parcel without an outline


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:2263"])
@pytest.mark.parametrize("strays", [0, 1])  # one that came to lie on the equator does not move the others
def test_squares_are_measured_on_the_ground(region, crs, strays):
    """Of degrees, Web Mercator or feet they are laid on the UTM zone, so that they hold the same neighbours."""
    store = open_store(region.store)

    class Turned(Store):
        def tables(self):
            (table,) = super().tables()
            outlines = table.geometry.to_crs(crs)[strays:]
            return [table.set_geometry([*[shapely.box(0, 0, 1, 1)] * strays, *outlines], crs=crs)]

    turned = Turned(store.path, store.manifest, store.index)
    plain, other = (folding_of(options("blocks"), Seasons((one,))).groups[strays:36] for one in (store, turned))
    assert np.array_equal(plain[:, None] == plain, other[:, None] == other)


def test_the_distance_of_parcels_in_web_mercator_is_geodesic(region):
    store = open_store(region.store)

    class Mercator(Store):
        def tables(self):
            return [table.to_crs("EPSG:3857") for table in super().tables()]

    centres = geopandas.read_file(region.parcels).geometry[:36].centroid.to_crs("EPSG:4326")
    points = Seasons((Mercator(store.path, store.manifest, store.index),)).points()[:36]
    *_, expected = pyproj.Geod(ellps="WGS84").inv(
        centres.x[:1].repeat(35), centres.y[:1].repeat(35), centres.x[1:], centres.y[1:]
    )
    np.testing.assert_allclose(np.hypot(*(points[1:] - points[0]).T), expected, rtol=1e-3)


def test_parcels_without_a_location_cannot_be_split_by_location(region):
    store = open_store(region.store)

    class Nowhere(Store):
        def tables(self):
            return [table.set_geometry([None] * 38, crs=table.crs) for table in super().tables()]

    class Unknown(Store):
        def tables(self):
            return [table.set_crs(None, allow_override=True) for table in super().tables()]

    for kind in (Nowhere, Unknown):
        with pytest.raises(NoOutlines, match="squares"):
            folding_of(options("blocks"), Seasons((kind(store.path, store.manifest, store.index),)))


def test_a_field_groups_by_its_values(region):
    folding = folding_of(options("group", "CODE_CULTU"), Seasons.open([region.store]))
    values = geopandas.read_file(region.parcels)["CODE_CULTU"]
    assert folding.name == "by CODE_CULTU"
    assert [len(set(folding.groups[values == code])) for code in ("BTH", "MIS", "PPH")] == [1, 1, 1]
    assert folding.groups[37] == -1


def test_options_that_do_not_go_together(region):
    seasons = Seasons.open([region.store])
    with pytest.raises(BadArgument, match="split_field"):
        folding_of(options("group"), seasons)
    with pytest.raises(BadArgument, match="--split blocks"):
        folding_of(options("blocks", "note"), seasons)
    with pytest.raises(MissingField, match="commune"):
        folding_of(options("group", "commune"), seasons)


def test_a_training_by_squares_tests_every_parcel_and_says_how_it_was_split(region, tmp_path):
    model = tmp_path / "m.cropmodel"
    split = ("--split", "blocks", "--block-size-m", 200, "--folds", 5)
    outcome = run("train", region.store, "-o", model, *FOREST, *split)
    assert outcome.values["scores"]["parcels"] == 36
    assert ModelBundle.load(model).provenance["split"] == "by squares of 200 m"
    report = json.loads((tmp_path / "m_report.json").read_text())
    assert report["provenance"]["split"] == "by squares of 200 m"
    assert report["fold_scores"] == outcome.values["fold_scores"]
    assert [row["fold"] for row in report["fold_scores"]] == [1, 2, 3, 4, 5]
    right = sum(row["oa"] * row["parcels"] for row in report["fold_scores"])
    assert right / 36 == pytest.approx(outcome.values["scores"]["oa"])
    assert "Over 5 folds, mean ± standard deviation: overall accuracy" in outcome.text
    with pytest.raises(TooFewGroups):
        run("train", region.store, "-o", model, *FOREST, "--split", "blocks", "--block-size-m", 10_000)


def test_one_season_is_tested_and_the_other_trains(region, other_season, tmp_path):
    recorder = Recorder()
    arguments = (*FOREST, "--split", "year", "--folds", 2)
    outcome = run("train", region.store, other_season, "-o", tmp_path / "m.cropmodel", *arguments, reporter=recorder)
    assert outcome.values["scores"]["parcels"] == 72
    bundle = ModelBundle.load(tmp_path / "m.cropmodel")
    assert bundle.provenance["split"] == "by year"
    assert bundle.provenance["folds"] == "2 of 2"
    assert bundle.provenance["season"] == "2017; 2018"
    assert bundle.calendar == open_store(region.store).days
    report = json.loads((tmp_path / "m_report.json").read_text())
    assert sum(row["parcels"] for row in report["flags"]) == 2 * 38
    assert len(report["acquisitions"]) == 10
    assert sum(row["parcels"] for row in report["breakdown"]) == 2 * 37


def test_a_single_season_has_no_year_to_leave_out(region, tmp_path):
    with pytest.raises(TooFewGroups, match="by year"):
        run("train", region.store, "-o", tmp_path / "m.cropmodel", *FOREST, "--split", "year")


@pytest.mark.parametrize("view", ["statistics", "patch", "pixel_set"])
def test_joined_seasons_serve_each_its_own_parcels(region, other_season, view):
    import torch

    first, second = open_store(region.store), open_store(other_season)
    dataset = Seasons((first, second)).dataset(view)
    assert (len(dataset), dataset.days, dataset.bands) == (76, first.days, first.bands)
    own, carried = dataset_for(view, first), dataset_for(view, second, first.days)
    assert np.array_equal(dataset.usable, [*own.usable, *carried.usable])
    rows = np.array([40, 3, 39, 0, 73, 20])
    found = dataset.batch(rows, torch.device("cpu"))
    for place, row in enumerate(rows):
        alone = own.batch(np.array([row]), torch.device("cpu")) if row < 38 else None
        alone = alone or carried.batch(np.array([row - 38]), torch.device("cpu"))
        assert torch.equal(found.values[place], alone.values[0])
        assert (found.mask is None) == (alone.mask is None)
        assert found.mask is None or torch.equal(found.mask[place], alone.mask[0])


def test_joined_mean_and_std_are_those_of_all_parcels_together(region, other_season):
    import torch

    dataset = Seasons((open_store(region.store), open_store(other_season))).dataset("statistics")
    rows = np.array([0, 4, 5, 9, 38, 44, 70])
    values = dataset.batch(rows, torch.device("cpu")).values.double().numpy()
    mean, std = dataset.mean_std(rows)
    np.testing.assert_allclose(mean, values.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std, values.std(axis=0), rtol=1e-5, atol=1e-9)


def test_centres_of_broken_outlines_are_found(region):
    store = open_store(region.store)
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 101)])

    class Broken(Store):
        def tables(self):
            (table,) = super().tables()
            return [table.set_geometry([bow, *table.geometry[1:]], crs=table.crs)]

    points = Seasons((Broken(store.path, store.manifest, store.index),)).points()
    assert points.shape == (38, 2)
    assert np.isfinite(points[0]).all()
    assert np.isnan(points[37]).all()
