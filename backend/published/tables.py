"""Series in CSV and Parquet tables: long (a row per sample and date) or wide (a column per band and date)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from backend.errors import BadArgument, BadSample, MissingField, RepeatedSamples, UnknownLayout
from backend.imagery.names import band_in, moment_in
from backend.protocol import Reporter
from backend.published.axes import Axes, day_of, require_single
from backend.published.csv_fields import as_text, read_csv
from backend.published.cube import Cube
from backend.published.spec import ImportSpec

_IDS = ("sample_id", "parcel_id", "id_parcel", "id", "fid")
_DATES = ("date", "timestamp", "time", "datetime", "acquisition")
_ARROW: dict[str, Any] = {"types_mapper": pandas.ArrowDtype}


def read_table(path: Path, spec: ImportSpec, reporter: Reporter) -> Cube:
    """The samples of a long or wide table. Raises BadSample, UnknownLayout, RepeatedSamples, MissingField, ..."""
    if spec.labels or spec.dates_file or spec.band_names:
        raise BadArgument(
            "labels, dates_file, band_names", "none for a table, which has columns for them", "one of them"
        )
    table = read_fields(path)
    wide = _wide_columns(table)
    if wide:
        return _wide(path, table, wide, spec, reporter)
    bands = {str(name): band for name in table.columns if (band := band_in(str(name)))}
    date_field = _field_of(table, _DATES, spec.date_field, path)
    if not bands or date_field is None:
        raise UnknownLayout(path, f"its columns are {', '.join(map(str, table.columns[:12]))}")
    return _long(path, table, date_field, spec, reporter)


def read_fields(path: Path) -> pandas.DataFrame:
    """A CSV or (Geo)Parquet file; whole numbers with gaps stay whole, 010 is a text. Raises BadSample."""
    try:
        if path.suffix.lower() == ".csv":
            return read_csv(path)
        if b"geo" in (pyarrow.parquet.read_schema(path).metadata or {}):
            return geopandas.read_parquet(path, to_pandas_kwargs=_ARROW)
        return pyarrow.parquet.read_table(path).to_pandas(**_ARROW)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise BadSample(path, f"it cannot be read as a table ({error})") from error


def id_field_of(table: pandas.DataFrame, chosen: str | None, where: object = "The table") -> str | None:
    """The chosen field, else the first of the usual names that is there. Raises MissingField."""
    return _field_of(table, _IDS, chosen, where)


def _field_of(table: pandas.DataFrame, usual: tuple[str, ...], chosen: str | None, where: object) -> str | None:
    if chosen is not None:
        if chosen not in table:
            raise MissingField(where, chosen, map(str, table.columns))
        return chosen
    named = {str(name).lower(): str(name) for name in table.columns}
    return next((named[name] for name in usual if name in named), None)


# Wide


def _wide_columns(table: pandas.DataFrame) -> dict[str, tuple[str, str]]:
    """The columns that hold a band at a date, with both."""
    return {
        str(name): (band, moment.date().isoformat())
        for name in table.columns
        if (band := band_in(str(name))) and (moment := moment_in(str(name)))
    }


def _wide(
    path: Path, table: pandas.DataFrame, columns: Mapping[str, tuple[str, str]], spec: ImportSpec, reporter: Reporter
) -> Cube:  # fmt: skip
    require_single(columns.values(), "column of a band and date", path)
    bands = list(dict.fromkeys(band for band, _ in columns.values()))
    dates = sorted({day for _, day in columns.values()})
    values = np.full((len(table), len(dates), len(bands)), np.nan, np.float32)
    for name, (band, day) in columns.items():
        values[:, dates.index(day), bands.index(band)] = _numbers(table[name], path)
    fields = table.drop(columns=list(columns))
    key = id_field_of(fields, spec.id_field, path)
    ids = as_text(fields[key]) if key is not None else pandas.Series(range(len(table)))
    require_single(ids.astype(str), "sample", path)
    if not len(fields.columns):
        fields = pandas.DataFrame({"id": ids})
    axes = Axes.of(bands, [day_of(day, path) for day in dates], spec, path, reporter)
    return Cube.of(path, "wide table", axes, values, fields, ids, spec, reporter)


# Long


def _long(path: Path, table: pandas.DataFrame, date_field: str, spec: ImportSpec, reporter: Reporter) -> Cube:
    key = id_field_of(table, spec.id_field, path)
    if key is None:
        raise MissingField(path, "id", map(str, table.columns))
    sample, ids = pandas.factorize(as_text(table[key]))
    day, days = _days(table[date_field], path)
    _require_single_rows(path, sample, day, ids, days)
    bands = [str(name) for name in table.columns if band_in(str(name))]
    values = np.full((len(ids), len(days), len(bands)), np.nan, np.float32)
    for place, name in enumerate(bands):
        values[sample, day, place] = _numbers(table[name], path)
    fields = _constant(table.drop(columns=[*bands, date_field]), sample, reporter)
    axes = Axes.of(bands, days, spec, path, reporter)
    return Cube.of(path, "long table", axes, values, fields, pandas.Series(ids), spec, reporter)


def _days(column: pandas.Series, path: Path) -> tuple[NDArray[np.int64], list[date]]:
    """The position of each row's day, and the days in rising order. Raises UnreadableDate."""
    written, texts = pandas.factorize(column.astype(str))
    of_text, days = pandas.factorize(np.array([day_of(str(text), path) for text in texts], "datetime64[D]"), sort=True)
    return of_text[written], [day.item() for day in days]


def _require_single_rows(
    path: Path, sample: NDArray[np.int64], day: NDArray[np.int64], ids: pandas.Index, days: list[date]
) -> None:  # fmt: skip
    """Raises RepeatedSamples where a sample has two rows of one date."""
    row = sample * len(days) + day
    unique, counts = np.unique(row, return_counts=True)
    if len(unique) < len(row):
        repeated = (f"{ids[place // len(days)]} on {days[place % len(days)]}" for place in unique[counts > 1])
        raise RepeatedSamples(path, "sample and date", repeated)


def _constant(table: pandas.DataFrame, sample: NDArray[np.int64], reporter: Reporter) -> pandas.DataFrame:
    """The fields that do not change over time, one row per sample; the others are logged."""
    changing = [name for name in table.columns if (table[name].groupby(sample).nunique(dropna=False) > 1).any()]
    if changing:
        reporter.log(f"Fields left out because they change over time and are not bands: {', '.join(changing)}.")
    return table.drop(columns=changing).groupby(sample, sort=True).head(1).reset_index(drop=True)


def _numbers(column: pandas.Series, path: Path) -> NDArray[np.float32]:
    """Raises BadSample for a column of texts."""
    try:
        return pandas.to_numeric(column).to_numpy(np.float32, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise BadSample(path, f"the column {column.name} contains values that are not numbers ({error})") from error
