"""Identifiers and codes that look like numbers or dates, in the formats whose types GDAL infers."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely

from backend import errors
from backend.crop_codes import as_code
from backend.parcels.reading import column, read
from tests.backend.ground import CRS, outlines, write_parcels

FIELDS = {  # each with two texts that mean one number, one day or one time
    "ilot": ("010", "10"),
    "code": ("00", "0"),
    "section": ("1.10", "1.1"),
    "plot": ("1E3", "1000"),
    "lpis": ("12345678901234567890", "12345678901234567891"),
    "declared": ("2018-04-01", "2018/04/01"),
    "hour": ("1:30", "01:30"),
}
NUMBERS = {"count": ("3", "12"), "area": ("12.5", "0.25"), "large": ("3000000000", "-1")}
TEXTS = {**FIELDS, **NUMBERS}
SMALL = [shapely.box(n / 10, 0, n / 10 + 0.1, 0.1) for n in range(3)]  # a place in degrees and in metres
BOXES = [shapely.box(100 * n, 0, 100 * n + 80, 90) for n in range(2)]


def write_gml(path: Path) -> Path:
    members = ""
    for row, box in enumerate(BOXES):
        corners = " ".join(f"{x},{y}" for x, y in box.exterior.coords)
        values = "".join(f"<ogr:{name}>{texts[row]}</ogr:{name}>" for name, texts in TEXTS.items())
        members += (
            '<gml:featureMember><ogr:field><ogr:geometryProperty><gml:Polygon srsName="EPSG:32631">'
            f"<gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>{corners}</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs>"
            f"</gml:Polygon></ogr:geometryProperty>{values}</ogr:field></gml:featureMember>"
        )
    spaces = 'xmlns:ogr="http://example.org/fields" xmlns:gml="http://www.opengis.net/gml"'
    path.write_text(f'<?xml version="1.0"?><ogr:FeatureCollection {spaces}>{members}</ogr:FeatureCollection>')
    return path


def write_gml_and_gfs(path: Path) -> Path:
    """With the types that another program inferred, as older GDALs did: numbers."""
    write_gml(path)
    pyogrio.read_info(path)  # writes it
    types = path.with_suffix(".gfs")
    text = re.sub(r"<Width>\d+</Width>", "", types.read_text())
    types.write_text(re.sub("<Type>(String|Date|Time)</Type>", "<Type>Real</Type>", text))
    return path


def write_csv(path: Path) -> Path:
    rows = [",".join(("WKT", *TEXTS)), *(",".join((f'"{box.wkt}"', *values)) for box, values in _rows())]
    path.write_text("\n".join(rows) + "\n")
    return path


def write_csv_and_csvt(path: Path) -> Path:
    """With the types that a spreadsheet might give."""
    kinds = ["Integer", "Integer", "Real", "Real", "Real", "Date", "Time", "Integer", "Real", "Real"]
    path.with_suffix(".csvt").write_text(",".join(["WKT", *kinds]) + "\n")
    return write_csv(path)


def write_geojson(path: Path) -> Path:
    features = [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(box)), "properties": dict(zip(TEXTS, values))}
        for box, values in _rows()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def _rows() -> list[tuple[shapely.Polygon, tuple[str, ...]]]:
    return list(zip(BOXES, zip(*TEXTS.values())))


WRITERS = {
    "gml": write_gml, "gfs": write_gml_and_gfs, "csv": write_csv, "csvt": write_csv_and_csvt, "geojson": write_geojson,
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("field", FIELDS)
def test_two_texts_of_one_number_stay_two(tmp_path, kind, field):
    ending = {"gfs": "gml", "csvt": "csv"}.get(kind, kind)
    layer = read(WRITERS[kind](tmp_path / f"fields.{ending}"), id_field=field, crs=CRS)
    assert layer.ids.tolist() == list(FIELDS[field])
    assert column(layer.table, field, "").tolist() == list(FIELDS[field])


@pytest.mark.parametrize("kind", ["gml", "gfs", "csvt"])
def test_numbers_that_are_written_plainly_stay_numbers(tmp_path, kind):
    table = read(WRITERS[kind](tmp_path / f"fields.{'csv' if kind == 'csvt' else 'gml'}"), crs=CRS).table
    assert all(pandas.api.types.is_numeric_dtype(table[name].dtype) for name in NUMBERS)
    assert [[as_code(value) for value in table[name]] for name in NUMBERS] == [list(t) for t in NUMBERS.values()]


def test_dates_that_are_written_as_such_stay_dates(tmp_path):
    features = json.loads(write_geojson(tmp_path / "fields.geojson").read_text())
    for feature, day in zip(features["features"], ("2018-04-01", "2018-05-01")):
        feature["properties"]["declared"] = day
    (tmp_path / "fields.geojson").write_text(json.dumps(features))
    table = read(tmp_path / "fields.geojson", crs=CRS).table
    assert str(table["declared"].dtype) == "date32[day][pyarrow]"


def test_nulls_and_fields_without_a_value(tmp_path):
    path = tmp_path / "fields.csv"
    path.with_suffix(".csvt").write_text("WKT,Integer,Integer,Real\n")
    path.write_text(f'WKT,a,b,c\n"{BOXES[0].wkt}",010,,\n"{BOXES[1].wkt}",,,7.5\n')
    table = read(path, crs=CRS).table
    assert column(table, "a", "").tolist() == ["010", None]
    assert column(table, "b", "").tolist() == [None, None]
    assert column(table, "c", "").tolist() == [None, 7.5]


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "geojson", "sqlite", "gml", "parquet", "kml", "tab", "csv"])
def test_texts_are_texts_in_every_format(tmp_path, ending):
    path = tmp_path / f"fields.{ending}"
    crs = "EPSG:4326" if ending == "kml" else CRS
    fields = {"plot": ["007", "07", "7"], "whole": [7, 70, 700], "share": np.array([7.0, 70.0, 7.5])}
    _write(path, geopandas.GeoDataFrame(fields, geometry=SMALL, crs=crs))
    found = {name: read(path, id_field=name, crs=crs).ids.tolist() for name in fields}
    expected = {"plot": ["007", "07", "7"], "whole": ["7", "70", "700"], "share": ["7", "70", "7.5"]}
    rows = [found["plot"].index(plot) for plot in expected["plot"]]  # a FlatGeobuf has its own order
    assert {name: [ids[row] for row in rows] for name, ids in found.items()} == expected


def _write(path: Path, layer: geopandas.GeoDataFrame) -> None:
    if path.suffix == ".parquet":
        layer.to_parquet(path)
    else:
        drivers = {"kml": "LIBKML", "tab": "MapInfo File", "csv": "CSV", "gml": "GML", "sqlite": "SQLite"}
        options = {"GEOMETRY": "AS_WKT", "CREATE_CSVT": "YES"} if path.suffix == ".csv" else {}
        pyogrio.write_dataframe(layer, path, driver=drivers.get(path.suffix[1:]), **options)


def test_an_identifier_that_floating_point_rounded_is_refused(tmp_path):
    path = write_parcels(tmp_path / "fields.gpkg", outlines(2), number=np.array([2.0**53, 12345678901234567890.0]))
    with pytest.raises(errors.BadArgument, match="id_field: expected a field of text or of whole numbers"):
        read(path, id_field="number")


def test_single_precision_is_read_as_it_is_shown(tmp_path):
    path = write_parcels(tmp_path / "fields.parquet", outlines(3), number=np.array([1, 0.1, 20], np.float32))
    assert read(path, id_field="number").ids.tolist() == ["1", "0.1", "20"]
