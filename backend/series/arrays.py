"""The .npy files of a store: their names, types and shapes, and the check of a file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from backend.json_document import Fault
from backend.series.manifest import Manifest

_MOST_HEADER_BYTES = 4096  # an array of three dimensions has 128
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class ArrayLayout:
    """`dtype` as numpy writes it, byte order included; None in `shape` is any length."""

    dtype: str
    shape: tuple[int | None, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(length or 0 for length in self.shape) * np.dtype(self.dtype).itemsize


def arrays_of(manifest: Manifest, pixels: int, blocks: int | None = None) -> dict[str, ArrayLayout]:
    """Every array of a store by name; `done` and `removed` only while it is not finished."""
    found = {"position": ArrayLayout("<u2", (pixels, 2))}
    for source in manifest.sources:
        shape = (pixels, len(source.days), len(source.bands))
        found[source.values_array] = ArrayLayout(source.dtype.str, shape)
        found[source.clear_array] = ArrayLayout("|b1", (pixels, len(source.acquisition_days)))
    if not manifest.complete:
        found["done"] = ArrayLayout("|b1", (blocks,))
        if manifest.sentinel_2.series.remove_outliers:
            found["removed"] = ArrayLayout("<i8", (blocks, len(manifest.sentinel_2.acquisition_days)))
    return found


def require(path: Path, expected: ArrayLayout) -> None:
    """Raises OSError, Fault: another type, byte order, axis order or shape, or not as many bytes as these need."""
    with path.open("rb") as file:
        shape, fortran_order, dtype = _header(file)
        start, size = file.tell(), file.seek(0, 2)
    if dtype.str != expected.dtype:
        raise Fault(f"expected {np.dtype(expected.dtype).str}, found {dtype.str}")
    if fortran_order:
        raise Fault("expected C order, found Fortran order")
    if len(shape) != len(expected.shape) or any(e not in (None, f) for e, f in zip(expected.shape, shape, strict=True)):
        wanted = ", ".join("any" if length is None else str(length) for length in expected.shape)
        raise Fault(f"expected the shape ({wanted}), found {shape}")
    if size - start != math.prod(shape) * dtype.itemsize:
        raise Fault(f"expected {math.prod(shape) * dtype.itemsize} bytes after its header, found {size - start}")


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read without evaluating or unpickling anything. Raises Fault."""
    try:
        version = npy.read_magic(file)
        if version not in _READERS:
            raise Fault(f"its format is {version}, expected 1.0 or 2.0")
        shape, fortran_order, dtype = _READERS[version](file, max_header_size=_MOST_HEADER_BYTES)
    except (ValueError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError) as error:
        raise error if isinstance(error, Fault) else Fault(f"its header is damaged ({str(error)[:120]})") from error
    if dtype.hasobject or any(length < 0 for length in shape):
        raise Fault(f"expected plain numbers, found {dtype} {shape}")
    return shape, fortran_order, dtype
