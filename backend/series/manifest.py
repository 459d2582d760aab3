"""The manifest of a parcel series store, typed: checked when manifest.json is read and when a store is made."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import CRSError

from backend.imagery.grid import Grid
from backend.json_document import Fault, NewerSchema
from backend.options import default
from backend.series.calendar import FIRST_SEASON, LAST_SEASON
from backend.series.document import Record, array_of, flag, integer, mapping, mismatch, number, text
from backend.series.source import Source
from backend.vocabulary import SENTINEL_2

SCHEMA = 2
MOST_BYTES, MOST_VALUES = 1 << 27, 10_000_000  # 100 tiles of a season name 100,000 files in 20 MB
_MOST_PX = 2**31 - 1
_FAR = 1e9  # metres; no coordinate of any system is larger
_KEYS = ("complete", "season", "grid", "skipped", "left_out", "parcels", "inputs")
_KEYS_1 = ("bands", "days", "time_axis", "acquisitions", "acquisition_days", "products")  # in schema 1 beside those


@dataclass(frozen=True)
class Skipped:
    """A file of the imagery that is not used, with the error code and the reason."""

    path: str
    code: str
    reason: str

    @classmethod
    def from_document(cls, value: Any, at: str) -> Skipped:
        record = Record.of(value, at)
        return cls(*(record.read(key, text) for key in ("path", "code", "reason")))


@dataclass(frozen=True)
class ParcelsRecord:
    """Where the parcel layer came from; `remarks` are messages about fields that were renamed or converted, `id_field`
    the field of the layer that has the parcels' ids, "" where these are its feature ids.
    """

    source: str
    layer: str
    encoding: str = ""
    remarks: tuple[str, ...] = ()
    id_field: str = ""

    @classmethod
    def from_document(cls, value: Any, at: str) -> ParcelsRecord:
        record = Record.of(value, at)
        return cls(
            record.read("source", text),
            record.read("layer", text),
            record.read("encoding", text, ""),
            record.read("remarks", array_of(text), ()),
            record.read("id_field", text, ""),
        )

    def to_document(self) -> dict[str, Any]:
        known = {**asdict(self), "remarks": list(self.remarks)}
        if not self.id_field:  # as versions before 0.2 wrote it
            known.pop("id_field")
        return known


@dataclass(frozen=True)
class Manifest:
    """`sources`: Sentinel-2 first; all share the pixels of the parcels. `positions`: whether pixels have a row and a
    column. `left_out`: files that could not be decoded. `inputs`: what the store depends on, as JSON.
    """

    complete: bool
    season: int
    grid: Grid | None
    sources: tuple[Source, ...]
    parcels: ParcelsRecord
    inputs: Mapping[str, Any]
    positions: bool = True
    skipped: tuple[Skipped, ...] = ()
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises Fault."""
        names = [source.name for source in self.sources]
        if names[:1] != [SENTINEL_2] or len(set(names)) < len(names):
            raise mismatch("sources", f"{SENTINEL_2} first and each source once", names)
        for source in self.sources:
            self._require_dates(source)
        if self.complete and any(a.clear_share is None for source in self.sources for a in source.acquisitions):
            raise Fault("acquisitions: expected the clear_share of each in a finished store")

    def _require_dates(self, source: Source) -> None:
        first = date(self.season, 1, 1)
        for day, acquisition in zip(source.acquisition_days, source.acquisitions, strict=True):
            if first + timedelta(day) != acquisition.date:
                expected = f"the days of the acquisitions since {first}, so {(acquisition.date - first).days}"
                raise mismatch(f"{source.name}: acquisition_days", expected, day)

    @property
    def sentinel_2(self) -> Source:
        """The source that models take."""
        return self.sources[0]

    @property
    def inner_buffer_m(self) -> float:
        """How far pixels keep from the outlines; 0 for imported sets, whose outlines are not used."""
        return float(self.inputs.get("inner_buffer_m", default("inner_buffer_m")))

    @classmethod
    def from_document(cls, document: Any) -> Manifest:
        """Of schema 1 or 2. Raises Fault, NewerSchema."""
        record = Record.of(document)
        schema = record.read("schema", integer(1, 2**63))
        if schema > SCHEMA:
            raise NewerSchema(schema, SCHEMA)
        record.require(*(_KEYS_1 if schema == 1 else ("sources", "positions")), *_KEYS)
        inputs = record.read("inputs", mapping)
        Record(inputs, "inputs").read("inner_buffer_m", number(0, 1e6), 0.0)
        one = (Source.from_schema_1(record),) if schema == 1 else ()
        return cls(
            record.read("complete", flag),
            record.read("season", integer(FIRST_SEASON, LAST_SEASON)),
            record.read("grid", _grid),
            one or record.read("sources", array_of(Source.from_document, least=1)),
            record.read("parcels", ParcelsRecord.from_document),
            inputs,
            record.read("positions", flag, True),
            record.read("skipped", array_of(Skipped.from_document)),
            record.read("left_out", array_of(text)),
        )

    def to_document(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "complete": self.complete,
            "season": self.season,
            "grid": self.grid.to_dict() if self.grid else None,
            "positions": self.positions,
            "sources": [source.to_document() for source in self.sources],
            "skipped": [asdict(skipped) for skipped in self.skipped],
            "left_out": list(self.left_out),
            "parcels": self.parcels.to_document(),
            "inputs": dict(self.inputs),
        }


def _grid(value: Any, at: str) -> Grid | None:
    """None for an imported set. The bounds give the grid's origin, and must agree with its size."""
    if value is None:
        return None
    record = Record.of(value, at)
    xmin, ymin, xmax, ymax = record.read("bounds", _bounds)
    size = [record.read(key, integer(1, _MOST_PX)) for key in ("width", "height")]
    grid = Grid(record.read("crs", _crs), xmin, ymax, record.read("resolution_m", number(1e-6, 1e6)), *size)
    if not np.allclose(grid.bounds, (xmin, ymin, xmax, ymax), rtol=0, atol=1e-3 * grid.resolution_m):
        raise mismatch(f"{at}.bounds", f"those of {grid.width} x {grid.height} pixels, {list(grid.bounds)}", value)
    return grid


def _bounds(value: Any, at: str) -> tuple[float, ...]:
    bounds = array_of(number(-_FAR, _FAR))(value, at)
    if len(bounds) != 4:
        raise mismatch(at, "four coordinates", value)
    return bounds


def _crs(value: Any, at: str) -> str:
    try:
        CRS.from_user_input(text(value, at))
    except CRSError as error:
        raise mismatch(at, "a coordinate system such as EPSG:32631", value) from error
    return str(value)
