"""The layout of a data set, recognised from its files."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.errors import BadArgument, BadSample, UnknownLayout
from backend.protocol import Reporter
from backend.published.arrays import read_npz
from backend.published.folder import Folder
from backend.published.patches import Patches
from backend.published.pixel_sets import PixelSets
from backend.published.source import Source
from backend.published.spec import ImportSpec
from backend.published.tables import read_table

_PATCH_DIMENSIONS, _SET_DIMENSIONS = 4, 3  # (dates, bands, rows, columns), (dates, bands, pixels)
_TABLES = (".csv", ".parquet", ".pq", ".geoparquet")


def open_source(path: Path, spec: ImportSpec, reporter: Reporter) -> Source:
    """Raises UnknownLayout, and what the layout's own reader raises."""
    if path.is_dir():
        return _open_folder(path, spec, reporter)
    if path.suffix.lower() == ".npz":
        return read_npz(path, spec, reporter)
    if path.suffix.lower() in _TABLES:
        return read_table(path, spec, reporter)
    raise UnknownLayout(path, f"its ending is {path.suffix!r}")


def _open_folder(path: Path, spec: ImportSpec, reporter: Reporter) -> Source:
    """Patches or pixel sets, by the dimensions of one sample."""
    if not (path / "DATA").is_dir():
        raise UnknownLayout(path, "it has no folder DATA")
    if spec.labels or spec.id_field or spec.date_field:
        raise BadArgument("labels, id_field, date_field", "none for a folder, whose META defines it", "one of them")
    folder = Folder(path, spec)
    first = next(iter(folder.files.values()))
    try:
        dimensions = np.load(first, mmap_mode="r", allow_pickle=False).ndim
    except (OSError, ValueError, EOFError) as error:
        raise BadSample(first, f"it is not a complete .npy file ({error})") from error
    if dimensions == _PATCH_DIMENSIONS:
        return Patches.of(folder, reporter)
    if dimensions == _SET_DIMENSIONS:
        return PixelSets.of(folder, reporter)
    raise UnknownLayout(path, f"{first.name} has {dimensions} dimensions, not 4 (patches) or 3 (pixel sets)")
