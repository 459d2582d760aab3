"""Where rasters lie: the names by which GDAL opens them, and the file on disk behind such a name."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

NETCDF_SUFFIXES = (".nc", ".nc4", ".netcdf")

_TURNED = "TURNED:"
_ZIP = "/vsizip/"
_ARRAY = re.compile(r'(?:ZARR|NETCDF):"(.+)":(.*)')
_REMOTE = ("/vsicurl/", "http://", "https://")
_SIGNED = re.compile(r"x-(amz|goog)-.*|sig|se|st|sp|sv|sr|sks?\w+|signature|expires|key-pair-id|awsaccesskeyid|token")


def in_zip(archive: Path, member: str) -> str:
    """A file inside an archive, which is read without unpacking. The braces keep GDAL from guessing where the archive's
    name ends, which it does by the suffix `.zip`.
    """
    return f"{_ZIP}{{{archive.as_posix()}}}/{member}"


def in_zarr(store: str, array: str) -> str:
    """An array of a Zarr store; `store` is a folder, or what `in_zip` gives."""
    return f'ZARR:"{store}":/{array}'


def in_netcdf(path: Path, variable: str) -> str:
    """A variable of a netCDF file."""
    return f'NETCDF:"{path.as_posix()}":{variable}'


def turned(source: str) -> str:
    """A netCDF variable whose rows and columns change places (`backend.imagery.turned`)."""
    return _TURNED + source


def as_it_is(source: str) -> str:
    """The variable behind what `turned` gives, and any other source as it is."""
    return source.removeprefix(_TURNED)


def is_turned(source: str) -> bool:
    return source.startswith(_TURNED)


def is_netcdf(source: str) -> bool:
    source = as_it_is(source)
    return source.startswith("NETCDF:") or source.endswith(NETCDF_SUFFIXES)


def is_remote(source: str) -> bool:
    """Whether a raster is on a server."""
    return source.startswith(_REMOTE)


def unsigned(source: str) -> str:
    """A server's address without the signature and the time it ends, which differ each time it is asked for."""
    if not is_remote(source):
        return source
    parts = urlsplit(source)
    kept = [(key, value) for key, value in parse_qsl(parts.query) if not _SIGNED.fullmatch(key.lower())]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def on_disk(source: str) -> Path | None:
    """The file or folder that holds a raster; None when it is on a server."""
    array = _ARRAY.fullmatch(as_it_is(source))
    if array:
        return on_disk(array[1])
    if source.startswith(_ZIP):
        return Path(source.removeprefix(_ZIP + "{").partition("}/")[0].removesuffix("}"))
    return None if is_remote(source) else Path(source)
