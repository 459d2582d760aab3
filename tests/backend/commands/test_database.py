"""Parcels from a PostGIS database through the whole of `classify` and `extract`."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import pandas
import pytest
import shapely

from backend.errors import StoreOfOtherInputs
from backend.parcels.predictions import FIELDS
from tests.backend import postgis
from tests.backend.commands.conftest import run

pytestmark = pytest.mark.skipif(not postgis.installed(), reason="PostgreSQL with PostGIS is not installed")


@pytest.fixture(scope="module")
def address(region):
    """The region's parcels in a table, its rows turned round and its key in the file's order."""
    own = geopandas.read_file(region.parcels)
    with postgis.server() as found:
        columns = 'id int4 PRIMARY KEY, parcel int8, "CODE_CULTU" text, geom geometry(Geometry, 32631)'
        rows = []
        for number, row in reversed(list(own.iterrows())):
            wkb = (
                "NULL"
                if row.geometry is None
                else f"ST_GeomFromWKB('\\x{shapely.to_wkb(row.geometry, hex=True)}', 32631)"
            )
            crop = "NULL" if pandas.isna(row["CODE_CULTU"]) else f"'{row['CODE_CULTU']}'"
            rows.append(f"({number + 1}, {row['parcel']}, {crop}, {wkb})")
        postgis.run(found, f"CREATE TABLE parcels ({columns})", f"INSERT INTO parcels VALUES {', '.join(rows)}")
        yield found


def test_a_table_is_classified_as_the_file_it_was_made_of(region, address, tmp_path):
    options = ("--masks", region.masks, "--model", region.model, "--device", "cpu")
    run("classify", region.images, address, "-o", tmp_path / "table.gpkg", "--layer", "parcels", *options)
    run("classify", region.images, region.parcels, "-o", tmp_path / "file.gpkg", *options)
    table, file = (geopandas.read_file(tmp_path / f"{name}.gpkg") for name in ("table", "file"))
    assert list(table.columns) == ["id", "parcel", "CODE_CULTU", *FIELDS, "geometry"]
    assert table["id"].tolist() == list(range(1, len(file) + 1))
    same = ["parcel", "CODE_CULTU", *FIELDS]
    pandas.testing.assert_frame_equal(pandas.DataFrame(table[same]), pandas.DataFrame(file[same]))
    for name in ("table_report.html", "table_report.json"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "hay" not in text and "/land" in text


def test_a_store_knows_the_table_it_was_made_of(region, address, tmp_path):
    def extract():
        return run(
            "extract", region.images, address, "--masks", region.masks, "-o", tmp_path / "s", "--layer", "parcels"
        )

    first = extract()
    made = (tmp_path / "s" / "clear.npy").stat().st_mtime_ns
    assert extract().values["parcels"] == first.values["parcels"]
    assert (tmp_path / "s" / "clear.npy").stat().st_mtime_ns == made
    assert "farmer" not in (tmp_path / "s" / "manifest.json").read_text(encoding="utf-8")
    postgis.run(address, "UPDATE parcels SET \"CODE_CULTU\" = 'XXX' WHERE id = 3")
    with pytest.raises(StoreOfOtherInputs, match="parcels"):
        extract()
