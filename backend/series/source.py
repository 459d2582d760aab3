"""A source of a store: one sensor's bands, its dates, its acquisitions, and its arrays."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.json_document import Fault
from backend.options import FILLINGS, MOST_DAYS, default
from backend.series.document import (
    Check,
    Record,
    array_of,
    choice,
    day,
    flag,
    integer,
    mismatch,
    number,
    optional,
    text,
)  # fmt: skip
from backend.series.options import SeriesOptions
from backend.vocabulary import BANDS, DTYPES, SENTINEL_2, UNOBSERVED, Band, sentinel_2_band

ACQUISITIONS = "acquisitions"  # the time axis of series that stay on the days of their acquisitions
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RESERVED = ("position", "done", "removed", "clear", "reflectance")  # arrays that no further source may be named as
_MOST_PIXELS = 2**53
_DAYS: Check[tuple[int, ...]] = array_of(integer(-MOST_DAYS, MOST_DAYS), least=1)
_TEXTS: Check[tuple[str, ...]] = array_of(text)


@dataclass(frozen=True)
class AcquisitionRecord:
    """One date of a source; `clear_share` (of all parcels' pixels) and `outliers` are None until a store is finished,
    `outliers` also where there is no test. `masked`: whether its images have a mask of clouds.
    """

    date: date
    scenes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    clear_share: float | None = None
    outliers: int | None = None
    masked: bool = True

    @classmethod
    def from_document(cls, value: Any, at: str) -> AcquisitionRecord:
        record = Record.of(value, at)
        return cls(
            record.read("date", day),
            record.read("scenes", _TEXTS),
            record.read("files", _TEXTS),
            record.read("clear_share", optional(number(0, 1)), None),
            record.read("outliers", optional(integer(0, _MOST_PIXELS)), None),
            record.read("masked", flag, True),
        )

    def to_document(self) -> dict[str, Any]:
        known = {key: value for key, value in asdict(self).items() if value is not None}
        if self.masked:  # as versions before 0.2 wrote it
            known.pop("masked")
        return {**known, "date": self.date.isoformat(), "scenes": list(self.scenes), "files": list(self.files)}


@dataclass(frozen=True)
class Masks:
    """How the masks of images were read: classes of the SCL that are clear, metres and percent."""

    scl_classes: tuple[int, ...]
    mask_dilation_m: float
    cloud_probability: float | None

    @classmethod
    def from_document(cls, value: Any, at: str) -> Masks:
        record = Record.of(value, at)
        return cls(
            record.read("scl_classes", array_of(integer(0, 255))),
            record.read("mask_dilation_m", number(0, 1e6)),
            record.read("cloud_probability", optional(number(0, 100))),
        )

    def to_document(self) -> dict[str, Any]:
        return {**asdict(self), "scl_classes": list(self.scl_classes)}


@dataclass(frozen=True)
class Source:
    """`days` is the axis of its series `(pixels, days, bands)`, `acquisition_days` that of its mask `(pixels,
    acquisitions)`: days since 1 January of the season. `bands_without_data` were left out of an imported set.
    """

    name: str
    bands: tuple[Band, ...]
    days: tuple[int, ...]
    acquisition_days: tuple[int, ...]
    acquisitions: tuple[AcquisitionRecord, ...]
    products: tuple[str, ...] = ()
    time_axis: str = ACQUISITIONS
    series: SeriesOptions = SeriesOptions()
    masks: Masks | None = None
    bands_without_data: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises Fault."""
        _require_bands(self)
        for key in ("days", "acquisition_days"):
            days = getattr(self, key)
            if any(later <= earlier for earlier, later in zip(days, days[1:])):
                raise mismatch(f"{self.name}: {key}", "days in rising order", list(days))
        if len(self.acquisitions) != len(self.acquisition_days):
            expected = f"as many as acquisitions, {len(self.acquisitions)}"
            raise mismatch(f"{self.name}: acquisition_days", expected, len(self.acquisition_days))
        if self.time_axis == ACQUISITIONS and self.days != self.acquisition_days:
            raise mismatch(f"{self.name}: days", "the acquisition_days, according to time_axis", list(self.days))

    @property
    def band_names(self) -> tuple[str, ...]:
        return tuple(band.name for band in self.bands)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its series, little-endian on every machine."""
        return np.dtype(DTYPES[self.bands[0].dtype])

    @property
    def values_array(self) -> str:
        """The array of its series; Sentinel-2's has had its name since schema 1."""
        return "reflectance" if self.name == SENTINEL_2 else self.name

    @property
    def clear_array(self) -> str:
        return "clear" if self.name == SENTINEL_2 else f"{self.name}_clear"

    @classmethod
    def from_document(cls, value: Any, at: str) -> Source:
        record = Record.of(value, at)
        name = record.read("name", text)
        return cls._read(record, name, record.read("bands", array_of(_band_of(name), least=1)))

    @classmethod
    def from_schema_1(cls, record: Record) -> Source:
        """Sentinel-2, the only source of schema 1, whose keys were in the manifest itself."""
        names = record.read("bands", array_of(choice(BANDS), least=1))
        return cls._read(record, SENTINEL_2, tuple(map(sentinel_2_band, names)))

    @classmethod
    def _read(cls, record: Record, name: str, bands: tuple[Band, ...]) -> Source:
        return cls(
            name,
            bands,
            record.read("days", _DAYS),
            record.read("acquisition_days", _DAYS),
            record.read("acquisitions", array_of(AcquisitionRecord.from_document, least=1)),
            record.read("products", _TEXTS),
            record.read("time_axis", text),
            record.read("series", _series, SeriesOptions()),
            record.read("masks", optional(Masks.from_document), None),
            record.read("bands_without_data", _TEXTS, ()),
        )

    def to_document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "bands": [{key: value for key, value in asdict(band).items() if key != "source"} for band in self.bands],
            "days": list(self.days),
            "time_axis": self.time_axis,
            "series": self.series.to_dict(),
            "masks": self.masks.to_document() if self.masks else None,
            "acquisitions": [acquisition.to_document() for acquisition in self.acquisitions],
            "acquisition_days": list(self.acquisition_days),
            "products": list(self.products),
            "bands_without_data": list(self.bands_without_data),
        }


