"""Identifiers and codes of imported tables are texts: 010 and 10 are two parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest

from backend.parcels.reading import read
from backend.published.csv_fields import read_csv
from backend.published.encoding import Encoding
from backend.published.importing import import_set
from backend.published.spec import ImportSpec
from backend.series.store import Store
from backend.vocabulary import BANDS
from tests.backend.ground import outlines, write_parcels
from tests.backend.recorder import Recorder

DAYS = ("2018-04-01", "2018-05-01", "2018-06-01")
FIELDS = {"010": "010", "10": "110", "0010": "011"}  # identifiers and their codes


def rows() -> pandas.DataFrame:
    """A long table whose parcels differ by 1,000 counts."""
    return pandas.DataFrame(
        [
            {"parcel_id": name, "date": day, "code": code, **dict.fromkeys(BANDS, 1000 * (number + 1))}
            for number, (name, code) in enumerate(FIELDS.items())
            for day in DAYS
        ]
    )


def imported(table: pandas.DataFrame, path: Path) -> Store:
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    return import_set(path, ImportSpec(), path.with_suffix(".parcels"), Recorder())


@pytest.mark.parametrize("days", [DAYS, None])
def test_leading_zeros_distinguish_parcels_and_codes(tmp_path, days):
    table = rows()
    if days is None:  # dates that differ: one parcel would otherwise be made of two, without a word
        table = table[(table["parcel_id"] == "010") ^ (table["date"] == DAYS[1])]
    store = imported(table, tmp_path / "series.csv")
    assert store.index["parcel_id"].tolist() == list(FIELDS)
    assert store.fields()["code"].tolist() == list(FIELDS.values())
    assert store.reflectance[:, 0, 0].tolist() == [1000, 2000, 3000]


def test_a_wide_table_keeps_them_too(tmp_path):
    wide = {"id": ["01", "1"], **{f"{band}_{day}": [1000, 2000] for band in BANDS for day in DAYS}}
    store = imported(pandas.DataFrame(wide), tmp_path / "series.csv")
    assert store.index["parcel_id"].tolist() == ["01", "1"]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_whole_numbers_in_floating_point_have_no_decimals(tmp_path, ending):
    table = rows().assign(parcel_id=lambda table: table["code"].astype(float))
    store = imported(table, tmp_path / f"series{ending}")
    assert store.index["parcel_id"].tolist() == ["10", "110", "11"]


def test_columns_of_a_csv_have_their_types(tmp_path):
    (tmp_path / "t.csv").write_text("id,area,whole,text,yes,gap,B02\n1,0.5,7,a,True,3,0100\n20,-2e3,0,,False,,5\n")
    table = read_csv(tmp_path / "t.csv")
    kinds = ["int64", "double", "int64", "string", "bool", "int64", "int64"]
    assert [str(kind) for kind in table.dtypes] == [f"{kind}[pyarrow]" for kind in kinds]
    assert table["area"].tolist() == [0.5, -2000.0]
    assert table["gap"].isna().tolist() == table["text"].isna().tolist() == [False, True]


def test_identifiers_of_a_layer_in_floating_point_have_no_decimals(tmp_path):
    path = write_parcels(tmp_path / "fields.gpkg", outlines(3), number=np.array([1.0, 20.0, 2.5]))
    assert read(path, id_field="number").ids.tolist() == ["1", "20", "2.5"]


@pytest.mark.parametrize(
    ("fill", "kind"), [(65535, "uint16"), (-9999, "int16"), (-32768, "int16"), (2147483647, "float32")]
)
@pytest.mark.parametrize("nodata", [None, 1.0])
def test_a_usual_fill_value_is_not_an_observation(fill, kind, nodata):
    numbers = np.full((3, 4, 2), 1200, kind)
    numbers[1, 2] = fill
    series, clear, _ = Encoding(1e-4, 0.0, nodata).encode(numbers)
    assert clear.tolist() == [[True] * 4, [True, True, nodata is not None, True], [True] * 4]
    assert (series[clear & (numbers[:, :, 0] == 1200)] == 1200).all()


def test_identifiers_of_an_array_in_floating_point_meet_those_of_its_table(tmp_path):
    numbers = {"X": np.full((2, 3, 10), 1200, np.int16), "dates": np.array(DAYS), "bands": np.array(BANDS)}
    np.savez(tmp_path / "series.npz", id=np.array([7.0, 20.0]), **numbers)
    (tmp_path / "series_labels.csv").write_text("id,code\n20,b\n7,a\n")
    store = import_set(tmp_path / "series.npz", ImportSpec(), tmp_path / "s.parcels", Recorder())
    assert store.index["parcel_id"].tolist() == ["7", "20"]
    assert store.fields()["code"].tolist() == ["a", "b"]
