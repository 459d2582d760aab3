"""Telling a lack of memory from other faults: libraries report it as errors of many kinds.

Standard library only.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
from collections.abc import Iterator

from backend.errors import EngineError, OutOfMemory

_PHRASES = (  # of torch, GDAL, Arrow, CUDA, the C library's loader and threads
    "out of memory",
    "outofmemory",
    "not enough memory",
    "cannot allocate",
    "can't allocate",
    "could not allocate",
    "unable to allocate",
    "memory allocation",
    "malloc of size",
    "realloc of size",
    "bad_alloc",
    "failed to map segment",
    "can't start new thread",
    "launch worker thread",
)


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether `error`, or what it was raised from, is a lack of memory."""
    return any(map(_says_so, _chain(error)))


def require_memory(error: BaseException) -> None:
    """Raises OutOfMemory where that is the cause of `error`, so that the message names it."""
    if isinstance(error, OutOfMemory):
        raise error
    if is_lack_of_memory(error):
        raise OutOfMemory(_first_line(error)) from error


def true_cause(error: Exception) -> EngineError:
    """The error to report: OutOfMemory where a lack of memory is behind it, whatever was made of it on the way up."""
    if isinstance(error, OutOfMemory) or (isinstance(error, EngineError) and not is_lack_of_memory(error)):
        return error
    return OutOfMemory(_first_line(error))


def _says_so(error: BaseException) -> bool:
    if isinstance(error, (MemoryError, OutOfMemory)) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    text = str(error).lower()
    return any(phrase in text for phrase in _PHRASES)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes; the explicit ones, and of those without the one that was being handled."""
    known: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in known:
        known.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _first_line(error: BaseException) -> str:
    text = next((str(one) for one in _chain(error) if _says_so(one) and str(one)), type(error).__name__)
    return text.strip().splitlines()[0][:200].rstrip(".")
