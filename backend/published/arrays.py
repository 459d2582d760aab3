"""An .npz file of series: X (sample, date, band), with its bands, dates, nodata and fields beside it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.errors import BadMeta, BadSample
from backend.protocol import Reporter
from backend.published.axes import Axes, day_of, listed_days, require_single
from backend.published.csv_fields import as_text
from backend.published.cube import Cube
from backend.published.spec import ImportSpec
from backend.published.tables import id_field_of, read_fields
from backend.vocabulary import BANDS

_SCALES = ("scale", "s2_scale")
_Arrays = Mapping[str, NDArray[Any]]


def read_npz(path: Path, spec: ImportSpec, reporter: Reporter) -> Cube:
    """The file's samples with the fields of a table beside them. Raises BadSample, BadMeta, RepeatedSamples, ..."""
    arrays = _arrays(path)
    values = _series(path, arrays)
    spec = _with_own(arrays, spec)
    bands = spec.band_names or tuple(map(str, arrays.get("bands", BANDS)))
    dates = _dates(path, arrays, spec)
    if values.shape[1:] != (len(dates), len(bands)):
        raise BadSample(
            path,
            f"X has {values.shape[1]} dates and {values.shape[2]} bands, but {len(dates)} dates and {len(bands)} bands "
            f"({', '.join(bands)}) are named; give them with --dates-file and --band-names",
        )
    axes = Axes.of(bands, dates, spec, path, reporter)
    beside = _labels_path(path, spec, reporter)
    fields = _fields(path, arrays, beside, spec, len(values))
    ids = _ids(path, fields, spec)
    cube = Cube.of(path, "npz", axes, values, fields, ids, spec, reporter)
    return cube.made_with(beside) if beside else cube


def _arrays(path: Path) -> _Arrays:
    try:
        # opened here, for numpy leaves a damaged file open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BadSample(path, f"it is not a complete .npz file ({error})") from error


def _series(path: Path, arrays: _Arrays) -> NDArray[Any]:
    """X, else the only array of three dimensions."""
    series = [array for name, array in arrays.items() if name == "X"]
    series = series or [array for array in arrays.values() if array.ndim == 3]
    if len(series) != 1 or series[0].ndim != 3 or series[0].dtype.kind not in "uif":
        shapes = ", ".join(f"{name} {array.dtype} {array.shape}" for name, array in arrays.items())
        raise BadSample(path, f"expected numbers X (sample, date, band), found {shapes or 'nothing'}")
    return series[0]


def _with_own(arrays: _Arrays, spec: ImportSpec) -> ImportSpec:
    """Nodata and scale from the file, where the user gives none."""
    own_nodata, own_scale = _single(arrays, "nodata"), _single(arrays, *_SCALES)
    return replace(
        spec,
        nodata=own_nodata if spec.nodata is None else spec.nodata,
        scale=own_scale if spec.scale is None else spec.scale,
    )


def _single(arrays: _Arrays, *names: str) -> float | None:
    found = (arrays[name] for name in names if name in arrays)
    return next((float(array.ravel()[0]) for array in found if array.size == 1), None)


def _dates(path: Path, arrays: _Arrays, spec: ImportSpec) -> list[date]:
    if spec.dates_file:
        return listed_days(spec.dates_file)
    if "dates" not in arrays:
        raise BadMeta(path, "it holds no array dates; give the dates with --dates-file")
    return [day_of(str(text), path) for text in arrays["dates"]]


def _labels_path(path: Path, spec: ImportSpec, reporter: Reporter) -> Path | None:
    """The table that was given, else NAME_labels.csv beside NAME.npz."""
    beside = path.with_name(f"{path.stem}_labels.csv")
    if spec.labels is None and beside.exists():
        reporter.log(f"The samples' fields are read from {beside}.")
        return beside
    return spec.labels


def _fields(path: Path, arrays: _Arrays, beside: Path | None, spec: ImportSpec, count: int) -> pandas.DataFrame:
    """The file's own arrays of one value per sample, and the rows of the table, joined by id, else in their order."""
    series = _series(path, arrays)
    own = {name: array for name, array in arrays.items() if array.shape == (count,) and array is not series}
    fields = pandas.DataFrame({name: array for name, array in own.items() if name not in ("dates", "bands")})
    if beside is None:
        return fields if len(fields.columns) else pandas.DataFrame({"id": range(count)})
    table = read_fields(beside)
    key = id_field_of(table, spec.id_field)
    if key in fields:
        require_single(as_text(table[key]), "sample", beside)
        table = table.set_index(as_text(table[key])).reindex(as_text(fields[key])).reset_index(drop=True)
        return pandas.concat([fields, table.drop(columns=[c for c in table if c in fields])], axis=1)
    if len(table) != count:
        raise BadMeta(beside, f"expected a row for each of the {count} samples of {path}, found {len(table)}")
    return pandas.concat([fields, table.drop(columns=[c for c in table if c in fields])], axis=1)


def _ids(path: Path, fields: pandas.DataFrame, spec: ImportSpec) -> pandas.Series:
    key = id_field_of(fields, spec.id_field)
    ids = as_text(fields[key]) if key is not None else pandas.Series(range(len(fields)))
    require_single(ids.astype(str), "sample", path)
    return ids