def observed(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which numbers of a source's series are observations."""
    return np.asarray(~np.isnan(values) if values.dtype.kind == "f" else values != UNOBSERVED)


def _require_bands(source: Source) -> None:
    names: Sequence[str] = source.band_names
    if not _NAME.fullmatch(source.name) or source.name in _RESERVED:
        raise mismatch("name of a source", "small letters, digits and hyphens, and no array's name", source.name)
    if len(set(names)) < len(names):
        raise mismatch(f"{source.name}: bands", "each band once", names)
    if len({band.dtype for band in source.bands}) > 1:
        raise Fault(f"{source.name}: bands: expected one dtype, for they share an array")
    if source.name == SENTINEL_2:
        for band in source.bands:
            if band.name not in BANDS or band != sentinel_2_band(band.name):
                raise mismatch(f"{source.name}: bands", f"reflectance x 10,000 as int16 of {', '.join(BANDS)}", band)


def _band_of(source: str) -> Check[Band]:
    def check(value: Any, at: str) -> Band:
        record = Record.of(value, at)
        return Band(
            record.read("name", text),
            record.read("quantity", text),
            record.read("unit", text),
            record.read("dtype", choice(DTYPES)),
            record.read("scale", number(1e-30, 1e30)),
            source,
        )

    return check


def _series(value: Any, at: str) -> SeriesOptions:
    record = Record.of(value, at)
    return SeriesOptions(
        record.read("filling", choice(FILLINGS), default("filling")),
        record.read("max_gap_days", optional(integer(1, 2**31 - 1)), None),
        record.read("remove_outliers", flag, False),
    )
