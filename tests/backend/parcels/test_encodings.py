"""A shapefile's texts, whatever wrote them: with a .cpg, without, with a wrong one, with a code page in the header."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import pyogrio
import pytest
import shapely

from backend import errors
from backend.parcels.reading import read
from tests.backend.ground import CRS, X0, Y0

WORDS = ["blé d'été", "cœur à 5 €", None, "x"]
LATIN_1 = ["blé d'été", "maïs à grain", None, "x"]
BOXES = [shapely.box(X0 + 100 * i, Y0 - 90, X0 + 100 * i + 80, Y0) for i in range(4)]


def shapefile(path, words, encoding, cpg=None, driver_id=0):
    """`words` in the .dbf as `encoding` has them; `cpg` is what the .cpg says, None for no such file."""
    table = geopandas.GeoDataFrame({"culture": words, "libellé": [1, 2, 3, 4]}, geometry=BOXES, crs=CRS)
    pyogrio.write_dataframe(table, path, encoding=encoding)
    stored = path.with_suffix(".dbf").read_bytes()
    assert words[0].encode(encoding) in stored
    path.with_suffix(".dbf").write_bytes(stored[:29] + bytes([driver_id]) + stored[30:])
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg", "driver_id"),
    [
        ("UTF-8", "UTF-8", 0),
        ("UTF-8", "65001", 0),
        ("UTF-8", None, 0),
        ("UTF-8", None, 0x57),
        ("CP1252", "1252", 0),
        ("CP1252", "ANSI 1252", 0),
        ("CP1252", "Windows-1252", 0),
        ("CP1252", None, 3),
        ("ISO-8859-15", "ISO-8859-15", 0),
        ("ISO-8859-15", "885915", 0),
        ("ISO-8859-15", "ISO 8859-15\r\n", 0x57),
    ],
)
def test_the_encoding_that_a_shapefile_declares_or_its_bytes_reveal(tmp_path, encoding, cpg, driver_id):
    layer = read(shapefile(tmp_path / "p.shp", WORDS, encoding, cpg, driver_id))
    assert layer.table["culture"].astype(object).where(layer.table["culture"].notna(), None).tolist() == WORDS
    assert list(layer.table.columns) == ["culture", "libellé", "geometry"]
    assert layer.remarks == ()


@pytest.mark.parametrize(("words", "encoding"), [(WORDS, "CP1252"), (LATIN_1, "ISO-8859-1")])
@pytest.mark.parametrize(("cpg", "driver_id"), [(None, 0), (None, 0x57), ("UTF-8", 0), ("no such thing", 0)])
def test_without_an_answer_it_is_windows_1252_and_reported(tmp_path, words, encoding, cpg, driver_id):
    layer = read(shapefile(tmp_path / "p.shp", words, encoding, cpg, driver_id))
    assert layer.table["culture"].dropna().tolist() == [word for word in words if word]
    assert [remark.code for remark in layer.remarks] == ["parcels.encoding_guessed"]
    assert "--encoding" in layer.remarks[0].advice


def test_an_encoding_that_cannot_be_detected_is_given(tmp_path):
    path = shapefile(tmp_path / "p.shp", WORDS, "ISO-8859-15")
    assert read(path).table["culture"][1] == "c½ur à 5 ¤"  # what Windows-1252 makes of it
    layer = read(path, encoding="iso-8859-15")
    assert layer.table["culture"].dropna().tolist() == [word for word in WORDS if word]
    assert layer.remarks == ()


def test_a_text_that_is_cut_within_a_letter_costs_no_other(tmp_path):
    path = shapefile(tmp_path / "p.shp", [*["blé d'été " * 3] * 3, "fève"], "UTF-8")
    stored = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(stored.replace("fève".encode(), b"f\xc3ve "))
    layer = read(path)
    assert layer.table["culture"].tolist() == [*["blé d'été " * 2 + "blé d'été"] * 3, "f\ufffdve"]
    assert [remark.code for remark in layer.remarks] == ["parcels.broken_text"]


def test_an_encoding_that_means_nothing_is_refused(tmp_path):
    path = shapefile(tmp_path / "p.shp", WORDS, "UTF-8")
    with pytest.raises(errors.BadArgument, match="latin99"):
        read(path, encoding="latin99")
    pyogrio.write_dataframe(read(path).table, tmp_path / "p.gpkg")
    with pytest.raises(errors.BadArgument, match="only shapefiles"):
        read(tmp_path / "p.gpkg", encoding="UTF-8")
