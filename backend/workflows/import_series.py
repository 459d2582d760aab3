"""A published data set -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.protocol import Reporter
from backend.published.importing import import_set
from backend.published.spec import ImportSpec
from backend.series import quality
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.extract import warn_of_flags, warn_of_scale


@dataclass(frozen=True)
class ImportSeriesSpec:
    """`source`: a folder of DATA and META, an .npz, or a .csv or .parquet table; `output`: the store's folder."""

    source: Path
    output: Path
    options: ImportSpec = ImportSpec()

    @classmethod
    def of(cls, **options: Any) -> ImportSeriesSpec:
        """From options by name, None where one is not given. Raises BadArgument, UnreadableDate."""
        chosen, own = own_options(ImportSpec, typed(options, "import"))
        source, output = Path(own.pop("source")), own.pop("output")
        require_none(own)
        return cls(source, output, ImportSpec(**chosen))


@dataclass(frozen=True)
class Import:
    """What came of it (docs/contracts.md)."""

    store: Path
    layout: str
    parcels: int
    pixels: int
    dates: tuple[str, ...]
    bands: tuple[str, ...]
    fields: tuple[str, ...]
    positions: bool
    quality: Mapping[str, int]
    seconds: float


def import_series(spec: ImportSeriesSpec, reporter: Reporter) -> Import:
    """Brings a published data set into a store. Raises UnknownLayout, BadSample, BadMeta, RepeatedSamples, DiskFull."""
    began = time.monotonic()
    store = import_set(spec.source, spec.options, spec.output, reporter)
    warn_of_flags(store, reporter)
    warn_of_scale(store, reporter)
    return Import(
        store=spec.output,
        layout=store.manifest.parcels.layer,
        parcels=len(store.index),
        pixels=int(store.index["n_pixels"].sum()),
        dates=tuple(a.date.isoformat() for a in store.manifest.sentinel_2.acquisitions),
        bands=store.bands,
        fields=tuple(str(field) for field in store.fields().columns),
        positions=store.manifest.positions,
        quality=quality.counts(store.index["quality"].to_numpy()),
        seconds=round(time.monotonic() - began, 1),
    )
