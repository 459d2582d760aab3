"""A layer read and written some features at a time is the one read and written at once."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import datetime
import sqlite3
import struct
import warnings
from contextlib import closing

import geopandas
import pandas
import pyarrow
import pyarrow.parquet
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels import writing
from backend.parcels.reading import read, read_fields
from backend.parcels.sources import chunk, geoparquet
from tests.backend.ground import CRS, X0, Y0
from tests.backend.parcels.test_formats import ENDINGS

COUNT = 11
BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(COUNT)]
TIME = datetime.datetime(2020, 7, 1, 12, 30)
FIELDS = {
    "code": pyarrow.array([f"c{n}" if n % 3 else None for n in range(COUNT)]),
    "n64": pyarrow.array([None] * 5 + [2**40 + n for n in range(COUNT - 5)]),
    "late": pyarrow.array([None] * 8 + [TIME] * (COUNT - 8), pyarrow.timestamp("ms")),  # none in the first chunks
}


@pytest.fixture
def by_three(monkeypatch):
    monkeypatch.setattr(chunk, "FEATURES", 3)


def layer(geometries=BOXES, fields=FIELDS) -> geopandas.GeoDataFrame:
    columns = {name: pandas.Series(v, dtype=pandas.ArrowDtype(v.type)) for name, v in fields.items()}
    return geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=CRS)


def written(path, table):
    if path.suffix == ".parquet":
        table.to_parquet(path)
        return path
    options = {"SPATIAL_INDEX": "NO"} if path.suffix == ".fgb" else {}
    driver = {**ENDINGS, "shp": "ESRI Shapefile"}[path.suffix[1:]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an older geodatabase has no Integer64, a shapefile no time
        pyogrio.write_dataframe(table, path, driver=driver, use_arrow=True, layer_options=options)
    return path


def as_list(column):
    return [None if pandas.isna(value) else value for value in column]


@pytest.mark.parametrize("ending", [*ENDINGS, "shp", "parquet"])
def test_every_feature_comes_once_in_order_and_with_its_types(tmp_path, by_three, ending):
    path = written(tmp_path / f"p.{ending}", layer([BOXES[0], None, *BOXES[2:]]))
    whole = geopandas.read_parquet(path) if ending == "parquet" else pyogrio.read_dataframe(path, fid_as_index=True)
    parcels = read(path)
    tables = list(parcels.tables())
    assert [len(table) for table in tables] == ([COUNT] if ending == "sqlite" else [3, 3, 3, 2])
    assert all(table.dtypes.equals(tables[0].dtypes) for table in tables)
    assert parcels.ids.tolist() == [str(fid) for fid in whole.index]
    found = parcels.table
    assert found.geometry.geom_equals(whole.geometry, align=False).tolist() == [True, False, *[True] * (COUNT - 2)]
    assert found.index.tolist() == whole.index.tolist()
    assert parcels.bounds == pytest.approx(whole.total_bounds)
    for name in ("code", "n64"):
        assert as_list(found[name]) == FIELDS[name].to_pylist(), name
    assert as_list(pandas.to_datetime(found["late"])) == as_list(pandas.to_datetime(whole["late"]))
    assert as_list(read_fields(path)["code"]) == as_list(whole["code"])


def test_deleted_records_of_a_shapefile_are_not_read(tmp_path, by_three):
    path = written(tmp_path / "p.shp", layer(fields={"code": FIELDS["code"]}))
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    header, length = struct.unpack("<HH", table[8:12])
    for record in (1, 4, 10):
        table[header + record * length] = ord("*")
    path.with_suffix(".dbf").write_bytes(table)
    parcels = read(path)
    assert parcels.ids.tolist() == ["0", "2", "3", "5", "6", "7", "8", "9"]
    assert [outline.bounds[0] for outline in parcels.table.geometry] == [
        BOXES[int(fid)].bounds[0] for fid in parcels.ids
    ]


def test_a_view_without_a_key_has_its_rows_counted(tmp_path, by_three):
    path = written(tmp_path / "p.gpkg", layer(fields={"code": FIELDS["code"]}))
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIEW seen AS SELECT code, geom FROM p")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('seen', 'features', 'seen', 32631)"
        )
        database.execute("INSERT INTO gpkg_geometry_columns VALUES ('seen', 'geom', 'POLYGON', 32631, 0, 0)")
        database.commit()
    parcels = read(path, "seen")
    assert parcels.ids.tolist() == [str(n) for n in range(COUNT)]
    assert as_list(parcels.table["code"]) == FIELDS["code"].to_pylist()


def test_types_that_only_values_reveal_are_read_at_once(tmp_path, by_three):
    """GDAL says JSON of such a field; what it holds differs from feature to feature."""
    path = tmp_path / "p.gpkg"
    texts = pyarrow.array(['{"a": 1}'] * 5 + ['{"b": "x"}'] * 6, pyarrow.json_())
    table = pyarrow.table({"j": texts, "geometry": shapely.to_wkb(BOXES)})
    pyogrio.write_arrow(table, path, driver="GPKG", geometry_name="geometry", geometry_type="Polygon", crs=CRS)
    tables = list(read(path).tables())
    assert [len(table) for table in tables] == [COUNT]
    assert [tables[0]["j"].iloc[row] for row in (0, 10)] == [{"a": 1, "b": None}, {"a": None, "b": "x"}]


def test_an_id_that_repeats_far_away_is_found(tmp_path, by_three):
    path = written(tmp_path / "p.gpkg", layer(fields={"id": pyarrow.array([*range(10), 0])}))
    with pytest.raises(errors.BadArgument, match="0 2 times"):
        read(path, id_field="id")


def test_a_layer_that_changes_while_it_is_used_is_refused(tmp_path, by_three):
    path = written(tmp_path / "p.gpkg", layer())
    parcels = read(path)
    pyogrio.write_dataframe(layer()[:5], path)
    with pytest.raises(errors.UnreadableParcels, match="had 11 features and now has 5"):
        list(parcels.tables())


def _circle(x: float, y: float) -> bytes:
    points = [(x, y), (x + 50, y + 50), (x + 100, y), (x + 50, y - 50), (x, y)]
    string = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *point) for point in points)
    return struct.pack("<BII", 1, 10, 1) + string


@pytest.mark.parametrize("ending", ["gpkg", "fgb"])
def test_curves_are_counted_over_all_of_a_layer(tmp_path, by_three, ending):
    wkb = [_circle(X0, Y0) if n in (2, 9) else shapely.to_wkb(BOXES[n]) for n in range(COUNT)]
    path = tmp_path / f"p.{ending}"
    pyogrio.write_arrow(
        pyarrow.table({"n": range(COUNT), "geometry": wkb}), path, driver=ENDINGS[ending], geometry_name="geometry",
        geometry_type="Unknown", crs=CRS, layer_options={"SPATIAL_INDEX": "NO"},
    )  # fmt: skip
    parcels = read(path)
    assert ["2 outlines of" in remark.message for remark in parcels.remarks] == [True]
    areas = parcels.table.area
    assert areas.iloc[[2, 9]].tolist() == pytest.approx([3.14159 * 50**2] * 2, rel=1e-3)
    assert areas.drop(areas.index[[2, 9]]).tolist() == [80 * 90] * 9


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "csv", "parquet"])
def test_written_by_parts_as_at_once(tmp_path, by_three, ending):
    outlines = [shapely.MultiPolygon([BOXES[0], BOXES[1]]), None, *BOXES[2:]]
    source = written(tmp_path / "source.gpkg", layer(outlines))
    predictions = pandas.DataFrame({"crop_code": [None, *"ABCDEFGHIJ"], "confidence": [None, *[0.25] * 10]})
    predictions["crop_code"] = predictions["crop_code"].astype("string[pyarrow]")
    attached = writing.Attached(read(source).tables, predictions, tmp_path / f"parts.{ending}")
    losses = writing.Losses(as_text=("late",)) if ending == "shp" else writing.Losses()  # a time of day
    assert writing.write(attached, tmp_path / f"parts.{ending}", "l") == losses
    whole = writing.attach(read(source).table, predictions, tmp_path / f"whole.{ending}")[0]
    writing.write([whole], tmp_path / f"whole.{ending}", "l")
    reads = geopandas.read_parquet if ending == "parquet" else pyogrio.read_dataframe
    parts, expected = (reads(tmp_path / f"{name}.{ending}") for name in ("parts", "whole"))
    pandas.testing.assert_frame_equal(pandas.DataFrame(parts), pandas.DataFrame(expected))
    assert [code or None for code in as_list(parts["code"])] == FIELDS["code"].to_pylist()  # a CSV has no null
    assert [code or None for code in as_list(parts["crop_code"])] == [None, *"ABCDEFGHIJ"]
    if ending != "csv":
        assert parts.geometry.isna().tolist() == [False, True, *[False] * 9]
        assert parts.geometry.area.sum() == pytest.approx(80 * 90 * 11)


@pytest.mark.parametrize("names", [["key"], ["u", "v"], [None]])
def test_what_pandas_took_for_an_index_is_a_field(tmp_path, by_three, names):
    table = layer(fields={"code": FIELDS["code"]})
    columns = [[f"k{n}" for n in range(COUNT)], [7 * n % 5 for n in range(COUNT)]][: len(names)]
    table.index = (
        pandas.MultiIndex.from_arrays(columns, names=names) if names[1:] else pandas.Index(columns[0], name=names[0])
    )
    table.to_parquet(tmp_path / "p.parquet")
    parcels = read(tmp_path / "p.parquet")
    assert parcels.ids.tolist() == [str(n) for n in range(COUNT)]
    found = parcels.table
    assert set(found.columns) == {"code", "geometry", *(name for name in names if name)}
    for name, values in zip(names, columns):
        assert name is None or found[name].tolist() == list(values)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "csv", "parquet"])
def test_of_several_geometries_none_is_lost(tmp_path, ending):
    table = layer(fields={"code": FIELDS["code"]})
    table["inner"] = geopandas.GeoSeries([*table.centroid[:-1], None], crs=CRS)
    table.to_parquet(tmp_path / "p.parquet")
    writing.write([read(tmp_path / "p.parquet").table], tmp_path / f"o.{ending}", "o")
    if ending == "parquet":
        assert geopandas.read_parquet(tmp_path / "o.parquet")["inner"].geom_equals(table["inner"])[:-1].all()
        return
    found = pyogrio.read_dataframe(tmp_path / f"o.{ending}")
    assert [text or None for text in as_list(found["inner"])] == [*(point.wkt for point in table["inner"][:-1]), None]
    assert [name for name in found.columns if name in FIELDS or name == "inner"] == ["code", "inner"]


def test_a_parquet_in_parts_says_what_all_of_it_holds(tmp_path):
    tables = [layer()[:3], layer([shapely.MultiPolygon([box]) for box in BOXES])[3:]]
    geoparquet.write(tmp_path / "p.parquet", tables)
    described = geopandas.read_parquet(tmp_path / "p.parquet")
    assert described.crs == CRS
    file = pyarrow.parquet.ParquetFile(tmp_path / "p.parquet")
    geo = geoparquet.json.loads(file.metadata.metadata[b"geo"])["columns"]["geometry"]
    assert geo["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert geo["bbox"] == pytest.approx([X0, Y0 - 90, X0 + 1080, Y0])
