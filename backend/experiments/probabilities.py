"""The file beside a record with the probabilities of its tested parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.files import write_beside
from backend.json_document import Fault, expect
from backend.series.arrays import ArrayLayout, require

DTYPE = "<f4"
NEARLY = 1e-3  # how far from 1 a sum of single precision may be


def write(path: Path, found: NDArray[np.float32]) -> None:
    """`(tested, classes)`. Raises NotWritable, DiskFull."""

    def save(beside: Path) -> None:
        with beside.open("wb") as file:  # numpy adds an ending to a path
            np.save(file, found.astype(DTYPE, order="C"), allow_pickle=False)

    write_beside(path, save)


def read(path: Path, tested: Mapping[str, NDArray[Any]], classes: int) -> NDArray[np.float32] | None:
    """Those of a record's `tested` parcels, each with its predicted class as the most probable one; None where there is
    no such file, as of versions that did not keep them. Raises OSError, Fault.
    """
    if not path.exists():
        return None
    try:
        require(path, ArrayLayout(DTYPE, (len(tested["row"]), classes)))
        found = np.load(path, allow_pickle=False)
        whole = bool((found >= 0).all()) and bool((abs(found.sum(axis=1) - 1) < NEARLY).all())  # NaN is neither
        expect(whole, "its rows", "probabilities that add up to 1", "others")
        same = np.array_equal(found.argmax(axis=1), tested["predicted"])
        expect(same, "its rows", "the predicted class of the record as the most probable one", "another one")
    except Fault as fault:
        raise Fault(f"{path.name}: {fault}") from fault
    return np.asarray(found, dtype=np.float32)
