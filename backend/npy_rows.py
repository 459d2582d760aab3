"""Rows of a `.npy` file, read with the standard library: only those that are asked for, whatever the file's size.

Valid on Python 3.9: the plugin loads this file by path. The format is that of numpy's NEP 1, versions 1.0 and 2.0.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import ast
import math
import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Sequence, Tuple

from .json_document import Fault

_MAGIC, _MOST_HEADER_BYTES = b"\x93NUMPY", 4096
_LENGTHS = {b"\x01\x00": "<H", b"\x02\x00": "<I"}  # of the header, by version of the format
_CODES = {"<i2": "h", "<u2": "H", "<f4": "f", "|b1": "B"}  # types of a store's arrays for `array`


@dataclass(frozen=True)
class NpyFile:
    """An array in C order whose first axis are the rows; `start` is the byte at which its numbers begin."""

    path: Path
    code: str
    shape: Tuple[int, ...]
    start: int

    @property
    def row_length(self) -> int:
        """Numbers in a row."""
        return math.prod(self.shape[1:])

    @property
    def row_bytes(self) -> int:
        return self.row_length * array(self.code).itemsize

    def read(self, first: int, count: int, step: int = 1) -> array[Any]:
        """Every `step`-th of the rows from `first` to before `first + count`, one after the other. Raises OSError,
        Fault.
        """
        if first < 0 or count < 0 or first + count > self.shape[0]:
            raise Fault(f"{self.path.name} has {self.shape[0]} rows, asked for {first} to {first + count}")
        numbers = array(self.code)
        with self.path.open("rb") as file:
            for row, rows in [(first, count)] if step == 1 else [(n, 1) for n in range(first, first + count, step)]:
                file.seek(self.start + row * self.row_bytes)
                content = file.read(rows * self.row_bytes)
                if len(content) < rows * self.row_bytes:
                    raise Fault(f"{self.path.name} is cut off")
                numbers.frombytes(content)
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers


def open_npy(path: Path, shape: Sequence[object]) -> NpyFile:
    """Reads the header; None in `shape` is any length. Raises OSError, Fault: another type, order, shape or size."""
    with path.open("rb") as file:
        header = _header(file, path.name)
        start, size = file.tell(), file.seek(0, 2)
    found, code = header.get("shape"), _CODES.get(str(header.get("descr")))
    if code is None:
        raise Fault(f"{path.name}: expected one of {', '.join(_CODES)}, found {str(header.get('descr'))[:60]}")
    if header.get("fortran_order") is not False:
        raise Fault(f"{path.name}: expected C order")
    if not isinstance(found, tuple) or not _fits(found, shape):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise Fault(f"{path.name}: expected the shape ({wanted}), found {str(found)[:60]}")
    array_of_rows = NpyFile(path, code, found, start)
    if size - start != found[0] * array_of_rows.row_bytes:
        raise Fault(
            f"{path.name}: expected {found[0] * array_of_rows.row_bytes} bytes of numbers, found {size - start}"
        )
    return array_of_rows


def _fits(found: Tuple[Any, ...], shape: Sequence[object]) -> bool:
    """Whether these are lengths, and those of `shape`."""
    lengths = all(type(n) is int and n >= 0 for n in found)
    return lengths and len(found) == len(shape) and all(e in (None, n) for e, n in zip(shape, found))


def _header(file: BinaryIO, name: str) -> dict[str, Any]:
    """Without running anything that it holds. Raises Fault."""
    magic = file.read(8)
    length_format = _LENGTHS.get(magic[6:])
    if magic[:6] != _MAGIC or length_format is None:
        raise Fault(f"{name} is no array of numpy")
    size = struct.calcsize(length_format)
    (length,) = struct.unpack(length_format, file.read(size).ljust(size, b"\0"))
    if length > _MOST_HEADER_BYTES:
        raise Fault(f"{name} has a header of {length} bytes")
    try:
        header = ast.literal_eval(file.read(length).decode("latin-1").strip())
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise Fault(f"{name} has a damaged header") from error
    if not isinstance(header, dict):
        raise Fault(f"{name} has a damaged header")
    return header
