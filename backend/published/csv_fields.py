"""Columns of CSV tables: identifiers and codes stay as they are written, numbers become numbers."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pandas
import pyarrow
import pyarrow.compute

from backend.crop_codes import as_code
from backend.imagery.names import band_in

_TEXT = pandas.ArrowDtype(pyarrow.string())
_LEADING_ZERO = r"^[+-]?0[0-9]"  # 010 and 10 are two parcels; 0 and 0.5 are numbers
_TYPES = (pyarrow.int64(), pyarrow.float64(), pyarrow.bool_())


def read_csv(path: Path) -> pandas.DataFrame:
    """All columns but those of bands are read as texts first: a number has lost its leading zeros. Raises ValueError.

    A column is of numbers where all of its texts are, none of them with a leading zero.
    """
    names = pandas.read_csv(path, nrows=0).columns
    texts = {name: _TEXT for name in names if band_in(str(name)) is None}
    table = pandas.read_csv(path, dtype=texts, dtype_backend="pyarrow")
    return table.assign(**{name: _typed(table[name]) for name in texts})


def as_text(column: pandas.Series) -> pandas.Series:
    """Identifiers as texts: a whole number in a column of floating point has no decimals."""
    if not pandas.api.types.is_float_dtype(column.dtype):
        return column.astype(str)
    return column.map(lambda value: as_code(value) or str(value)).astype(str)


def _typed(column: pandas.Series) -> pandas.Series:
    texts = pyarrow.chunked_array(column.array.__arrow_array__())
    if pyarrow.compute.any(pyarrow.compute.match_substring_regex(texts, _LEADING_ZERO)).as_py():
        return column
    for kind in _TYPES:
        try:
            return pandas.Series(texts.cast(kind), index=column.index, dtype=pandas.ArrowDtype(kind), name=column.name)
        except pyarrow.ArrowInvalid:
            continue
    return column
