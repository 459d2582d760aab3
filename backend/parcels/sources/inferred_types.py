"""Fields of text formats that GDAL took for numbers or dates: where that would change a value, they stay text.

GML, CSV and GeoJSON are texts; GDAL infers the types of their fields, or a .gfs or .csvt beside them names types that
another program inferred. Of parcels `010` and `10`, `1.10` and `1.1`, or of 20 digits, two would become one.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas
import pyarrow
import pyogrio

_TIMES: tuple[Callable[[pyarrow.DataType], bool], ...] = (pyarrow.types.is_temporal,)
_ANY = (*_TIMES, pyarrow.types.is_integer, pyarrow.types.is_floating, pyarrow.types.is_boolean)
_INFERRED = {"GML": _ANY, "CSV": _ANY, "GeoJSON": _TIMES}  # in JSON numbers and texts differ
_MOST_DIGITS = 15  # that floating point holds
_PLAIN_NUMBER = rf"-?(0|[1-9][0-9]{{0,{_MOST_DIGITS - 1}}})(\.[0-9]{{1,{_MOST_DIGITS}}})?"
_WHOLE = r"-?(0|[1-9][0-9]{0,17})"


def may_be(driver: str) -> bool:
    """Whether types of this format are inferred."""
    return driver in _INFERRED


def restored(
    table: pandas.DataFrame, place: str, driver: str, layer: str, features: Mapping[str, Any]
) -> pandas.DataFrame:  # fmt: skip
    """The table with the texts of the file in those fields. `features`: which these are, for pyogrio."""
    kinds = {str(field): _kind(column) for field, column in table.items()}
    suspect = [field for field, kind in kinds.items() if any(test(kind) for test in _INFERRED[driver])]
    if not suspect:
        return table
    fields = [{"name": field, "type": "String", "subType": "None"} for field in suspect]
    schema = json.dumps({"layers": [{"name": layer, "schemaType": "Patch", "fields": fields}]})
    how = {"layer": layer, "columns": suspect, "read_geometry": False, "OGR_SCHEMA": schema, **features}
    _, written = pyogrio.read_arrow(place, **how)
    text = pandas.ArrowDtype(pyarrow.string())
    texts = {field: pandas.Series(written.column(field), table.index, text).replace("", None) for field in suspect}
    return table.assign(**{field: texts[field] for field in suspect if _changes(texts[field], table[field])})


def _kind(column: pandas.Series) -> pyarrow.DataType:
    if isinstance(column.dtype, pandas.ArrowDtype):
        return column.dtype.pyarrow_dtype
    return pyarrow.timestamp("ms") if pandas.api.types.is_datetime64_any_dtype(column.dtype) else pyarrow.null()


def _changes(texts: pandas.Series, values: pandas.Series) -> bool:
    """Whether a value is not the one that is written, or one value is written in two ways."""
    kind = _kind(values)
    written = texts.dropna()
    if pyarrow.types.is_date(kind):
        return not written.equals(values.dropna().astype(str).astype(texts.dtype))
    if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind):
        form, wide = (
            (_WHOLE, "int64[pyarrow]") if pyarrow.types.is_integer(kind) else (_PLAIN_NUMBER, "double[pyarrow]")
        )
        if not written.str.fullmatch(form).all() or not written.astype(wide).equals(values.dropna().astype(wide)):
            return True
    return bool(written.nunique() != values.nunique())
