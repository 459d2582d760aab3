"""GeoParquet in parts, without metadata, with several geometries; zip archives with backslashes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pytest
import shapely

from backend import errors
from backend.parcels.reading import ParcelLayer, read
from tests.backend.ground import CRS, outlines, write_parcels


def fields(count: int = 12) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"code": [f"{i:03d}" for i in range(count)]}, geometry=outlines(count), crs=CRS)


def is_whole(layer: ParcelLayer, table: geopandas.GeoDataFrame) -> None:
    assert layer.table["code"].tolist() == table["code"].tolist()
    assert shapely.equals(np.asarray(layer.table.geometry.array), np.asarray(table.geometry.array)).all()
    assert layer.ids.tolist() == [str(number) for number in range(len(table))]


def test_a_folder_of_parts_is_one_layer(tmp_path):
    table, folder = fields(), tmp_path / "fields.parquet"
    folder.mkdir()
    for number in range(3):
        table.iloc[4 * number : 4 * number + 4].to_parquet(folder / f"part-{number}.parquet")
    layer = read(folder)
    is_whole(layer, table)
    assert layer.crs == CRS
    before = layer.source.stamp()
    (folder / "part-2.parquet").unlink()
    assert read(folder).source.stamp() != before


@pytest.mark.parametrize("column", ["geometry", "wkb_geometry", "outline"])
def test_wkb_without_metadata_is_found_and_asks_for_its_system(tmp_path, column):
    table, path = fields(), tmp_path / "fields.parquet"
    plain = pandas.DataFrame({"raw": [b"x"] * 12, "code": table["code"], column: table.geometry.to_wkb()})
    plain.to_parquet(path)
    with pytest.raises(errors.NoCrs):
        read(path)
    layer = read(path, crs=CRS)
    is_whole(layer, table)
    assert layer.table.crs == CRS


def test_bytes_that_are_no_geometries_are_no_outlines(tmp_path):
    pandas.DataFrame({"geometry": [b"x", b"yz"]}).to_parquet(tmp_path / "fields.parquet")
    with pytest.raises(errors.NoParcels):
        read(tmp_path / "fields.parquet")


def several(path: Path) -> geopandas.GeoDataFrame:
    """The outlines beside the points that the file calls its geometry."""
    table = fields()
    both = table.rename_geometry("outline").assign(centre=table.geometry.centroid).set_geometry("centre")
    both.to_parquet(path)
    return table


def test_of_several_geometries_the_column_of_outlines_is_asked_for(tmp_path):
    table = several(tmp_path / "fields.parquet")
    with pytest.raises(errors.BadArgument, match="geometry: expected a column of outlines, outline, found 'centre'"):
        read(tmp_path / "fields.parquet")
    is_whole(read(tmp_path / "fields.parquet", geometry="outline"), table)


@pytest.mark.parametrize(("name", "column"), [("fields.parquet", "code"), ("fields.parquet", "x"), ("a.gpkg", "geom")])
def test_a_column_that_holds_no_outlines_is_refused(tmp_path, name, column):
    several(tmp_path / "fields.parquet")
    write_parcels(tmp_path / "a.gpkg", outlines())
    with pytest.raises(errors.BadArgument, match="geometry"):
        read(tmp_path / name, geometry=column)


def test_a_zip_whose_folders_have_backslashes(tmp_path):
    table = fields()
    table.to_file(tmp_path / "fields.shp")
    with zipfile.ZipFile(tmp_path / "fields.zip", "w") as archive:
        for part in tmp_path.glob("fields.*[!p]"):
            entry = zipfile.ZipInfo("x")
            entry.filename = f"Fl\u00e4chen\\{part.name}"  # which ZipInfo itself would turn into slashes elsewhere
            archive.writestr(entry, part.read_bytes())
        archive.write(tmp_path / "fields.shp", "Fl\u00e4chen\\fields.shp")
    assert read(tmp_path / "fields.zip").table["code"].tolist() == table["code"].tolist()
