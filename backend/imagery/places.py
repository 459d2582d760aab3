"""Where rasters lie: the names by which GDAL opens them, and the file on disk behind such a name."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from pathlib import Path

_ZIP = "/vsizip/"
_ARRAY = re.compile(r'ZARR:"(.+)":(/.*)')
_REMOTE = ("/vsicurl/", "http://", "https://")


def in_zip(archive: Path, member: str) -> str:
    """A file inside an archive, which is read without unpacking. The braces keep GDAL from guessing where the archive's
    name ends, which it does by the suffix `.zip`.
    """
    return f"{_ZIP}{{{archive.as_posix()}}}/{member}"


def in_zarr(store: str, array: str) -> str:
    """An array of a Zarr store; `store` is a folder, or what `in_zip` gives."""
    return f'ZARR:"{store}":/{array}'


def on_disk(source: str) -> Path | None:
    """The file or folder that a raster lies in; None when it lies on a server."""
    array = _ARRAY.fullmatch(source)
    if array:
        return on_disk(array[1])
    if source.startswith(_ZIP):
        return Path(source.removeprefix(_ZIP + "{").partition("}/")[0])
    return None if source.startswith(_REMOTE) else Path(source)
