"""One parcel's pixels out of a parcel series store, read with the standard library (docs/contracts.md).

Valid on Python 3.9: the plugin loads this file by path. It reads schemas 1 and 2, and checks only what it uses.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Mapping, Optional, Tuple

from .json_document import (
    Fault,
    NewerSchema,
    as_list,
    as_number,
    as_object,
    as_text,
    as_whole,
    expect,
    member_of,
    read_object,
)
from .npy_rows import NpyFile, open_npy
from .store_files import MANIFEST

SCHEMA = 2
SENTINEL_2, UNOBSERVED, REFLECTANCE_SCALE = "sentinel-2", -32768, 0.0001
ACQUISITIONS = "acquisitions"  # the time axis of series that stay on the days of their acquisitions
MOST_READ_BYTES = 1 << 25  # of one parcel: of a larger one pixels are left out evenly
_MOST_BYTES, _MOST_VALUES = 1 << 27, 10_000_000  # of the manifest
_MOST, _MOST_DAYS, _FAR = 1_000_000, 100_000, 1e9


class NotReadable(ValueError):
    """Raised when a store cannot be read; `str()` gives the reason, as the end of a sentence."""


@dataclass(frozen=True)
class Band:
    """`quantity = number * scale`, in `unit` ("1": a ratio)."""

    name: str
    unit: str
    scale: float


@dataclass(frozen=True)
class StoreSource:
    """A sensor: `days` is the axis of its series, `acquisition_days` that of its mask, both days since 1 January of the
    season; `files` are those of each acquisition, images and masks.
    """

    name: str
    bands: Tuple[Band, ...]
    days: Tuple[int, ...]
    acquisition_days: Tuple[int, ...]
    files: Tuple[Tuple[str, ...], ...]

    @property
    def band_names(self) -> Tuple[str, ...]:
        return tuple(band.name for band in self.bands)

    @property
    def arrays(self) -> Tuple[str, str]:
        """The names of its series and its mask."""
        own = self.name == SENTINEL_2
        return ("reflectance", "clear") if own else (self.name, f"{self.name}_clear")


@dataclass(frozen=True)
class StoreGrid:
    """`west`, `north`: the upper left corner of its first pixel, in `crs`."""

    crs: str
    resolution_m: float
    west: float
    north: float


@dataclass(frozen=True)
class StoreFacts:
    """A finished store. `grid` is None for an imported set; without `positions` pixels have no row and column."""

    path: Path
    season: int
    grid: Optional[StoreGrid]
    positions: bool
    sources: Tuple[StoreSource, ...]

    def pixel_count(self) -> int:
        """Of all parcels. Raises NotReadable."""
        return self._array("position", (None, 2)).shape[0]

    def pixels(self, source: StoreSource, first: int, count: int) -> ParcelPixels:
        """The `count` pixels from `first` on, of a very large parcel evenly fewer. Raises NotReadable."""
        values = self._array(source.arrays[0], (None, len(source.days), len(source.bands)))
        clear = self._array(source.arrays[1], (None, len(source.acquisition_days)))
        position = self._array("position", (None, 2))
        step = 1 + count * values.row_bytes // MOST_READ_BYTES
        try:
            read = [of.read(first, count, step) for of in (values, clear, position)]
        except (OSError, Fault) as error:
            raise NotReadable(str(error)) from error
        return ParcelPixels(source, count, *read)

    def _array(self, name: str, shape: Tuple[Optional[int], ...]) -> NpyFile:
        try:
            return open_npy(self.path / f"{name}.npy", shape)
        except OSError as error:
            raise NotReadable(f"{name}.npy cannot be read ({error.strerror or error})") from error
        except Fault as error:
            raise NotReadable(str(error)) from error


@dataclass(frozen=True)
class ParcelPixels:
    """Pixels of one parcel, of which it has `total`: `values` `(pixels, days, bands)` in the numbers of the store,
    `clear` `(pixels, acquisitions)`, `position` `(pixels, 2)` row and column in its box, all flat in C order.
    """

    source: StoreSource
    total: int
    values: array[Any]
    clear: array[Any]
    position: array[Any]

    def __len__(self) -> int:
        return len(self.position) // 2

    def numbers(self, day: int, band: int) -> array[Any]:
        """Of all pixels at one position of the days and bands; UNOBSERVED or NaN where there is none."""
        bands = len(self.source.bands)
        return self.values[day * bands + band :: bands * len(self.source.days)]

    def clear_count(self, acquisition: int) -> int:
        """How many of the pixels were really observed then."""
        return sum(map(bool, self.clear[acquisition :: len(self.source.acquisition_days)]))

    def rows(self) -> array[Any]:
        return self.position[::2]

    def columns(self) -> array[Any]:
        return self.position[1::2]


def read_store(path: Path) -> StoreFacts:
    """What `manifest.json` says. Raises NotReadable."""
    try:
        document = read_object(path / MANIFEST, _MOST_BYTES, _MOST_VALUES)
        return _facts(path, document)
    except OSError as error:
        raise NotReadable(f"{MANIFEST} cannot be read ({error.strerror or error})") from error
    except Fault as error:
        raise NotReadable(f"{MANIFEST}: {error}") from error


def _facts(path: Path, document: Mapping[str, Any]) -> StoreFacts:
    """Raises Fault, NewerSchema."""
    part = partial(member_of, document, where="it")
    schema = as_whole(part("schema"), "schema", 1, 2**53)
    if schema > SCHEMA:
        raise NewerSchema(schema, SCHEMA)
    if part("complete") is not True:
        raise Fault("the extraction was not finished; run it again to continue it")
    sources = [{**document, "name": SENTINEL_2}] if schema == 1 else as_list(part("sources"), "sources", 1, _MOST)
    grid = part("grid")
    return StoreFacts(
        path,
        as_whole(part("season"), "season", 1, 9999),
        None if grid is None else _grid(as_object(grid, "grid")),
        document.get("positions", True) is True,
        tuple(_source(as_object(source, "sources")) for source in sources),
    )


def _source(document: Mapping[str, Any]) -> StoreSource:
    part = partial(member_of, document, where="a source")
    name = as_text(part("name"), "name")
    expect(name.replace("-", "").isalnum(), "name", "small letters, digits and hyphens", name)  # part of a file's name
    acquisitions = [as_object(one, "acquisitions") for one in as_list(part("acquisitions"), "acquisitions", 1, _MOST)]
    days = _days(part("acquisition_days"), "acquisition_days")
    expect(len(days) == len(acquisitions), "acquisition_days", "as many as acquisitions", len(days))
    return StoreSource(
        name,
        tuple(_band(band) for band in as_list(part("bands"), "bands", 1, _MOST)),
        _days(part("days"), "days"),
        days,
        tuple(
            tuple(as_text(file, "files") for file in as_list(one.get("files", []), "files", 0, _MOST))
            for one in acquisitions
        ),
    )


def _band(value: Any) -> Band:
    """A name only in schema 1."""
    if isinstance(value, str):
        return Band(value, "1", REFLECTANCE_SCALE)
    part = partial(member_of, as_object(value, "bands"), where="a band")
    return Band(
        as_text(part("name"), "name"), as_text(part("unit"), "unit", 0), as_number(part("scale"), "scale", 0, 1e30)
    )


def _days(value: Any, where: str) -> Tuple[int, ...]:
    return tuple(as_whole(day, where, -_MOST_DAYS, _MOST_DAYS) for day in as_list(value, where, 1, _MOST))


def _grid(document: Mapping[str, Any]) -> StoreGrid:
    part = partial(member_of, document, where="grid")
    west, _, _, north = (as_number(value, "bounds", -_FAR, _FAR) for value in as_list(part("bounds"), "bounds", 4, 4))
    return StoreGrid(
        as_text(part("crs"), "crs"), as_number(part("resolution_m"), "resolution_m", 1e-6, 1e6), west, north
    )
