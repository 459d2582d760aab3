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


@pytest.mark.filterwarnings("ignore:Normalized/laundered field name")
def test_a_long_field_takes_no_name_of_the_prediction_in_a_shapefile(tmp_path):
    found = written(tmp_path / "o.shp", confidence_of_farmer=["x", "y", "z"], código_de_cultivo=[1, 2, 3])
    assert found["confidence"].tolist() == [0.5, 0.6, 0.7]
    assert found["confiden_1"].tolist() == ["x", "y", "z"]
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


def test_a_geopackage_with_other_layers_is_not_replaced(tmp_path):
    path = tmp_path / "o.gpkg"
    for name in ("mine", "precious"):
        pyogrio.write_dataframe(layer(a=[1, 2, 3]), path, layer=name)
    with pytest.raises(errors.NotWritable, match="precious"):
        writing.check_output(path)
    assert len(pyogrio.list_layers(path)) == 2


def test_a_driver_that_fails_on_a_full_disk_says_so(tmp_path, monkeypatch):
    def fail(*_):
        raise pyogrio.errors.DataLayerError("sqlite3_exec(ROLLBACK) failed: cannot rollback")

    monkeypatch.setattr(writing, "_write_as", fail)
    with pytest.raises(errors.NotWritable, match="ROLLBACK"):
        writing.write([layer(a=[1, 2, 3])], tmp_path / "o.gpkg", "o")
    usage = type("Usage", (), {"free": 4096})()
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(errors.DiskFull):
        writing.write([layer(a=[1, 2, 3])], tmp_path / "o.gpkg", "o")
    assert not list(tmp_path.iterdir())
