"""A layer that was cut off after it was written is noticed, in every format, and the old file stays."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely

from backend import errors
from backend.parcels import read_back, writing
from tests.backend.ground import CRS, X0, Y0

COUNT = 400
BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(COUNT)]


def layer(geometries=BOXES) -> geopandas.GeoDataFrame:
    fields = {"number": range(len(geometries)), "name": ["a name"] * len(geometries)}
    return geopandas.GeoDataFrame(fields, geometry=list(geometries), crs=CRS)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "csv", "parquet"])
@pytest.mark.parametrize("share", [0.5, 0.999])
def test_a_file_that_is_cut_off_replaces_nothing(tmp_path, monkeypatch, ending, share):
    path = tmp_path / f"o.{ending}"
    writing.write([layer()], path, "o")
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    whole = writing._write_as

    def cut(*arguments):
        written = whole(*arguments)
        made = arguments[2]
        with made.open("r+b") as file:
            file.truncate(int(made.stat().st_size * share))
        return written

    monkeypatch.setattr(writing, "_write_as", cut)
    with pytest.raises(errors.NotWritable, match="could not be read back"):
        writing.write([layer()], path, "o")
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


@pytest.mark.parametrize("part", ["dbf", "shx"])
def test_a_part_of_a_shapefile_that_is_cut_off_is_noticed(tmp_path, monkeypatch, part):
    whole = writing._write_as

    def cut(*arguments):
        written = whole(*arguments)
        made = arguments[2].with_suffix(f".{part}")
        with made.open("r+b") as file:
            file.truncate(made.stat().st_size - 40)
        return written

    monkeypatch.setattr(writing, "_write_as", cut)
    with pytest.raises(errors.NotWritable, match="could not be read back"):
        writing.write([layer()], tmp_path / "o.shp", "o")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "csv", "parquet"])
def test_features_without_an_outline_are_counted(tmp_path, ending):
    path = tmp_path / f"o.{ending}"
    writing.write([layer([None, BOXES[0], shapely.Polygon(), BOXES[1]])], path, "o")
    writing.write([layer([None, None])], path, "o")
    assert path.exists()


def test_what_differs_is_named():
    one, other, none = read_back.Tally(), read_back.Tally(), read_back.Tally()
    one.add(np.array(BOXES[:2]))
    for box in BOXES[:2]:
        other.add(np.array([box]))
    none.add(np.array([None, None]))
    assert one.differs_from(other) == ""
    assert one.bounds.tolist() == [X0, Y0 - 90, X0 + 180, Y0]
    assert "nan" in one.differs_from(none)
    other.add(np.array([BOXES[2]]))
    assert one.differs_from(other) == "3 of 2 features"
