"""The protocol of every source of parcels: some features at a time, so that a layer may be larger than memory."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pandas

FEATURES = 50_000  # at once: some 150 MB of agricultural parcels
ARROW: dict[str, Any] = {"types_mapper": pandas.ArrowDtype}  # integers with nulls stay integers


@dataclass(frozen=True)
class Chunk:
    """Features in file order, their ids as index; a GeoDataFrame where the layer has geometries.

    `curved`: how many outlines had arcs and are straightened; `broken`: fields with texts of another encoding.
    """

    table: pandas.DataFrame
    curved: int = 0
    broken: tuple[str, ...] = ()


class Source(Protocol):
    """A layer."""

    @property
    def layer(self) -> str:
        """Its name."""

    @property
    def guessed(self) -> bool:
        """Whether the encoding of its texts is a guess."""

    def chunks(self, geometry: bool = True, features: int | None = None) -> Iterator[Chunk]:
        """Every feature once, `features` (else FEATURES) at a time, the same at every call, at least one chunk.

        Raises UnreadableParcels.
        """

    def stamp(self) -> list[Any]:
        """What identifies this layer and its state, as JSON."""
