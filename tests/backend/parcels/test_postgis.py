"""Layers of a PostGIS database: what its own programs say of them, and a layer that others change meanwhile."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import datetime

import pandas
import pytest
import shapely

from backend import errors
from backend.parcels.database import Database
from backend.parcels.reading import read, read_fields
from backend.parcels.sources import chunk
from tests.backend import postgis
from tests.backend.ground import CRS
from tests.backend.postgis import run

pytestmark = pytest.mark.skipif(not postgis.installed(), reason="PostgreSQL with PostGIS is not installed")
LARGE = 2**53 + 1
BOX = "ST_MakeEnvelope({0} * 100, 0, {0} * 100 + 80, 90, 32631)"


@pytest.fixture(scope="module")
def address():
    with postgis.server() as found:
        run(found, *TABLES)
        yield found


TABLES = (
    """CREATE TABLE parcels (gid int8 PRIMARY KEY, code varchar(9), letters char(4), small int2, large int8,
        ratio float4, area numeric(12, 3), "Déclaré" bool, day date, seen timestamp, zoned timestamptz, raw bytea,
        key uuid, more jsonb, geom geometry(Polygon, 32631))""",
    f"""INSERT INTO parcels SELECT 10 * n, CASE WHEN n % 3 > 0 THEN 'blé ' || n END, 'ab', n, {LARGE} + n, 0.5,
        n + 0.125, n % 2 = 0, '2020-02-29', '2020-07-01 12:30', '2020-07-01 12:30+02', '\\x00ff',
        gen_random_uuid(), '{{"a": 1}}', {BOX.format("n")} FROM generate_series(7, 1, -1) AS n""",
    "INSERT INTO parcels(gid) VALUES (80)",
    """CREATE SCHEMA other""",
    f"CREATE TABLE other.arcs AS SELECT n, CASE n WHEN 2 THEN ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(0 0, 50 50, "
    f"100 0, 50 -50, 0 0))', 32631) ELSE {BOX.format('n')} END AS shape FROM generate_series(1, 5) AS n",
    f"CREATE TABLE mixed AS SELECT n, ST_SetSRID({BOX.format('n')}, 32630 + n) AS geom FROM generate_series(1, 3) AS n",
    f"CREATE TABLE placeless AS SELECT ST_SetSRID({BOX.format('1')}, 0) AS geom",
    f"CREATE TABLE unlisted AS SELECT ST_SetSRID({BOX.format('1')}, 900100) AS geom",
    "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext) VALUES (900200, 'village', 1, 'LOCAL_CS[')",
    f"CREATE TABLE undescribed AS SELECT ST_SetSRID({BOX.format('1')}, 900200) AS geom",
    'CREATE VIEW odd AS SELECT gid AS "it\'s", geom, ST_Buffer(geom, -5) AS inner_part FROM parcels',
)


@pytest.fixture
def by_three(monkeypatch):
    monkeypatch.setattr(chunk, "FEATURES", 3)


def as_list(column):
    return [None if pandas.isna(value) else value for value in column]


def test_values_types_and_order_are_the_database_s(address, by_three):
    layer = read(Database.at(address), "parcels")
    assert layer.ids.tolist() == ["10", "20", "30", "40", "50", "60", "70", "80"]
    assert (layer.name, layer.crs, layer.bounds) == ("public.parcels", CRS, (100, 0, 780, 90))
    assert [len(table) for table in layer.tables()] == [3, 3, 2]
    table = layer.table
    assert table.index.tolist() == [10 * n for n in range(1, 9)]
    expected = {
        "gid": [10 * n for n in range(1, 9)],
        "code": ["blé 1", "blé 2", None, "blé 4", "blé 5", None, "blé 7", None],
        "letters": ["ab"] * 7 + [None],
        "small": [*range(1, 8), None],
        "large": [*(LARGE + n for n in range(1, 8)), None],
        "ratio": [0.5] * 7 + [None],
        "area": [*(n + 0.125 for n in range(1, 8)), None],
        "Déclaré": [n % 2 == 0 for n in range(1, 8)] + [None],
        "day": [datetime.date(2020, 2, 29)] * 7 + [None],
        "seen": [datetime.datetime(2020, 7, 1, 12, 30)] * 7 + [None],
        "zoned": [datetime.datetime(2020, 7, 1, 10, 30, tzinfo=datetime.timezone.utc)] * 7 + [None],
        "raw": [b"\x00\xff"] * 7 + [None],
        "more": ['{"a": 1}'] * 7 + [None],
    }
    assert list(table.columns) == [*list(expected)[:12], "key", "more", "geom"]
    for name, values in expected.items():
        assert as_list(table[name]) == values, name
    assert len(set(table["key"].dropna().str.len())) == 1 and len(table["key"][10]) == 36
    boxes = [shapely.box(100 * n, 0, 100 * n + 80, 90) for n in range(1, 8)]
    assert all(outline.equals(box) for outline, box in zip(table.geometry, boxes))
    assert table.geometry.isna().tolist() == [False] * 7 + [True]
    assert list(read_fields(Database.at(address), "public.parcels").columns) == list(table.columns[:-1])


def test_curves_are_straightened_and_counted(address, by_three):
    layer = read(Database.at(address), "other.arcs")
    assert [remark.code for remark in layer.remarks] == ["parcels.curved"]
    assert layer.remarks[0].message.startswith("1 outlines")
    areas = layer.table.set_index("n").area
    assert areas[2] == pytest.approx(3.14159 * 50**2, rel=1e-2)
    assert areas.drop(2).tolist() == [7200] * 4
    assert layer.ids.tolist() == ["0", "1", "2", "3", "4"]  # no key: rows are counted


def test_views_and_odd_names(address):
    layer = read(Database.at(address), "public.odd(inner_part)", id_field="it's")
    assert layer.ids.tolist() == [str(10 * n) for n in range(7, 0, -1)] + ["80"]
    assert layer.table.geometry.area.dropna().tolist() == pytest.approx([70 * 80] * 7)


def test_what_others_change_meanwhile_is_not_seen(address, by_three):
    run(address, "CREATE TABLE changing (id serial PRIMARY KEY, geom geometry(Polygon, 32631))",
        f"INSERT INTO changing(geom) SELECT {BOX.format('n')} FROM generate_series(1, 7) AS n")  # fmt: skip
    layer = read(Database.at(address), "changing")
    before = layer.source.stamp()
    run(address, "DELETE FROM changing WHERE id < 5", "UPDATE changing SET geom = ST_Translate(geom, 1, 1)")
    assert sum(map(len, layer.tables())) == 7
    assert layer.source.stamp() == before
    later = read(Database.at(address), "changing")
    assert len(later.ids) == 3
    assert later.source.stamp() != before
    run(address, "DROP TABLE IF EXISTS other.changing", "DELETE FROM changing")
    with pytest.raises(errors.NoParcels):
        read(Database.at(address), "changing")


def test_rows_that_come_in_another_order_each_time_are_not_mixed_up(address, by_three):
    run(address, "CREATE VIEW shuffled AS SELECT gid, geom FROM parcels, generate_series(1, 1) ORDER BY random()")
    with pytest.raises(errors.UnreadableParcels, match="another order"):
        for _ in range(9):  # by chance they come in the same one
            list(read(Database.at(address), "shuffled", id_field="gid").tables())
    assert len(read(Database.at(address), "shuffled").table) == 8


def test_odd_values_and_rights(address):
    run(
        address,
        'CREATE TABLE endless (until date, at timestamptz, n numeric, "br{0}c%e" int, geom geometry(Polygon, 32631))',
        f"INSERT INTO endless VALUES ('infinity', '-infinity', 'NaN', 1, {BOX.format('1')}),"
        f"('2020-01-02', NULL, 12345.6789, 2, {BOX.format('2')})",
        "CREATE ROLE guest LOGIN PASSWORD 'straw'",
    )
    table = read(Database.at(address), "endless").table
    assert as_list(table["until"]) == [None, datetime.date(2020, 1, 2)]
    assert as_list(table["at"]) == [None, None]
    assert as_list(table["n"])[1] == 12345.6789
    assert table["br{0}c%e"].tolist() == [1, 2]
    with pytest.raises(errors.UnreadableParcels, match="that this user may read") as caught:
        read(Database.at(address.replace("farmer:hay", "guest:straw")), "endless")
    assert "straw" not in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "error", "text"),
    [
        (None, errors.BadArgument, r"public\.parcels\(geom\)"),
        ("odd", errors.BadArgument, r"public\.odd\(inner_part\)"),
        ("nowhere", errors.BadArgument, "other.arcs"),
        ("mixed", errors.UnreadableParcels, r"SRID 3263\d \(1\), SRID"),
        ("placeless", errors.NoCrs, "coordinate system"),
        ("unlisted", errors.NoCrs, "coordinate system"),
        ("undescribed", errors.NoCrs, "coordinate system"),
    ],
)
def test_what_cannot_be_read_is_named(address, layer, error, text):
    with pytest.raises(error, match=text):
        read(Database.at(address), layer)


@pytest.mark.parametrize("table", ["placeless", "unlisted", "undescribed", "parcels"])
def test_a_given_system_places_a_table_without_one(address, table):
    layer = read(Database.at(address), table, crs="EPSG:31370")
    assert layer.crs == layer.table.crs == "EPSG:31370"
    assert shapely.box(100, 0, 180, 90).equals(layer.table.geometry.iloc[0])  # relabelled, not moved


def test_tables_without_a_system_have_fields(address):
    assert read_fields(Database.at(address), "placeless").empty


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("postgresql://farmer:s3cret@127.0.0.1:1/land", "Connection refused"),  # pragma: allowlist secret
        ("PG:host=127.0.0.1 port=1 dbname=land password=s3cret", "Connection refused"),
        ("PG:host=127.0.0.1 s3cret", "is expected as"),
        ("PG:host=127.0.0.1 tables=a password=s3cret", "is expected as"),
        ("postgresql://farmer:s3c@s3cret@host@/land", "is expected as"),  # pragma: allowlist secret
    ],
)
def test_no_error_repeats_a_password(wrong, text):
    with pytest.raises(errors.UnreadableParcels, match=text) as caught:
        read(Database.at(wrong), "parcels")
    assert "s3c" not in str(caught.value)


def test_a_database_without_postgis(address):
    run(address, "CREATE DATABASE bare")
    with pytest.raises(errors.UnreadableParcels, match="geometry_columns"):
        read(Database.at(address.replace("/land", "/bare")))


def test_an_encoding_is_for_shapefiles(address):
    with pytest.raises(errors.BadArgument, match="databases name theirs"):
        read(Database.at(address), "parcels", encoding="CP1252")
