"""A layer of odd parcels through the whole job: as many rows out as in, in order, each oddity counted and reported."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import geopandas
import geopandas.testing
import numpy as np
import pandas
import pytest
import rasterio.features
import shapely

from backend import errors
from backend.series.store import open_store
from tests.backend.commands.conftest import run
from tests.backend.ground import CRS, FLANDERS, X0, Y0, ZURICH, write_raster
from tests.backend.recorder import Recorder

SQUARE = shapely.box(X0 + 100, Y0 - 200, X0 + 200, Y0 - 100)
ODD = {
    "fine": (shapely.box(X0 + 300, Y0 - 200, X0 + 400, Y0 - 100), "ok", ""),
    "null": (None, "invalid_geometry", "missing"),
    "twin": (SQUARE, "ok", "duplicate,overlapping"),
    "other twin": (SQUARE, "ok", "duplicate,overlapping"),
    "bow-tie": (
        shapely.Polygon([(X0 + 300, Y0 - 300), (X0 + 380, Y0 - 380), (X0 + 380, Y0 - 300), (X0 + 300, Y0 - 380)]),
        "ok", "repaired",
    ),
    "point": (shapely.Point(X0 + 50, Y0 - 50), "invalid_geometry", "no_polygon"),
    "strip": (shapely.box(X0 + 401, Y0 - 500, X0 + 418, Y0 - 420), "ok", "narrow"),
    "in degrees": (shapely.box(3, 45, 3.001, 45.001), "outside", "narrow"),
    "empty": (shapely.Polygon(), "invalid_geometry", "missing"),
}  # fmt: skip


def odd_layer(path):
    geometries = [geometry for geometry, *_ in ODD.values()]
    geopandas.GeoDataFrame({"kind": list(ODD)}, geometry=geometries, crs=CRS).to_parquet(path)
    return path


def test_none_is_lost_and_each_is_reported(region, tmp_path):
    parcels, reporter = odd_layer(tmp_path / "odd.parquet"), Recorder()
    store, output = tmp_path / "odd.parcels", tmp_path / "o.gpkg"
    options = ("--model", region.model, "-o", output, "--store", store, "--device", "cpu", "--inner-buffer-m", 10)
    values = run("classify", region.images, parcels, *options, reporter=reporter).values
    found = geopandas.read_file(output)
    assert found["kind"].tolist() == list(ODD)
    assert found["quality"].tolist() == [quality for _, quality, _ in ODD.values()]
    index = open_store(store).index
    assert index["outline"].tolist() == [outline for *_, outline in ODD.values()]
    counts = {"missing": 2, "no_polygon": 1, "repaired": 1, "duplicate": 2, "overlapping": 2, "narrow": 2}
    assert values["outlines"] == counts
    notes = json.loads(Path(values["report"]).with_suffix(".json").read_text())["notes"]
    assert "1 parcels: the outline is a point or a line." in notes
    assert {f"parcels.{name}" for name in counts} <= {warning[0] for warning in reporter.warnings}
    manifest = json.loads((store / "manifest.json").read_text())
    assert (manifest["inputs"]["inner_buffer_m"], manifest["inputs"]["encoding"]) == (10, "")


def test_a_database_is_refused_with_what_to_do(region, tmp_path):
    with pytest.raises(errors.ParcelsInDatabase):
        run("extract", region.images, "MYSQL:lpis,password=s3cret", "-o", tmp_path / "s.parcels")
    assert not list(tmp_path.iterdir())


def test_a_store_cannot_be_given_other_edges(region, tmp_path):
    with pytest.raises(errors.BadArgument):
        run("classify", region.store, "--model", region.model, "-o", tmp_path / "o.gpkg", "--inner-buffer-m", 5)


def by_rasterio(geometry, transform, shape):
    mask = rasterio.features.geometry_mask([geometry], shape, transform, all_touched=False, invert=True)
    return int(mask.sum())


def images_over(folder, bounds, crs, dates=("20190401", "20190601")):
    """Two small made-up images that cover the bounds; gives their transform and shape."""
    xmin, ymin, xmax, ymax = np.array([np.floor(bounds[:2]), np.ceil(bounds[2:])]).ravel()
    left, top = 10 * np.floor(xmin / 10), 10 * np.ceil(ymax / 10)
    shape = (int(np.ceil((top - ymin) / 10)), int(np.ceil((xmax - left) / 10)))
    for date in dates:
        values = np.random.default_rng(0).integers(1, 6000, (1, *shape)).astype(np.uint16)
        write_raster(
            folder / f"S2_{date}.tif", np.repeat(values, 10, 0), corner=(left, top), crs=crs, compress="deflate",
            tiled=True, names=("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),
        )  # fmt: skip
    return rasterio.transform.from_origin(left, top, 10, 10), shape


def counts_by_rasterio(table, transform, shape):
    """Pixel centres inside each outline, each in a window of its own."""
    counts = []
    for geometry in table.geometry:
        window = rasterio.features.geometry_window(_Frame(transform, shape), [geometry])
        corner = rasterio.windows.transform(window, transform)
        counts.append(by_rasterio(shapely.make_valid(geometry), corner, (int(window.height), int(window.width))))
    return np.array(counts)


class _Frame:
    """The little of a dataset that geometry_window asks for."""

    def __init__(self, transform, shape):
        self.transform, self.height, self.width = transform, *shape
        self.gcps, self.rpcs = ([], None), None


@pytest.mark.skipif(not ZURICH.exists(), reason="the Zurich parcels are not beside this checkout")
def test_zurich_s_outlines_none_lost_and_counts_as_rasterio(tmp_path):
    path = next(ZURICH.glob("*.shp"))
    table = geopandas.read_file(path)
    transform, shape = images_over(tmp_path / "images", table.total_bounds, table.crs.to_string())
    values = run("extract", tmp_path / "images", path, "-o", tmp_path / "z.parcels").values
    index = pandas.read_parquet(tmp_path / "z.parcels" / "index.parquet")
    assert len(index) == values["parcels"] == len(table) == 4781
    assert values["quality"].keys() <= {"ok", "few_pixels", "partly_outside"}
    expected = counts_by_rasterio(table, transform, shape)
    centred = ~index["by_touch"].to_numpy()
    assert (index["n_pixels"].to_numpy()[centred] == expected[centred]).all()
    assert (expected[~centred] == 0).all()
    assert (~centred).sum() == 48
    kept = geopandas.read_parquet(tmp_path / "z.parcels" / "parcels.parquet").reset_index(drop=True)
    geopandas.testing.assert_geodataframe_equal(kept, table, check_dtype=False)


@pytest.mark.skipif(not FLANDERS.exists(), reason="the Flemish parcels are not beside this checkout")
def test_flemish_outlines_as_rasterio(tmp_path):
    table = geopandas.read_file(FLANDERS / "parcels.gpkg")
    transform, shape = images_over(tmp_path / "images", table.total_bounds, table.crs.to_string())
    run("extract", tmp_path / "images", FLANDERS / "parcels.gpkg", "-o", tmp_path / "f.parcels")
    index = pandas.read_parquet(tmp_path / "f.parcels" / "index.parquet")
    assert len(index) == len(table) == 19
    assert index["n_pixels"].tolist() == counts_by_rasterio(table, transform, shape).tolist()
