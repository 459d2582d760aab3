"""Truncated files, as after a broken download, of which GDAL reads the rest without an error."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np

from backend.errors import UnreadableParcels
from backend.parcels.sources.locations import Place

_XML = (".gml", ".kml", ".xml")
_HEADER = 100  # bytes of a shapefile's; a table's are in the first twelve
_RECORD_WORDS = 4  # of two bytes, before each outline
_LOOKED_AT = 1 << 16  # bytes at each end of a file
_ROOT = re.compile(rb"<(?![?!])([^\s/>]+)")


def require_whole(place: Place) -> None:
    """Raises UnreadableParcels for a shapefile shorter than declared, or XML without its last tag; not within archives,
    which have checksums.
    """
    if place.member or not place.path.is_file():
        return
    if place.suffix == ".shp":
        _require_bytes(place.path, _length_of_shapes(place))
        for table in (place.path.with_suffix(ending) for ending in (".dbf", ".DBF")):
            if table.exists():
                _require_bytes(table, _length_of_table(_begin(table)))
    if place.suffix in _XML:
        _require_end(place.path)


def _begin(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER)


def _length_of_shapes(place: Place) -> int:
    """Where the last outline ends by the index, an offset and a length for each; else the header's length."""
    index = place.beside(".shx")
    if index is None:
        return max(2 * int.from_bytes(_begin(place.path)[24:28], "big"), _HEADER)
    pairs = np.frombuffer(index[_HEADER:], ">i4", count=max(len(index) - _HEADER, 0) // 8 * 2).reshape(-1, 2)
    return max(_HEADER, int(2 * (pairs.astype(np.int64).sum(axis=1) + _RECORD_WORDS).max(initial=0)))


def _length_of_table(header: bytes) -> int:
    """Less the mark at the end, which some programs leave out."""
    records, first, each = struct.unpack("<IHH", header[4:12]) if len(header) >= 12 else (0, 0, 0)
    return max(first + records * each, 32)


def _require_bytes(path: Path, expected: int) -> None:
    found = path.stat().st_size
    if found < expected:
        raise UnreadableParcels(path, f"it should have {expected} bytes and has {found}; it is cut off")


def _require_end(path: Path) -> None:
    with path.open("rb") as file:
        root = _ROOT.search(file.read(_LOOKED_AT))
        file.seek(max(0, path.stat().st_size - _LOOKED_AT))
        end = file.read()
    if root and not re.search(rb"</" + re.escape(root[1]) + rb"\s*>\s*(<!--.*?-->\s*)*$", end, re.DOTALL):
        raise UnreadableParcels(path, f"it does not end with </{root[1].decode(errors='replace')}>; it is cut off")
