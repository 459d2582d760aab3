"""`import`, and what follows: each published layout trains and classifies, and so does the real Canadian series."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest

from backend.errors import NoPositions
from backend.models import MODELS
from backend.parcels.predictions import FIELDS
from backend.vocabulary import BANDS
from tests.backend.commands.conftest import run
from tests.backend.published import layouts
from tests.backend.published.layouts import CANADA, write_npz, write_patches, write_pixel_sets
from tests.backend.recorder import Recorder

SMALLEST = {"patch": "cnn-gru-0.7", "statistics": "gru", "pixel_set": "pse-ltae-small", "observations": "dated-gru"}


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A store of each layout, by the outcome of its import."""
    folder = tmp_path_factory.mktemp("published")
    write_npz(folder / "series.npz")
    layouts.long(*layouts.series()).to_parquet(folder / "long.parquet")
    sources = {
        "patches": write_patches(folder / "patches").path,
        "pixel sets": write_pixel_sets(folder / "sets").path,
        "npz": folder / "series.npz",
        "long table": folder / "long.parquet",
    }
    return {
        name: run("import", source, "-o", folder / f"{name}.parcels", "--nodata", 65535)
        for name, source in sources.items()
    }


def trained(store, field, model, output, *more):
    arguments = ("--model", model, "--class-field", field, "--epochs", 1, "--batch-size", 6, "--device", "cpu")
    return run("train", store, "-o", output, *arguments, *more)


def test_the_outcome_gives_the_paths(stores):
    values = stores["pixel sets"].values
    assert values["fields"] == ["id", "label_19class", "label_44class"]
    assert (values["parcels"], values["bands"], values["positions"]) == (18, list(BANDS), False)
    assert values["dates"] == list(layouts.ISO)
    assert "18 samples" in stores["npz"].text


@pytest.mark.parametrize(
    ("layout", "view"),
    [("patches", "patch"), ("pixel sets", "pixel_set"), ("npz", "statistics"), ("long table", "observations")],
)
def test_each_layout_trains_and_classifies(layout, view, stores, tmp_path):
    model, store = SMALLEST[view], stores[layout].values["store"]
    assert MODELS[model].view == view
    field = "crop" if layout in ("npz", "long table") else "label_44class"
    values = trained(store, field, model, tmp_path / "a.cropmodel").values
    assert {crop["code"] for crop in values["classes"]} == ({"0", "1", "2"} if field == "crop" else {"3", "4", "5"})
    output = tmp_path / ("out.gpkg" if layout == "pixel sets" else "out.csv")
    found = run("classify", store, "--model", tmp_path / "a.cropmodel", "-o", output, "--truth", field).values
    table = pyogrio.read_dataframe(output)
    compared = sum(group["parcels"] for group in found["judged"])
    assert (found["classified"], compared, len(table)) == (18, 18, 18)
    assert set(FIELDS) <= set(table.columns)
    assert table["confidence"].astype(float).between(1 / 3, 1).all()


def test_points_and_fields_come_back(stores, tmp_path):
    store = stores["npz"].values["store"]
    trained(store, "crop", "gru", tmp_path / "a.cropmodel", "--split", "group", "--split-field", "cell")
    _, fields = layouts.series()
    for ending in ("gpkg", "shp"):
        run("classify", store, "--model", tmp_path / "a.cropmodel", "-o", tmp_path / f"out.{ending}")
        table = geopandas.read_file(tmp_path / f"out.{ending}")
        pandas.testing.assert_frame_equal(pandas.DataFrame(table[fields.columns]), fields, check_dtype=False)
        np.testing.assert_allclose(table.geometry.y, fields["lat"])
        assert table.crs.to_epsg() == 4326
    assert not list(tmp_path.glob("out*.png"))  # a map of points would be an empty sheet


def test_labels_go_through_a_class_table(stores, tmp_path):
    table = tmp_path / "classes.csv"
    table.write_text("code,name,class,colour\n3,three,Low,\n4,four,Low,\n5,five,High,#336699\n")
    store = stores["patches"].values["store"]
    values = trained(store, "label_44class", "gru", tmp_path / "a.cropmodel", "--class-table", table).values
    assert [(crop["name"], crop["code"]) for crop in values["classes"]] == [("Low", "low"), ("High", "high")]


def test_a_patch_model_on_pixels_without_positions_says_what_to_take(stores, tmp_path):
    with pytest.raises(NoPositions, match="no positions"):
        trained(stores["pixel sets"].values["store"], "label_44class", "cnn", tmp_path / "a.cropmodel")


@pytest.mark.skipif(not CANADA.exists(), reason=f"the real series are not at {CANADA}")
@pytest.mark.parametrize("source", ["aafc2017_month.npz", "test_long_parquet_2017_CAN_AAFC-ACIGTD.parquet"])
def test_the_real_canadian_series(source, tmp_path):
    """Months are dated by the day before they begin, so 15 days later is their middle; 12 of 20 are of 2017."""
    reporter = Recorder()
    year = ("--shift-days", 15, "--start", "2017-01-01", "--end", "2017-12-31", "--nodata", 65535)
    values = run("import", CANADA / source, "-o", tmp_path / "a.parcels", *year, reporter=reporter).values
    assert values["dates"] == [f"2017-{month:02d}-15" for month in range(1, 13)]
    assert values["bands"] == [band for band in BANDS if band != "B8A"]
    assert (values["parcels"], values["quality"]) == (3621, {"ok": 3621})
    assert any("VH" in line and "VV" in line for line in reporter.logs)
    _compare_with_the_file(tmp_path / "a.parcels")


def _compare_with_the_file(store):
    with np.load(CANADA / "aafc2017_month.npz") as file:
        truth = file["X"][:, :12, :9]
    labels = pandas.read_csv(CANADA / "aafc2017_month_labels.csv")
    index = pandas.read_parquet(store / "index.parquet")
    order = pandas.Index(labels["sample_id"]).get_indexer(index["parcel_id"])
    seen = (truth != 65535).all(axis=2)[order]
    series, clear = np.load(store / "reflectance.npy"), np.load(store / "clear.npy")
    np.testing.assert_array_equal(clear, seen)
    np.testing.assert_array_equal(series[seen], np.minimum(truth[order][seen], 32767))
    parcels = geopandas.read_parquet(store / "parcels.parquet")
    np.testing.assert_allclose(parcels.geometry.x, labels["lon"].iloc[order], atol=1e-6)
    assert parcels["h3_l3_cell"].tolist() == labels["h3_l3_cell"].iloc[order].tolist()
