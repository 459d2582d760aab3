"""Whatever the layer's own fields and features are, they come back, and what lies at the output is not lost."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import pandas
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels import writing
from tests.backend.ground import CRS, X0, Y0

BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(3)]
PREDICTIONS = pandas.DataFrame({"crop_code": ["A", "B", "A"], "confidence": [0.5, 0.6, 0.7]})


def layer(geometries=BOXES, **fields) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(fields, geometry=list(geometries), crs=CRS)


def written(path, **fields) -> pandas.DataFrame:
    table, _ = writing.attach(layer(**fields), PREDICTIONS, path)
    writing.write([table], path, path.stem)
    return pyogrio.read_dataframe(path)


@pytest.mark.parametrize("values", [[1, 1, 2], ["x", "y", "y"], [0.5, 1.5, None], [7, 8, 9]])
def test_a_field_named_like_the_feature_id_stays_a_field(tmp_path, values):
    assert written(tmp_path / "o.gpkg", fid=values)["fid"].astype(object).where(pandas.notna, None).tolist() == values


def test_a_field_named_like_the_geometry_column_stays_a_field(tmp_path):
    found = written(tmp_path / "o.gpkg", GEOM=["a", "b", "c"])
    assert found["GEOM"].tolist() == ["a", "b", "c"]
    assert list(found.geometry) == BOXES


def test_a_long_field_takes_no_name_of_the_prediction_in_a_shapefile(tmp_path):
    found = written(tmp_path / "o.shp", confidence_of_farmer=["x", "y", "z"], código_de_cultivo=[1, 2, 3])
    assert found["confidence"].tolist() == [0.5, 0.6, 0.7]
    assert found["confiden_1"].tolist() == ["x", "y", "z"]
    long = layer(number_of_the_farm=[1, 2, 3])
    assert writing.attach(long, PREDICTIONS, tmp_path / "o.shp")[1] == {"number_of_the_farm": "number_of_"}
    assert writing.attach(layer(confidence_of_farmer=[1, 2, 3]), PREDICTIONS, tmp_path / "o.gpkg")[1] == {}


def test_a_shapefile_leaves_other_geometries_empty_and_tells(tmp_path):
    mixed = layer([BOXES[0], shapely.Point(X0, Y0), None], name=["a", "b", "c"])
    assert writing.write([mixed], tmp_path / "o.shp", "o").emptied == 1
    found = pyogrio.read_dataframe(tmp_path / "o.shp")
    assert found["name"].tolist() == ["a", "b", "c"]
    assert found.geometry.isna().tolist() == [False, True, True]
    assert writing.write([mixed], tmp_path / "o.gpkg", "o") == writing.Losses()


def test_the_spatial_index_of_an_older_shapefile_goes(tmp_path):
    (tmp_path / "o.qix").write_bytes(b"index of other features")
    writing.write([layer(a=[1, 2, 3])], tmp_path / "o.shp", "o")
    assert not (tmp_path / "o.qix").exists()


def test_a_driver_that_fails_on_a_full_disk_says_so(tmp_path, monkeypatch):
    def fail(*_):
        raise pyogrio.errors.DataLayerError("sqlite3_exec(ROLLBACK) failed: cannot rollback")

    monkeypatch.setattr(writing, "_write_as", fail)
    with pytest.raises(errors.NotWritable, match="ROLLBACK"):
        writing.write([layer(a=[1, 2, 3])], tmp_path / "o.gpkg", "o")
    usage = type("Usage", (), {"free": 4096})()
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(errors.DiskFull):
        writing.write([layer(a=[1, 2, 3])], tmp_path / "o.gpkg", "o")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "csv", "parquet"])
def test_fields_that_differ_in_capitals_or_are_called_like_the_geometry(tmp_path, ending):
    fields = {"Code": [1, 2, 3], "code": ["a", "b", "c"], "GEOMETRY": [4, 5, 6], "OGC_FID": [7, 8, 9]}
    path = tmp_path / f"o.{ending}"
    table, renamed = writing.attach(layer(**fields), PREDICTIONS, path)
    writing.write([table], path, "o")
    found = geopandas.read_parquet(path) if ending == "parquet" else pyogrio.read_dataframe(path)
    expected = {} if ending == "parquet" else {"code": "code_1"}
    assert renamed == {**expected, **({} if ending in ("parquet", "gpkg") else {"OGC_FID": "OGC_FID_1"})}
    for name, expected in fields.items():
        assert found[renamed.get(name, name)].tolist() == [str(v) if ending == "csv" else v for v in expected], name


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "csv", "parquet"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), errors.NotAStore("s", "damaged")])
def test_a_stream_that_breaks_leaves_the_old_file(tmp_path, ending, error):
    class Breaking:
        def __init__(self):
            self.asked = 0

        def __iter__(self):
            self.asked += 1
            yield layer(a=[1, 2, 3])
            if self.asked > 1:  # the first time the contents are looked at
                raise error

    path = tmp_path / f"o.{ending}"
    writing.write([layer(a=[7, 8, 9])], path, "o")
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    with pytest.raises(errors.DiskFull if isinstance(error, OSError) else errors.NotAStore):
        writing.write(Breaking(), path, "o")
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("ending", "expected"), [("csv", "'=1+2"), ("gpkg", "=1+2")])
def test_in_a_csv_the_names_of_classes_are_no_formulas(tmp_path, ending, expected):
    predictions = pandas.DataFrame({"crop_name": ["=1+2", "Wheat", None], "margin": [-0.5, 0.1, 0.2]})
    predictions["crop_name"] = predictions["crop_name"].astype("string[pyarrow]")
    table, _ = writing.attach(layer(note=["=own", "-2", "x"]), predictions, tmp_path / f"o.{ending}")
    assert table["crop_name"].tolist() == [expected, "Wheat", pandas.NA]
    assert table["note"].tolist() == ["=own", "-2", "x"] and table["margin"].tolist() == [-0.5, 0.1, 0.2]
