"""A layer's fields come back from every format as they went in: types, nulls, order, ids, accents."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import datetime
import decimal
import sqlite3
import warnings
import zipfile

import geopandas
import pandas
import pyarrow
import pyarrow.parquet
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels.database import Database
from backend.parcels.reading import read
from backend.parcels.writing import Losses, attach, write
from tests.backend.ground import CRS, X0, Y0, write_parcels

BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(3)]
PREDICTIONS = pandas.DataFrame({"crop_code": ["A", "B", None], "confidence": [0.5, 0.6, None]})
LARGE = 2**53 + 1  # no float64 is this number
FIELDS = {
    "flag": pyarrow.array([True, None, False]),
    "n16": pyarrow.array([1, None, -3], pyarrow.int16()),
    "n32": pyarrow.array([2**31 - 1, None, 0], pyarrow.int32()),
    "n64": pyarrow.array([LARGE, None, -LARGE]),
    "f32": pyarrow.array([0.1, None, 3.5], pyarrow.float32()),
    "f64": pyarrow.array([0.1, None, 1e300]),
    "day": pyarrow.array([datetime.date(2020, 2, 29), None, datetime.date(1899, 12, 31)]),
    "seen": pyarrow.array([datetime.datetime(2020, 7, 1, 12, 30, 1), None, None], pyarrow.timestamp("ms")),
    "raw": pyarrow.array([b"\x00\xff", None, b"\x01"]),
    "é_texte": pyarrow.array(["blé œ €", None, "x" * 400]),
}
ENDINGS = {"gpkg": "GPKG", "fgb": "FlatGeobuf", "gdb": "OpenFileGDB", "sqlite": "SQLite", "geojson": "GeoJSON"}
WIDER = {  # what a format itself does not tell apart
    "gdb": {"flag": [1, None, 0], "n64": [float(LARGE), None, -float(LARGE)]},
    "geojson": {"raw": ["00FF", None, "01"], "n64": [LARGE, None, -LARGE]},
}


def layer(fields=FIELDS, geometries=BOXES):
    columns = {name: pandas.Series(v, dtype=pandas.ArrowDtype(v.type)) for name, v in fields.items()}
    return geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=CRS)


def values(column):
    found = column.astype(object).where(column.notna(), None).tolist()
    return [value.to_pydatetime() if isinstance(value, pandas.Timestamp) else value for value in found]


def plain(name, found):
    """Days as days: FlatGeobuf and file geodatabases know times alone, and a geodatabase calls them UTC."""
    if name == "seen":
        return [value and value.replace(tzinfo=None) for value in found]
    return [value.date() if isinstance(value, datetime.datetime) else value for value in found]


@pytest.mark.parametrize("ending", [*ENDINGS, "parquet"])
def test_every_type_and_null_comes_in(tmp_path, ending):
    path, table = tmp_path / f"p.{ending}", layer()
    if ending == "parquet":
        table.to_parquet(path)
    else:
        options = {"SPATIAL_INDEX": "NO"} if ending == "fgb" else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an older geodatabase has no Date and no Integer64
            pyogrio.write_dataframe(table, path, driver=ENDINGS[ending], use_arrow=True, layer_options=options)
    found = read(path).table
    assert list(found.columns.drop("geometry")) == list(FIELDS)
    for name, column in zip(FIELDS, found.columns):
        expected = {name: array.to_pylist() for name, array in FIELDS.items()} | WIDER.get(ending, {})
        found_values = plain(name, values(found[column]))
        assert found_values == (pytest.approx(expected[name]) if name == "f32" else expected[name]), name
    assert all(outline.equals(box) for outline, box in zip(found.geometry, BOXES))


def test_a_geopackage_comes_out_as_it_went_in(tmp_path):
    """Read by SQLite alone: the stored values, and the feature ids with their gaps."""
    source, output = tmp_path / "in.gpkg", tmp_path / "out.gpkg"
    table = layer()
    table.insert(0, "fid", [0, 5, 900])
    pyogrio.write_dataframe(table, source, driver="GPKG", use_arrow=True, layer_options={"FID": "fid"})
    parcels = read(source)
    assert parcels.ids.tolist() == ["0", "5", "900"]
    joined, renamed = attach(parcels.table, PREDICTIONS, output)
    assert renamed == {}
    assert write([joined], output, "out") == Losses()
    names = ", ".join(f'"{name}"' for name in ("fid", *FIELDS)).replace('"seen"', "datetime(seen)")
    rows = []
    for path, name in ((source, "in"), (output, "out")):
        with sqlite3.connect(path) as database:
            rows.append(database.execute(f'select {names} from "{name}"').fetchall())
            types = [(n, t) for _, n, t, *_ in database.execute(f'pragma table_info("{name}")') if n in FIELDS]
            rows.append(types)
        database.close()
    assert rows[0] == rows[2]
    assert rows[1] == rows[3]
    assert rows[0][1][1:] == (None,) * len(FIELDS)
    assert rows[0][0][4] == LARGE


def test_what_only_parquet_knows_keeps_its_value_elsewhere(tmp_path):
    brussels = datetime.datetime(2020, 7, 1, 12, 0, tzinfo=datetime.timezone.utc)
    wide = decimal.Decimal("12345678901234567890.125")
    fields = {
        "zoned": pyarrow.array([brussels, None, None], pyarrow.timestamp("ms", "Europe/Brussels")),
        "wide": pyarrow.array([wide, None, None], pyarrow.decimal128(25, 3)),
        "nested": pyarrow.array([{"a": 1}, None, {"a": 2}]),
        "unsigned": pyarrow.array([LARGE, None, 1], pyarrow.uint64()),
        "huge": pyarrow.array([2**63 + 5, None, 1], pyarrow.uint64()),
        "took": pyarrow.array([90, None, 1], pyarrow.duration("s")),
        "time": pyarrow.array([datetime.time(12, 30), None, None], pyarrow.time32("ms")),
    }
    layer(fields).to_parquet(tmp_path / "in.parquet")
    table, _ = attach(read(tmp_path / "in.parquet").table, PREDICTIONS, tmp_path / "o.gpkg")
    write([table], tmp_path / "o.gpkg", "o")
    with sqlite3.connect(tmp_path / "o.gpkg") as database:
        row = database.execute("select zoned, wide, nested, unsigned, huge, took, time from o").fetchone()
        assert database.execute("select nested, wide from o where rowid = 2").fetchone() == (None, None)
    database.close()
    zoned, *others = row
    assert datetime.datetime.fromisoformat(zoned.replace("Z", "+00:00")) == brussels
    assert others == [str(wide), '{"a": 1}', LARGE, str(2**63 + 5), "0:01:30", "12:30:00"]
    write([table], tmp_path / "o.parquet", "o")
    kept = pyarrow.parquet.read_table(tmp_path / "o.parquet")
    assert [kept[name].to_pylist() for name in fields] == [array.to_pylist() for array in fields.values()]


def test_heights_and_measures_come_back(tmp_path):
    rings = ["((0 0 5 1, 10 0 6 2, 10 10 7 3, 0 0 5 1))"]
    measured = [shapely.from_wkt(f"POLYGON ZM {ring}") for ring in rings]
    geopandas.GeoDataFrame({"a": [1]}, geometry=measured, crs=CRS).to_parquet(tmp_path / "in.parquet")
    for ending, kept in {"gpkg": 4, "fgb": 3, "shp": 3, "parquet": 4}.items():  # those of 3 get no M from pyogrio
        path = tmp_path / f"o.{ending}"
        losses = write([read(tmp_path / "in.parquet").table], path, "o")
        assert losses == Losses(measures=kept == 3)
        expected = shapely.from_wkb(shapely.to_wkb(measured[0], output_dimension=kept))
        found = read(path).table.geometry.iloc[0]
        assert shapely.normalize(found).wkt == shapely.normalize(expected).wkt, ending


def test_texts_that_a_shapefile_cuts_are_reported(tmp_path):
    assert write([layer()], tmp_path / "o.shp", "o").cut == ("é_texte",)
    found = pyogrio.read_dataframe(tmp_path / "o.shp")
    assert [text and len(text) for text in values(found["é_texte"])] == [7, None, 254]
    assert values(found["n32"]) == [2**31 - 1, None, 0]


def test_a_zip_as_agencies_publish_it(tmp_path):
    write_parcels(tmp_path / "RPG.shp", BOXES, code=["blé", "maïs", None])
    write_parcels(tmp_path / "zones.shp", BOXES[:1])
    for archive, stems in (("one.zip", ["RPG"]), ("two.zip", ["RPG", "zones"])):
        with zipfile.ZipFile(tmp_path / archive, "w") as packed:
            packed.writestr("doc/readme.txt", "about")
            for stem in stems:
                for part in tmp_path.glob(f"{stem}.*"):
                    packed.write(part, f"1_DONNEES/{part.name}")
    assert values(read(tmp_path / "one.zip").table["code"]) == ["blé", "maïs", None]
    with pytest.raises(errors.BadArgument, match="RPG, zones"):
        read(tmp_path / "two.zip")
    assert len(read(tmp_path / "two.zip", "zones").table) == 1
    (tmp_path / "cut.zip").write_bytes((tmp_path / "one.zip").read_bytes()[:300])
    with pytest.raises(errors.UnreadableParcels, match="cut off"):
        read(tmp_path / "cut.zip")
    (tmp_path / "rpg.7z").write_bytes(b"7z")
    with pytest.raises(errors.UnreadableParcels, match="unpack"):
        read(tmp_path / "rpg.7z")


def test_other_databases_than_postgis_are_refused_without_their_password():
    with pytest.raises(errors.ParcelsInDatabase) as caught:
        Database.at("MYSQL:lpis,user=me,password=s3cret")
    assert "s3cret" not in caught.value.message + caught.value.advice
    assert "GeoPackage" in caught.value.advice


def test_a_database_s_name_holds_no_password():
    addresses = {
        "PG:host=db.example dbname='l p' user=me password=s3cret": "PG:host=db.example dbname='l p'",
        "postgresql://me:s3cret@db.example:5432/lpis?sslmode=require&password=s3cret": (  # pragma: allowlist secret
            "postgresql://db.example:5432/lpis"
        ),
        "postgis://db.example/lpis": "postgresql://db.example/lpis",
    }
    assert {address: str(Database.at(address)) for address in addresses} == addresses
    assert "s3cret" not in repr(Database.at(next(iter(addresses))))
    assert Database.at("C:/parcels.gpkg") is None


def test_a_layer_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = write_parcels(tmp_path / "p.gpkg", BOXES)
    with pytest.raises(errors.BadArgument, match="layers of p.gpkg, p, found 'q'"):
        read(path, "q")
    with pytest.raises(errors.BadArgument, match="GeoParquet holds one"):
        read(write_parcels(tmp_path / "p.parquet", BOXES), "q")


def test_a_flatgeobuf_with_a_null_outline(tmp_path):
    """GDAL's columns of such a layer end the process, now and then."""
    table = geopandas.GeoDataFrame({"n": [1, 2, 3]}, geometry=[BOXES[0], None, BOXES[2]], crs=CRS)
    table.to_file(tmp_path / "p.fgb", SPATIAL_INDEX="NO")
    found = read(tmp_path / "p.fgb").table
    assert found["n"].tolist() == [1, 2, 3]
    assert [outline is None or outline.bounds for outline in found.geometry] == [BOXES[0].bounds, True, BOXES[2].bounds]
