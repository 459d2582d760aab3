"""Telling a lack of memory from other faults: libraries report it as errors of many kinds.

An error is recognised by its type where a library has one for it, and by its text only where it has none. Some
libraries give no such error but leave something out, such as a coordinate system, so memory itself is looked at before
an input is blamed. Standard library only: types of others are known by their names.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import mmap
import re
import signal
from collections.abc import Iterator
from pathlib import Path

from backend.errors import EngineError, OutOfMemory

# By type. numpy's and pyarrow's errors are MemoryErrors, too.
_TYPES = (MemoryError, OutOfMemory)
_NAMED_TYPES = (  # the package, and the name of the class or of one that it inherits from
    ("torch", "OutOfMemoryError"),  # of the GPU
    ("rasterio", "CPLE_OutOfMemoryError"),
    ("pyogrio", "CPLE_OutOfMemoryError"),
)

# By text, of errors that are of a general type, or of a library that has none for it. Not those of the engine: their
# texts contain names of files.
_GENERAL_TYPES = (RuntimeError, OSError, ImportError, SystemError)
_PACKAGES = frozenset({"rasterio", "pyogrio", "shapely", "pyarrow", "adbc_driver_manager", "safetensors", "sqlite3"})
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("torch, on the CPU", ("not enough memory", "can't allocate memory")),
    ("torch, on a GPU, by its driver", ("out of memory", "alloc_failed")),
    ("GDAL and libtiff", ("out of memory", "cannot allocate", "could not allocate", "unable to allocate")),
    ("GDAL's other formats", ("memory allocation", "failed to allocate", "no space for")),
    ("zlib and OpenJPEG", ("insufficient memory", "z_mem_error")),
    ("Arrow's allocators", ("malloc of size", "realloc of size")),
    ("C++", ("bad_alloc",)),
    ("the C library's loader", ("failed to map segment",)),
    ("threads", ("can't start new thread", "launch worker thread")),
)

# A process that ended: by the kernel, or by itself with such a text on its stderr.
_SIGKILL = 9  # has no name on Windows
_KILLED = (-_SIGKILL, 128 + _SIGKILL)
_ABORTED = (-signal.SIGABRT, 128 + signal.SIGABRT, 127)  # the last: by the C library's loader


# What an input is not to be blamed for while less than this is left.
_ROOM = 64 << 20
_OF_THE_CALL = ("argument.", "job.", "engine.")  # codes of errors that no lack of memory brings about


def explains(error: BaseException) -> bool:
    """Whether a lack of memory is behind `error`: by what it is, or, where it has no known cause, because memory is at
    its end.
    """
    of_the_call = isinstance(error, EngineError) and error.code.startswith(_OF_THE_CALL)
    of_the_disk = any(isinstance(one, OSError) and one.errno is not None for one in _chain(error))
    return is_lack_of_memory(error) or (not of_the_call and not of_the_disk and is_short())


def is_short() -> bool:
    """Whether the process has, or at some time had, almost all the memory that it may have."""
    limit = limit_bytes()
    if limit is not None and _most_bytes() > limit - _ROOM:
        return True
    try:
        mmap.mmap(-1, _ROOM).close()
    except (OSError, MemoryError):
        return True
    return False


def limit_bytes() -> int | None:
    """The most address space that this process may have; None: no limit, or a system that knows none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _most_bytes() -> int:
    """The most address space that it ever had; 0 where the system does not tell."""
    try:
        found = re.search(r"VmPeak:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    except (OSError, MemoryError):
        return 0
    return int(found[1]) * 1024 if found else 0


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether `error`, or what it was raised from, is a lack of memory."""
    return any(map(_is_one, _chain(error)))


def ended_by_memory(exit_code: int, errors: str) -> bool:
    """Whether a process ended for want of memory: by the kernel, or by itself with the reason among its `errors`."""
    return exit_code in _KILLED or (exit_code in _ABORTED and _says_so(errors))


def require_memory(error: BaseException) -> None:
    """Raises OutOfMemory where that is the cause of `error`, so that the message names it."""
    if isinstance(error, OutOfMemory):
        raise error
    if explains(error):
        raise OutOfMemory(_reason(error)) from error


def true_cause(error: Exception) -> EngineError:
    """The error to report: OutOfMemory where a lack of memory is behind it, whatever was made of it on the way up."""
    if isinstance(error, OutOfMemory) or (isinstance(error, EngineError) and not explains(error)):
        return error
    return OutOfMemory(_reason(error))


def _is_one(error: BaseException) -> bool:
    packages = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(error).__mro__}
    if isinstance(error, _TYPES) or not packages.isdisjoint(_NAMED_TYPES):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    general = isinstance(error, _GENERAL_TYPES) or any(name in _PACKAGES for name, _ in packages)
    return general and _says_so(str(error))


def _says_so(text: str) -> bool:
    lowered = text.lower()
    return any(phrase in lowered for _, phrases in _TEXTS for phrase in phrases)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes; the explicit ones, and of those without the one that was being handled."""
    known: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in known:
        known.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _reason(error: BaseException) -> str:
    """What the library said of it, else the limit that was reached."""
    found = [one for one in _chain(error) if _is_one(one)]
    if not found:
        limit = limit_bytes()
        return "the memory of this computer is used up" if limit is None else f"the limit is {limit / 1e6:,.0f} MB"
    text = next((str(one) for one in found if str(one)), type(error).__name__)
    return text.strip().splitlines()[0][:200].rstrip(".")
