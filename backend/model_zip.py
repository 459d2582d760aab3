"""The zip of a `.cropmodel` file, opened and read within limits that hold whatever the file declares.

Standard library only and valid on Python 3.9: the plugin loads this file by path, as what `model_file.py` is made with.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Optional

from .json_document import Fault, first_line

MODEL, WEIGHTS, REPORT = MEMBERS = ("model.json", "weights.safetensors", "report.json")
TRAINING_PARCELS, NOVELTY = "training_parcels.bin", "novelty.bin"  # members that may be missing
# Unpacked; a large forest weighs gigabytes
MOST_BYTES = {MODEL: 16 << 20, WEIGHTS: 4 << 30, REPORT: 64 << 20, TRAINING_PARCELS: 16 << 20, NOVELTY: 80 << 20}
MOST_FILE_BYTES = (1 << 31) - 1  # a larger zip has a directory of another kind
MOST_DIRECTORY_BYTES, MOST_MEMBERS = 1 << 16, 16
MOST_RATIO, FREE_BYTES = 100, 1 << 20  # unpacked to packed bytes, past the first MiB; ours are below 20

_PIECE = 1 << 20
_END = struct.Struct("<4s4H2LH")  # the record that ends a zip without a comment
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip, once kind, sizes and directory are within the limits; whatever fails in reading it raises Fault.

    A pipe or a device is refused without being opened, since reading one may never end.
    """
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            raise Fault("it is a directory" if stat.S_ISDIR(kind) else "it is not a regular file")
        with path.open("rb") as file:
            _check_directory(file)
            with zipfile.ZipFile(file) as archive:
                _check_members(archive, os.fstat(file.fileno()).st_size)
                yield archive
    except OSError as error:
        raise Fault(f"it cannot be read ({error.strerror or error})") from error
    except Fault:
        raise
    except _DAMAGE as error:
        raise Fault(f"it is damaged or of another kind ({first_line(error)})") from error


def _check_directory(file: Any) -> None:
    """Before zipfile reads it whole: the directory is small. Its record is the file's end, as we write it."""
    size = file.seek(0, os.SEEK_END)
    if size > MOST_FILE_BYTES:
        raise Fault(f"it has {size} bytes, expected at most {MOST_FILE_BYTES}")
    tail = b"" if size < _END.size else _from(file, size - _END.size)
    if tail[:4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        raise Fault("it is damaged or of another kind")
    _, _, _, _, entries, directory_bytes, _, _ = _END.unpack(tail)
    large = size >= _END.size + 20 and _from(file, size - _END.size - 20)[:4] == b"PK\x06\x07"
    if large or entries > MOST_MEMBERS or directory_bytes > MOST_DIRECTORY_BYTES:
        raise Fault(f"it has {entries} members or a 64-bit directory, expected at most {MOST_MEMBERS}")
    file.seek(0)


def _from(file: Any, position: int) -> bytes:
    file.seek(position)
    return bytes(file.read(_END.size))


def _check_members(archive: zipfile.ZipFile, file_bytes: int) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    missing = [member for member in MEMBERS if member not in names]
    if missing:
        raise Fault(f"it lacks {', '.join(missing)}")
    if len(set(names)) < len(names) or len(names) > MOST_MEMBERS:
        raise Fault(f"it holds {len(names)} members, expected at most {MOST_MEMBERS} with each name once")
    for entry in entries:
        if entry.filename in MOST_BYTES:
            _check_member(entry, file_bytes)


def _check_member(entry: zipfile.ZipInfo, file_bytes: int) -> None:
    name, most = entry.filename, MOST_BYTES[entry.filename]
    if entry.flag_bits & 1:
        raise Fault(f"{name} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Fault(f"{name} is compressed by method {entry.compress_type}, expected deflate or none")
    if entry.file_size > most:
        raise Fault(f"{name} has {entry.file_size} bytes, expected at most {most}")
    if entry.compress_size > file_bytes:
        raise Fault(f"{name} is cut off")
    if entry.file_size > MOST_RATIO * entry.compress_size + FREE_BYTES:
        raise Fault(f"{name} unpacks to more than {MOST_RATIO} times its size")


def require_bytes(archive: zipfile.ZipFile, member: str, expected: int) -> None:
    """Raises Fault where the zip lacks a member, or has one of another size."""
    sizes = [entry.file_size for entry in archive.infolist() if entry.filename == member]
    if sizes != [expected]:
        raise Fault(f"{member} {f'has {sizes[0]} bytes' if sizes else 'is missing'}, expected {expected} bytes")


def read(archive: zipfile.ZipFile, member: str, most: Optional[int] = None) -> bytes:
    """A member of an `opened` zip, or its first `most` bytes: never more than its limit, whatever it declares."""
    limit = MOST_BYTES[member] if most is None else most
    content = bytearray()
    with archive.open(member) as stream:
        while len(content) <= limit:
            piece = stream.read(min(_PIECE, limit + 1 - len(content)))
            if not piece:
                break
            content += piece
    if most is None and len(content) > limit:
        raise Fault(f"{member} unpacks to more than {limit} bytes")
    return bytes(content[:limit])
