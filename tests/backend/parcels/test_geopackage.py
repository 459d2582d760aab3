"""A GeoPackage that holds other layers: they are kept, a new one is added, and nothing is lost on the way."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import geopandas
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels import geopackage, writing
from backend.staging import staged
from tests.backend.ground import CRS, X0, Y0

BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(3)]


def layer(**fields) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(fields, geometry=BOXES, crs=CRS)


@pytest.fixture
def shared(tmp_path):
    """A file of two layers and a style of QGIS's."""
    path = tmp_path / "region.gpkg"
    for name in ("mine", "precious"):
        pyogrio.write_dataframe(layer(a=[1, 2, 3]), path, layer=name)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
        database.execute("INSERT INTO layer_styles VALUES (1, '<qgis/>')")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 's')"
        )
    return path


def names(path) -> list[str]:
    return [str(name) for name in pyogrio.list_layers(path)[:, 0]]


def values(path, name) -> list[int]:
    return pyogrio.read_dataframe(path, layer=name)["a"].tolist()


def styles(path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [text for (text,) in database.execute("SELECT styleQML FROM layer_styles")]


def test_a_new_layer_is_added_and_the_others_stay(shared):
    writing.write([layer(a=[7, 8, 9])], shared, "crops")
    assert sorted(names(shared)) == ["crops", "layer_styles", "mine", "precious"]
    assert [values(shared, name) for name in ("mine", "precious", "crops")] == [[1, 2, 3], [1, 2, 3], [7, 8, 9]]
    assert styles(shared) == ["<qgis/>"]
    with closing(sqlite3.connect(shared)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_layer_of_the_same_name_is_replaced_only_when_asked(shared):
    before = shared.read_bytes()
    with pytest.raises(errors.TableExists, match="'Precious', beside mine"):
        writing.write([layer(a=[7, 8, 9])], shared, "Precious")
    assert shared.read_bytes() == before
    writing.write([layer(a=[7, 8, 9])], shared, "precious", overwrite=True)
    assert values(shared, "precious") == [7, 8, 9]
    assert values(shared, "mine") == [1, 2, 3]


def test_a_file_of_this_layer_only_is_a_former_output(tmp_path):
    path = tmp_path / "crops.gpkg"
    for numbers in ([1, 2, 3], [7, 8, 9]):
        writing.write([layer(a=numbers)], path, "crops")
    assert names(path) == ["crops"]
    assert values(path, "crops") == [7, 8, 9]


def test_a_layer_of_another_name_in_the_file_is_not_lost(tmp_path):
    path = tmp_path / "crops.gpkg"
    pyogrio.write_dataframe(layer(a=[1, 2, 3]), path, layer="parcels of the farm")
    writing.write([layer(a=[7, 8, 9])], path, "crops")
    assert names(path) == ["parcels of the farm", "crops"]


def test_what_a_write_ahead_log_holds_is_kept(shared, tmp_path):
    writer = sqlite3.connect(shared, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE layer_styles SET styleQML = 'new'")
    left = tmp_path / "left" / shared.name  # as a program leaves it that was killed
    left.parent.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{shared}{ending}", f"{left}{ending}")
    writer.close()
    writing.write([layer(a=[7, 8, 9])], left, "crops")
    assert styles(left) == ["new"]
    assert values(left, "crops") == [7, 8, 9]
    assert [entry.name for entry in left.parent.iterdir()] == [shared.name]


def test_a_file_that_a_program_holds_open_is_left(shared):
    holder = sqlite3.connect(shared, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("SELECT count(*) FROM mine").fetchall()
    assert writing.check_output(shared, "crops") == "GPKG"  # it may be closed until the layer is written
    with pytest.raises(errors.OutputInUse, match="another program has it open"):
        writing.write([layer(a=[7, 8, 9])], shared, "crops")
    holder.close()
    assert "crops" not in names(shared)


def test_a_file_that_was_changed_meanwhile_is_left_as_it_is(shared):
    def tables():
        if asked:  # the second time: the copy is made, and is being written to
            with closing(sqlite3.connect(shared)) as database, database:
                database.execute("UPDATE layer_styles SET styleQML = 'new'")
        asked.append(True)
        yield layer(a=[7, 8, 9])

    class Tables:
        def __iter__(self):
            return tables()

    asked: list[bool] = []
    with pytest.raises(errors.OutputInUse, match="changed it meanwhile"):
        writing.write(Tables(), shared, "crops")
    assert styles(shared) == ["new"]
    assert "crops" not in names(shared)


def test_a_file_that_a_program_has_locked_is_left(shared):
    before = shared.read_bytes()
    with closing(sqlite3.connect(shared, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert writing.check_output(shared, "crops") == "GPKG"
        with pytest.raises(errors.OutputInUse, match="the database is locked"):
            writing.write([layer(a=[7, 8, 9])], shared, "crops")
    assert shared.read_bytes() == before
    assert [entry.name for entry in shared.parent.iterdir()] == [shared.name]


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([], "Crops_2.gpkg"),
        (["Crops_2.gpkg", "Crops_30.gpkg"], "Crops_3.gpkg"),
        (["crops_2_report.html", "CROPS_3.results", ".Crops_4.gpkg.lock", "Crops_5.shp"], "Crops_6.gpkg"),
        (["Crops_20.gpkg", "My Crops_2.gpkg"], "Crops_2.gpkg"),
    ],
)
def test_another_name_is_of_nothing_that_is_there(tmp_path, there, expected):
    for name in there:
        (tmp_path / name).touch()
    assert geopackage.free_name(tmp_path / "Crops.gpkg") == tmp_path / expected


def test_room_for_the_copy_is_looked_for_first(shared, monkeypatch):
    usage = type("Usage", (), {"free": shared.stat().st_size})()
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(errors.DiskFull, match=r"\d MB needed"):
        writing.write([layer(a=[7, 8, 9])], shared, "crops")
    assert [entry.name for entry in shared.parent.iterdir()] == [shared.name]


def test_a_file_that_is_no_geopackage_holds_no_tables(tmp_path):
    path = tmp_path / "o.gpkg"
    path.write_text("no database")
    assert geopackage.kept_tables(path, "o") == []
    with staged(path) as staging:
        writing.prepare([layer(a=[1, 2, 3])], path, "o", staging)
    assert values(path, "o") == [1, 2, 3]
