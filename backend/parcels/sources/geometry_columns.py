"""Which column of a Parquet file holds the outlines: the user, the file's metadata or its bytes say it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow
import pyarrow.parquet
import shapely

from backend.errors import BadArgument

_USUAL = ("geometry", "geom", "wkb_geometry", "wkb", "shape", "the_geom")
_FIRST = 100  # values looked at


def with_outlines(geo: Mapping[str, Any], file: pyarrow.parquet.ParquetFile, chosen: str | None) -> dict[str, Any]:
    """GeoParquet's metadata `geo`, {} where there are none, with the column of outlines as the primary one.

    Raises BadArgument where the primary one has no outlines and others have, and for a choice that holds no geometries.
    """
    described = dict(geo) or _described(file, chosen)
    columns = described.get("columns", {})
    primary = chosen or described.get("primary_column")
    outlines = [name for name, column in columns.items() if _may_be_outlines(column)]
    if primary not in columns and chosen or primary in columns and primary not in outlines and outlines:
        raise BadArgument(
            "geometry", f"a column of outlines, {' or '.join(outlines) or 'of which there is none'}", primary
        )
    return {**described, "primary_column": primary} if columns else {}


def _described(file: pyarrow.parquet.ParquetFile, chosen: str | None) -> dict[str, Any]:
    """Of a file without metadata that has a column of WKB, whose coordinate system nobody names."""
    names = [field.name for field in file.schema_arrow if _is_bytes(field.type) and chosen in (None, field.name)]
    usual = sorted(names, key=lambda name: name.lower() not in _USUAL)
    found = next((name for name in usual if _holds_wkb(file, name)), None)
    if found is None:
        return {}
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": [], "crs": None}
    return {"version": "1.0.0", "primary_column": found, "columns": {found: column}}


def _may_be_outlines(column: Mapping[str, Any]) -> bool:
    types = column.get("geometry_types") or ["Polygon"]  # none named: any
    return any("Polygon" in str(kind) or "Collection" in str(kind) for kind in types)


def _is_bytes(kind: pyarrow.DataType) -> bool:
    return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))


def _holds_wkb(file: pyarrow.parquet.ParquetFile, name: str) -> bool:
    batch = next(file.iter_batches(_FIRST, columns=[name]), None)
    values = [value for value in batch.column(0).to_pylist() if value] if batch is not None else []
    return bool(values) and not shapely.is_missing(shapely.from_wkb(values, on_invalid="ignore")).any()
