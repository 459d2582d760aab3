"""Writing files: errors of the operating system become EngineErrors, and no incomplete file replaces another."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backend.errors import DiskFull, EngineError, FileTooLarge, NotWritable, QuotaExceeded
from backend.memory import require_memory
from backend.processes import is_running

PART, FORMER = "part", "old"  # endings of what is not finished, and of what was replaced
_LEAST_FREE = 1 << 20  # bytes free on a disk on which a file could not be finished
_PHRASES = {  # of libraries that give no number
    errno.ENOSPC: ("no space left", "disk is full", "disk full"),
    errno.EFBIG: ("file too large",),
    errno.EDQUOT: ("quota exceeded",),
}


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals inside the block into an error that names the output and the cause:
    DiskFull, QuotaExceeded, FileTooLarge, OutOfMemory, else NotWritable.
    """
    try:
        yield
    except OSError as error:
        require_memory(error)
        raise refusal(path, error) from error


def refusal(path: Path, error: Exception) -> EngineError:
    """What to raise where `path` cannot be written because of `error`, an OSError or a library's own."""
    number = cause(error)
    if number == errno.ENOSPC:
        return DiskFull(path, None, shutil.disk_usage(existing(path)).free / 1e6)
    if number == errno.EFBIG:
        return FileTooLarge(path, (size_limit() or 0) / 1e6 or None)
    if number == errno.EDQUOT:
        return QuotaExceeded(path)
    return NotWritable(path, getattr(error, "strerror", None) or error)


def cause(error: BaseException) -> int | None:
    """The number of an operating system's error, or the one that a library's text means; None without."""
    number = getattr(error, "errno", None)
    text = str(error).lower()
    return next((n for n, phrases in _PHRASES.items() if n == number or any(p in text for p in phrases)), number)


def shortage(folder: Path) -> int:
    """Why a library left files in `folder` incomplete without an error: ENOSPC, EFBIG, else EIO."""
    if shutil.disk_usage(folder).free < _LEAST_FREE:
        return errno.ENOSPC
    limit, sizes = size_limit(), [entry.stat().st_size for entry in folder.rglob("*") if entry.is_file()]
    return errno.EFBIG if limit is not None and max(sizes, default=0) > limit - _LEAST_FREE // 16 else errno.EIO


def size_limit() -> int | None:
    """The most bytes that a file of this process may have; None: no limit, or a system that knows none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def existing(path: Path) -> Path:
    """The nearest folder of `path` that exists."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def beside(path: Path, ending: str = PART) -> Path:
    """Where this process prepares what is to be at `path`, or keeps what was there."""
    return path.with_name(f".{path.name}.{os.getpid()}.{ending}")


def write_beside(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file beside `path`, which then replaces it: the file is complete, or not changed.

    The folder is made where it is missing, and what killed runs left of this file is removed. Raises what `writing_to`
    and `write` raise.
    """
    part = beside(path)
    try:
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path)
            write(part)
            part.replace(path)
    finally:
        with suppress(OSError):  # it was moved already, or never written
            part.unlink()


def remove_leftovers(path: Path) -> None:
    """Removes what killed runs prepared for `path` or put aside of it; that of a process that runs is left."""
    named = re.compile(rf"\.?{re.escape(path.name)}\.(?P<pid>\d+)\.({PART}|{FORMER})|{_of_version_0_1(path)}")
    for entry in _entries(path.parent):
        found = named.fullmatch(entry.name)
        if found and not (found["pid"] and is_running(int(found["pid"]))):
            remove(entry)
    for folder in _entries(path.parent):
        if re.fullmatch(rf"\.{re.escape(path.stem)}-[a-z0-9_]{{8}}", folder.name) and _prepares(folder, path):
            remove(folder)


def remove(path: Path) -> None:
    """Removes a file or a folder as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()


def discard(folder: Path) -> None:
    """Removes a folder so that a kill on the way leaves none of its name that looks whole."""
    former = beside(folder, FORMER)
    with suppress(OSError):
        folder.rename(former)
        folder = former
    remove(folder)


def _of_version_0_1(path: Path) -> str:
    """Reports that were being written: their names hold no process."""
    return rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.{PART}"


def _prepares(folder: Path, path: Path) -> bool:
    """Whether a folder of version 0.1.0, whose name holds no process, is of this output and of no other."""
    names = [entry.name for entry in _entries(folder)]
    return folder.is_dir() and (path.name in names or not names)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
