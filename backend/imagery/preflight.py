"""Trying netCDF files in a child process first: the library that reads them ends its process on some damaged ones."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_START_S, _EACH_S = 60.0, 30.0  # a file takes 0.05 to 0.2 s to open; damage may also lead the library in a circle
_ERROR_OF_PYTHON = 1  # an exit code; the reader meets the same error, and can tell it


def crashing(paths: Sequence[Path]) -> dict[Path, str]:
    """Those of the netCDF files at `paths` that this process would not survive to open, each with what happens.

    One child opens them all; where it dies, another goes on behind the file it died of. Damage that the library
    survives is not decided here: the reader meets it again, and names it.
    """
    found: dict[Path, str] = {}
    left = list(paths)
    while left:
        begun, end = _tried(left)
        if not begun:  # no child runs here at all: then nothing is known
            break
        if end:
            found[left[begun - 1]] = f"it is damaged: the netCDF library {end} while it opens it"
        left = left[begun:]
    return found


def _tried(paths: Sequence[Path]) -> tuple[int, str]:
    """How many files a child began to open, and what the last of them did to it; "" where it did nothing."""
    flag = "-I" if sys.flags.isolated else "-P"  # no module of the folder it is started in
    try:
        run = subprocess.run(
            [sys.executable, flag, __file__],
            input="\0".join(map(str, paths)).encode("utf-8", "surrogateescape"),  # whatever the locale of either
            capture_output=True,
            timeout=_START_S + _EACH_S * len(paths),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as stuck:
        return len(stuck.stdout or b""), "does not come to an end"
    _require_memory(run.returncode, run.stderr, paths[max(0, len(run.stdout) - 1)])
    return len(run.stdout), "" if run.returncode in (0, _ERROR_OF_PYTHON) else "crashes"


def _require_memory(exit_code: int, errors: bytes, path: Path) -> None:
    """Raises OutOfMemory where that ended the child: what meets damage ends otherwise."""
    from backend.errors import OutOfMemory  # the child runs this file by itself
    from backend.memory import ended_by_memory

    if ended_by_memory(exit_code, errors.decode("utf-8", "replace")):
        raise OutOfMemory(f"the process that opens {path.name} was ended for want of it")


def _open_each() -> None:
    """The child: a byte on stdout before each file, then all that the reader will ask of it but the pixels."""
    import rasterio
    from rasterio.errors import RasterioError

    with rasterio.Env(GDAL_NETCDF_IGNORE_XY_AXIS_NAME_CHECKS="YES"):
        for path in sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0"):
            os.write(1, b".")
            try:
                with rasterio.open(path) as dataset:
                    variables = dataset.subdatasets
                    dataset.tags()
                for variable in variables:
                    with rasterio.open(variable) as dataset:
                        dataset.tags()
            except (RasterioError, OSError):
                continue  # the reader meets it, too


if __name__ == "__main__":
    _open_each()
