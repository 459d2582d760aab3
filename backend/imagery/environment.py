"""GDAL's options for a source, by its location: those under which a raster is opened and read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import rasterio

from backend.imagery.locations import is_netcdf, is_remote

_REMOTE: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # else GDAL asks for the folder's listing and for files beside it
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",  # the whole header of a 10,980 pixel COG in one request
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",  # neighbouring blocks in one request
    "GDAL_HTTP_MULTIPLEX": "YES",  # requests at once over one connection, where the server speaks HTTP/2
    "GDAL_HTTP_VERSION": "2",
    "GDAL_HTTP_MAX_RETRY": "3",  # of 429, 5xx and broken connections
    "GDAL_HTTP_RETRY_DELAY": "0.5",  # seconds, doubled each time
    "GDAL_HTTP_CONNECTTIMEOUT": "15",
    "GDAL_HTTP_TIMEOUT": "120",  # seconds for one range
    "GDAL_HTTP_LOW_SPEED_LIMIT": "100",  # bytes a second: a server that has gone silent is given up ...
    "GDAL_HTTP_LOW_SPEED_TIME": "30",  # ... after so many seconds
}
_NETCDF = {
    "GDAL_NETCDF_IGNORE_XY_AXIS_NAME_CHECKS": "YES",  # xarray writes x and y without the attributes that CF asks for
}

_JPEG2000 = {
    "GDAL_NUM_THREADS": "1",  # with more, GDAL 3.10 gives zeros for tiles that it cannot decode, and no error
}


def gdal_told_of(source: str) -> AbstractContextManager[object]:
    """Within it GDAL has the configuration that suits `source`; an ordinary file needs none."""
    options = _REMOTE if is_remote(source) else _NETCDF if is_netcdf(source) else {}
    if _is_jpeg2000(source):
        options = options | _JPEG2000
    return rasterio.Env(**options) if options else nullcontext()


def driver_for(source: str) -> str | None:
    """The format that GDAL is to take `source` for; None: whichever it is. What comes from a server is GeoTIFF or
    JPEG 2000 and nothing else: a VRT from there could name files on this disk.
    """
    if not is_remote(source):
        return None
    return "JP2OpenJPEG" if _is_jpeg2000(source) else "GTiff"


def _is_jpeg2000(source: str) -> bool:
    return source.partition("?")[0].lower().endswith(".jp2")
