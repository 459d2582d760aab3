"""Writing files: refusals of the operating system become errors of ours, and no half-written file takes a place."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backend.errors import DiskFull, NotWritable


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals inside the block into DiskFull or NotWritable, which name the output."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(path, None, shutil.disk_usage(existing(path)).free / 1e6) from error
        raise NotWritable(path, error.strerror or error) from error


def existing(path: Path) -> Path:
    """The nearest folder of `path` that exists."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def write_beside(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file beside `path`, which then takes its place: the file is whole, or as it was before.

    The folder is made where it is missing. Raises NotWritable, DiskFull, and what `write` raises.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(beside)
            beside.replace(path)
    finally:
        with suppress(OSError):  # it took the place already, or was never begun
            beside.unlink()
