"""`export`: every format holds what the classified layer held, and says what it could not hold; whole or not at all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels.layer_style import LayerStyle
from backend.vocabulary import CropClass
from tests.backend.commands.conftest import run
from tests.backend.ground import CRS, X0, Y0
from tests.backend.recorder import Recorder

CODES = ["BTH", "MIS", None, "BTH", "PPH"]
BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(5)]
LONG = "name of the holding é"


class Listener(Recorder):
    """Keeps the fields of the warnings, by their code."""

    def __init__(self) -> None:
        super().__init__()
        self.warned: dict[str, dict[str, object]] = {}

    def warning(self, code: str, /, **fields: object) -> None:
        super().warning(code, **fields)
        self.warned[code] = fields


@pytest.fixture
def crops(tmp_path) -> Path:
    """A classified layer of five parcels, one of them without a class."""
    path = tmp_path / "crops.gpkg"
    fields = {
        "parcel": [11, 12, 13, 14, 15],
        LONG: ["Hof Ö", "b", None, "d", "e"],
        "crop_code": CODES,
        "crop_name": ["Wheat", "Maize", None, "Wheat", "Meadow"],
        "confidence": [0.9, 0.4, np.nan, 0.7, 0.95],
        "quality": ["ok", "ok", "outside", "few_pixels", "ok"],
    }
    pyogrio.write_dataframe(geopandas.GeoDataFrame(fields, geometry=BOXES, crs=CRS), path, layer="crops")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def read(path: Path, layer: str | None = None) -> geopandas.GeoDataFrame:
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    return pyogrio.read_dataframe(path, layer=layer or path.stem)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "parquet", "fgb", "csv"])
def test_every_format_holds_the_same_values(crops, tmp_path, ending):
    output = tmp_path / "out" / f"x.{ending}"
    values = run("export", crops, "-o", output).values
    found, own = read(output), read(crops)
    assert (values["parcels"], values["left_out"], len(found)) == (5, 0, 5)
    assert [code or None for code in found["crop_code"].astype(object).where(found["crop_code"].notna(), None)] == CODES
    confidence = pandas.to_numeric(found["confidence"])
    np.testing.assert_array_equal(confidence, own["confidence"])
    assert found["parcel"].astype(int).tolist() == own["parcel"].tolist()
    text = found[values["renamed"].get(LONG, LONG)]
    assert text[0] == "Hof Ö"
    outlines = shapely.from_wkt(found["WKT"]) if ending == "csv" else found.geometry
    assert all(a.equals_exact(b, 1e-6) or a.equals(b) for a, b in zip(outlines, BOXES, strict=True))
    assert ending == "csv" or found.crs == CRS


def test_a_shapefile_maps_the_names_that_it_cuts_and_has_a_class_table(crops, tmp_path):
    recorder = Listener()
    values = run("export", crops, "-o", tmp_path / "x.shp", reporter=recorder).values
    assert values["renamed"] == {LONG: "name of th"}
    assert rows(tmp_path / "x_fields.csv") == [{"field": LONG, "written_as": "name of th"}]
    assert read(tmp_path / "x.shp")["name of th"].tolist()[:2] == ["Hof Ö", "b"]
    assert (tmp_path / "x.cpg").read_text() == "UTF-8"
    assert recorder.warned["output.field_renamed"] == {"names": [f"{LONG} as name of th"]}
    table = rows(tmp_path / "x_classes.csv")
    assert [(row["code"], row["name"]) for row in table] == [("BTH", "Wheat"), ("MIS", "Maize"), ("PPH", "Meadow")]
    assert len({row["colour"] for row in table}) == 3 and all(row["colour"].startswith("#") for row in table)
    assert values["class_table"] == str(tmp_path / "x_classes.csv")


def test_a_table_of_names_of_an_earlier_export_goes(crops, tmp_path):
    run("export", crops, "-o", tmp_path / "x.shp")
    values = run("export", crops, "-o", tmp_path / "x.shp", "--fields", "parcel,crop_code").values
    assert values["field_table"] is None and not (tmp_path / "x_fields.csv").exists()
    assert list(read(tmp_path / "x.shp").columns) == ["parcel", "crop_code", "geometry"]


def test_types_that_a_shapefile_lacks_are_reported(crops, tmp_path):
    layer = read(crops).assign(seen=pandas.to_datetime(["2018-05-01 10:30"] * 5))
    pyogrio.write_dataframe(layer, tmp_path / "t.gpkg")
    recorder = Listener()
    run("export", tmp_path / "t.gpkg", "-o", tmp_path / "t.shp", reporter=recorder)
    assert recorder.warned["output.as_text"] == {"names": ("seen",)}
    assert read(tmp_path / "t.shp")["seen"][0].startswith("2018-05-01T10:30")
    other = Listener()
    run("export", tmp_path / "t.gpkg", "-o", tmp_path / "t.fgb", reporter=other)
    assert "output.as_text" not in other.warned


def test_only_parcels_of_a_quality_and_a_confidence(crops, tmp_path):
    more = ("--qualities", "ok,few_pixels", "--min-confidence", 0.5)
    values = run("export", crops, "-o", tmp_path / "x.gpkg", *more).values
    assert read(tmp_path / "x.gpkg")["parcel"].tolist() == [11, 14, 15]
    assert (values["parcels"], values["left_out"]) == (3, 2)
    assert [crop["code"] for crop in values["classes"]] == ["BTH", "PPH"]
    values = run("export", crops, "-o", tmp_path / "y.gpkg", "--min-confidence", 0).values
    assert values["left_out"] == 1  # the parcel without a class


def test_nothing_left_is_an_error_and_writes_nothing(crops, tmp_path):
    with pytest.raises(errors.NoParcelsLeft, match="None of the 5 parcels"):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--qualities", "no_clear_observation")
    assert [path.name for path in tmp_path.iterdir()] == ["crops.gpkg"]
    with pytest.raises(errors.BadArgument, match="qualities"):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--qualities", "good")


def test_another_coordinate_system_is_pyproj_s(crops, tmp_path):
    run("export", crops, "-o", tmp_path / "x.gpkg", "--crs", "EPSG:4326")
    found = read(tmp_path / "x.gpkg")
    expected = geopandas.GeoSeries(BOXES, crs=CRS).to_crs(4326)
    assert found.crs.to_epsg() == 4326
    assert found.geometry.geom_equals_exact(expected, 1e-9).all()
    with pytest.raises(errors.BadArgument, match="crs"):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--crs", "EPSG:0")


def test_a_layer_is_added_to_a_geopackage_and_the_others_stay(crops, tmp_path):
    shared = tmp_path / "region.gpkg"
    pyogrio.write_dataframe(geopandas.GeoDataFrame({"a": [1]}, geometry=BOXES[:1], crs=CRS), shared, layer="precious")
    values = run("export", crops, "-o", shared, "--output-layer", "crops 2018").values
    assert values["layer"] == "crops 2018"
    assert set(pyogrio.list_layers(shared)[:, 0]) == {"precious", "crops 2018", "layer_styles"}
    assert read(shared, "precious")["a"].tolist() == [1]
    before = shared.read_bytes()
    with pytest.raises(errors.TableExists, match="crops 2018"):
        run("export", crops, "-o", shared, "--output-layer", "crops 2018")
    assert shared.read_bytes() == before
    more = ("--overwrite", "--qualities", "ok")
    run("export", crops, "-o", shared, "--output-layer", "crops 2018", *more)
    assert len(read(shared, "crops 2018")) == 3 and read(shared, "precious")["a"].tolist() == [1]
    assert [name for name, *_ in styles(shared)] == ["crops 2018"]


def test_a_layer_may_be_added_beside_the_one_that_is_read_but_not_replace_it(crops):
    run("export", crops, "-o", crops, "--output-layer", "sure", "--min-confidence", 0.8)
    assert read(crops, "sure")["parcel"].tolist() == [11, 15] and len(read(crops, "crops")) == 5
    with pytest.raises(errors.BadArgument, match="another file or layer than those that are read"):
        run("export", crops, "-o", crops, "--layer", "crops", "--overwrite")


def styles(path: Path) -> list[tuple]:
    query = "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_a_geopackage_has_a_style_of_the_classes(crops, tmp_path):
    results = tmp_path / "other.results"
    with pytest.raises(errors.NotFound):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--results", results)
    run("export", crops, "-o", tmp_path / "x.gpkg")
    run("export", crops, "-o", tmp_path / "x.gpkg")  # again: one style, not two
    ((name, column, default, qml),) = styles(tmp_path / "x.gpkg")
    assert (name, column, default) == ("x", "geom", 1)
    renderer = ElementTree.fromstring(qml.split("\n", 1)[1]).find("renderer-v2")
    assert renderer.get("attr") == "crop_code"
    categories = [(c.get("value"), c.get("label")) for c in renderer.find("categories")]
    assert categories == [("BTH", "Wheat"), ("MIS", "Maize"), ("PPH", "Meadow"), ("", "Not classified")]
    assert [symbol.get("type") for symbol in renderer.find("symbols")] == ["fill"] * 4


def test_without_the_codes_there_is_no_style(crops, tmp_path):
    run("export", crops, "-o", tmp_path / "x.gpkg", "--fields", "parcel,crop_name")
    assert list(pyogrio.list_layers(tmp_path / "x.gpkg")[:, 0]) == ["x"]


def test_a_style_of_points_has_markers_and_names_hold_no_expression():
    style = LayerStyle((CropClass("A", "50 [% 1 + 1 %] & <b>", "#ff8000"),))
    root = ElementTree.fromstring(style.qml(points=True).split("\n", 1)[1])
    assert root.find(".//symbol").get("type") == "marker"
    assert root.find(".//category").get("label") == "50 [ % 1 + 1 %] & <b>"
    colours = {option.get("name"): option.get("value") for option in root.findall(".//symbol[@name='0']//Option")}
    assert colours["color"] == "255,128,0,255"


def test_the_results_of_the_classification_give_the_colours(region, tmp_path):
    output = tmp_path / "c.gpkg"
    run("classify", region.store, "--model", region.model, "-o", output, "--device", "cpu")
    own = run("export", output, "-o", tmp_path / "x.shp").values
    elsewhere = tmp_path / "moved.gpkg"
    pyogrio.write_dataframe(read(output), elsewhere)
    given = run("export", elsewhere, "-o", tmp_path / "y.shp", "--results", tmp_path / "c.results").values
    trained = {crop["code"]: crop for crop in region.training.values["classes"]}
    assert own["classes"] == given["classes"]
    assert {c["code"]: c["colour"] for c in own["classes"]} == {
        c["code"]: trained[c["code"]]["colour"] for c in own["classes"]
    }
    assert read(tmp_path / "x.shp").shape == read(output).shape


def original(path: Path) -> Path:
    """The layer that was classified, without one parcel, with a new one, one twice and one without an identifier."""
    ids = [15, 11, 99, 13, 11, None]
    fields = {"parcel": pandas.array(ids, dtype="Int64"), "owner": list("abcdef"), "crop_code": ["old"] * 6}
    boxes = [BOXES[4], BOXES[0], shapely.box(0, 0, 9, 9), BOXES[2], BOXES[1], BOXES[3]]
    pyogrio.write_dataframe(geopandas.GeoDataFrame(fields, geometry=boxes, crs=CRS), path)
    return path


@pytest.mark.parametrize("ending", ["gpkg", "shp"])
def test_predictions_are_joined_to_the_original_layer_by_its_identifier(crops, tmp_path, ending):
    layer, recorder = original(tmp_path / "original.gpkg"), Listener()
    output = tmp_path / f"x.{ending}"
    values = run("export", crops, "-o", output, "--join", layer, "--id-field", "parcel", reporter=recorder).values
    found, own = read(output), read(layer)
    renamed = {"crop_code": "crop_cod_1"}
    assert values["renamed"] == renamed and values["joined"] == {
        "with_prediction": 4, "without_prediction": 2, "without_feature": 2,
    }  # fmt: skip
    expected = own.merge(
        read(crops).drop(columns=["geometry", LONG]).astype({"parcel": "float"}), on="parcel", how="left",
        suffixes=("_own", ""),
    )  # fmt: skip
    assert found["owner"].tolist() == list("abcdef") and found["crop_cod_1"].tolist() == ["old"] * 6
    for name in ("crop_code", "crop_name", "quality"):
        assert found[name].fillna("").tolist() == expected[name].fillna("").tolist()
    np.testing.assert_array_equal(found["confidence"].astype(float), expected["confidence"])
    assert found.geometry.geom_equals(own.geometry).all()
    warned = recorder.warned["export.unmatched"]
    assert warned == {"with_prediction": 4, "without_prediction": 2, "without_feature": 2}


def test_only_some_predictions_and_some_of_their_fields_are_joined(crops, tmp_path):
    layer, more = original(tmp_path / "original.gpkg"), ("--fields", "crop_code,parcel", "--min-confidence", 0.8)
    join = ("--join", layer, "--id-field", "parcel")
    values = run("export", crops, "-o", tmp_path / "x.gpkg", *join, *more).values
    assert values["fields"] == ["parcel", "owner", "crop_cod_1", "crop_code"]
    assert read(tmp_path / "x.gpkg")["crop_code"].fillna("").tolist() == ["PPH", "BTH", "", "", "BTH", ""]
    assert (values["left_out"], values["joined"]["with_prediction"]) == (3, 3)


def test_identifiers_that_repeat_among_predictions_cannot_be_joined(crops, tmp_path):
    layer = read(crops).assign(parcel=7)
    pyogrio.write_dataframe(layer, tmp_path / "same.gpkg")
    more = ("--join", crops, "--id-field", "parcel")
    with pytest.raises(errors.BadArgument, match="7 5 times"):
        run("export", tmp_path / "same.gpkg", "-o", tmp_path / "x.gpkg", *more)
    with pytest.raises(errors.BadArgument, match="id_field"):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--join", crops)
    with pytest.raises(errors.MissingField, match="nothing"):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--join", crops, "--id-field", "nothing")


def test_a_layer_that_is_not_classified_is_refused(crops, tmp_path):
    pyogrio.write_dataframe(read(crops)[["parcel", "geometry"]], tmp_path / "plain.gpkg")
    with pytest.raises(errors.MissingField, match="crop_code"):
        run("export", tmp_path / "plain.gpkg", "-o", tmp_path / "x.gpkg")
    with pytest.raises(errors.MissingField, match="none"):
        run("export", crops, "-o", tmp_path / "x.gpkg", "--fields", "none")


def test_a_table_without_outlines_is_exported(crops, tmp_path):
    pandas.DataFrame(read(crops).drop(columns="geometry")).to_csv(tmp_path / "crops.csv", index=False)
    run("export", tmp_path / "crops.csv", "-o", tmp_path / "x.gpkg", "--qualities", "ok")
    found = read(tmp_path / "x.gpkg")
    assert found["crop_name"].tolist() == ["Wheat", "Maize", "Meadow"]


def test_a_failure_leaves_what_was_there(crops, tmp_path, monkeypatch):
    run("export", crops, "-o", tmp_path / "x.gpkg")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LayerStyle, "add", fail)
    with pytest.raises(errors.DiskFull):
        run("export", crops, "-o", tmp_path / "x.gpkg")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_large_layer_is_written_a_chunk_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("backend.parcels.sources.chunk.FEATURES", 7)
    count = 50
    boxes = shapely.box(np.arange(count), 0, np.arange(count) + 1, 1)
    fields = {"parcel": range(count), "crop_code": ["A"] * count, "quality": ["ok", "outside"] * 25}
    pyogrio.write_dataframe(geopandas.GeoDataFrame(fields, geometry=boxes, crs=CRS), tmp_path / "big.gpkg")
    run("export", tmp_path / "big.gpkg", "-o", tmp_path / "x.fgb", "--qualities", "outside")
    assert sorted(read(tmp_path / "x.fgb")["parcel"]) == list(range(1, count, 2))
