"""Parcel layers as they come from other programs: several layers, curves, broken outlines, files of another kind."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels.reading import column, read, read_fields
from tests.backend.ground import CRS, X0, Y0, write_parcels

BOX = shapely.box(X0 + 10, Y0 - 90, X0 + 90, Y0 - 10)


def _with_raw_geometry(path: Path, wkb: bytes) -> Path:
    """A GeoPackage of two parcels, the second with these bytes for an outline; shapely would not let them through."""
    write_parcels(path, [BOX, BOX], count=pandas.array([7, None], dtype="Int64"))
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{name}"')
        header = b"GP\x00\x01" + struct.pack("<i", 32631)
        database.execute(f'update "{path.stem}" set geom = ? where fid = 2', (header + wkb,))
    database.close()
    return path


def _ring(*points: tuple[float, float]) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<2d", *point) for point in points)


def test_a_file_of_several_layers_asks_for_one(tmp_path):
    path = write_parcels(tmp_path / "two.gpkg", [BOX])
    pyogrio.write_dataframe(geopandas.GeoDataFrame({"a": [1, 2]}, geometry=[BOX, BOX], crs=CRS), path, layer="other")
    with pytest.raises(errors.BadArgument, match="two, other"):
        read(path)
    assert len(read(path, "other").table) == 2


def test_styles_kept_in_the_file_are_no_layer(tmp_path):
    path = write_parcels(tmp_path / "fields.gpkg", [BOX])
    pyogrio.write_dataframe(pandas.DataFrame({"qml": ["<qgis/>"]}), path, layer="layer_styles")
    assert len(read(path).table) == 1


def test_a_curved_outline_is_straightened(tmp_path):
    arc = struct.pack("<BI", 1, 8) + _ring((X0, Y0), (X0 + 100, Y0), (X0, Y0))
    path = _with_raw_geometry(tmp_path / "curve.gpkg", struct.pack("<BII", 1, 10, 1) + arc)
    parcels = read(path)
    assert parcels.table.geometry.iloc[0].equals(BOX)
    assert parcels.table.geometry.iloc[1].area == pytest.approx(np.pi * 50**2, rel=1e-3)
    assert column(parcels.table, "count", path).tolist() == [7, None]  # still whole numbers
    assert parcels.ids.tolist() == ["1", "2"]


@pytest.mark.parametrize(
    "wkb",
    [
        struct.pack("<BII", 1, 3, 1) + _ring((X0, Y0), (X0 + 100, Y0), (X0 + 100, Y0 - 100)),  # not closed
        struct.pack("<BII", 1, 3, 1) + _ring((X0, Y0)),
        b"\x01\xff\xff",
    ],
)
def test_an_outline_that_cannot_be_read_costs_no_other_parcel(tmp_path, wkb):
    parcels = read(_with_raw_geometry(tmp_path / "broken.gpkg", wkb))
    assert parcels.table.geometry.iloc[0].equals(BOX)
    assert parcels.table.geometry.iloc[1] is None or not parcels.geometries[1].is_valid


def test_files_that_are_not_parquet_or_have_no_geometry(tmp_path):
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(errors.UnreadableParcels):
        read(tmp_path / "text.parquet")
    pandas.DataFrame({"a": pandas.array([1, None], dtype="Int64")}).to_parquet(tmp_path / "table.parquet")
    with pytest.raises(errors.NoParcels):
        read(tmp_path / "table.parquet")
    assert column(read_fields(tmp_path / "table.parquet"), "a", "it").tolist() == [1, None]


def test_what_is_no_layer_is_reported_without_advice_for_programmers(tmp_path):
    (tmp_path / "none.gpkg").touch()
    (tmp_path / "text.gpkg").write_text("hello")
    for name, reason in (("none.gpkg", "it is empty."), ("text.gpkg", "supported file format.")):
        with pytest.raises(errors.UnreadableParcels) as caught:
            read(tmp_path / name)
        assert caught.value.message.endswith(reason)
        assert "prefixing" not in caught.value.message


def test_the_outline_is_no_field(tmp_path):
    with pytest.raises(errors.MissingField, match="it has crop"):
        read(write_parcels(tmp_path / "p.gpkg", [BOX]), id_field="geometry")


def test_a_field_of_lists_names_no_crop(tmp_path):
    table = read(write_parcels(tmp_path / "p.parquet", [BOX], crops=[["wheat", "maize"]])).table
    with pytest.raises(errors.BadArgument, match="one value per parcel"):
        column(table, "crops", "it")


DRIVERS = {
    "fgb": "FlatGeobuf",
    "shp": "ESRI Shapefile",
    "gpkg": "GPKG",
    "geojson": "GeoJSON",
    "gml": "GML",
    "kml": "KML",
}


@pytest.mark.parametrize("ending", [*DRIVERS, "parquet", "dbf", "shx"])
def test_a_file_that_is_cut_off_is_never_a_shorter_layer(tmp_path, ending):
    boxes = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(60)]
    table = geopandas.GeoDataFrame({"a": range(60)}, geometry=boxes, crs=CRS).to_crs("EPSG:4326")
    path = tmp_path / f"p.{'shp' if ending in ('dbf', 'shx') else ending}"
    if ending == "parquet":
        table.to_parquet(path)
    else:
        pyogrio.write_dataframe(table, path, driver=DRIVERS[path.suffix[1:]])
    assert len(read(path).ids) == 60
    part = path.with_suffix(f".{ending}")
    whole = part.read_bytes()
    for twentieths in range(20):
        part.write_bytes(whole[: len(whole) * twentieths // 20])
        with pytest.raises((errors.UnreadableParcels, errors.NoParcels)):
            read(path)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what GDAL says of them
@pytest.mark.parametrize("ending", ["fgb", "gpkg", "shp", "parquet"])
def test_flipped_bits_end_in_a_layer_or_an_error_that_names_it(tmp_path, ending):
    table = geopandas.GeoDataFrame({"a": range(9), "b": ["blé"] * 9}, geometry=[BOX] * 9, crs=CRS)
    path = tmp_path / f"p.{ending}"
    table.to_parquet(path) if ending == "parquet" else pyogrio.write_dataframe(table, path, driver=DRIVERS[ending])
    whole = path.read_bytes()
    found = set()
    for seed in range(80):
        random, content = np.random.default_rng(seed), bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            content[place] ^= 1 << random.integers(8)
        path.write_bytes(content)
        try:
            found.add(f"{len(read(path).ids)} features")
        except errors.EngineError as error:
            assert path.name in error.message
            found.add(error.code)
    assert found <= {"9 features", "parcels.unreadable", "parcels.empty", "parcels.no_crs", "argument.invalid"}
