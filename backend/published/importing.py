"""From a published data set to a finished store: laid out, filled block by block, flagged; resumed where it stopped."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from backend.protocol import Reporter
from backend.published.opening import open_source
from backend.published.source import Source
from backend.published.spec import ImportSpec
from backend.series import store as stores
from backend.series.filling import fill_gaps
from backend.series.finishing import finish, remove_progress
from backend.series.manifest import Manifest, ParcelsRecord
from backend.series.source import AcquisitionRecord
from backend.series.source import Source as SeriesSource
from backend.series.store import Store
from backend.vocabulary import SENTINEL_2, sentinel_2_band


def import_set(path: Path, spec: ImportSpec, output: Path, reporter: Reporter) -> Store:
    """The finished store at `output`. Raises what the layout's reader raises, StoreOfOtherInputs, DiskFull,
    NotWritable, Cancelled; a stopped run continues with the first block that is not written.
    """
    source = open_source(path, spec, reporter)
    inputs = _inputs(source, spec)
    with stores.locked(output):
        if not stores.resumable(output, inputs, spec.overwrite):
            _lay_out(source, spec, inputs, output, reporter)
        elif stores.read_manifest(output).complete:
            reporter.log(f"{output} is complete and was made from the same inputs; it is used again.")
            remove_progress(output)
            return stores.open_store(output)
        else:
            reporter.log(f"Continuing {output} where its import stopped.")
        unfinished = stores.open_store(output, writable=True)
        _fill(unfinished, source, reporter)
        return finish(unfinished, source.few_pixels)


def _inputs(source: Source, spec: ImportSpec) -> dict[str, Any]:
    """What the store depends on, as JSON: any difference makes another store."""
    options = {key: str(value) for key, value in asdict(spec).items() if key != "overwrite"}
    return {"source": [str(source.path.resolve()), *source.stamp()], "options": options}


def _lay_out(source: Source, spec: ImportSpec, inputs: dict[str, Any], output: Path, reporter: Reporter) -> None:
    index = source.index(reporter)
    with stores.staging(output):
        stores.write_parcels(output, [source.samples])
        stores.create(output, _manifest(source, spec, inputs), index, None, len(_blocks(source)))


def _manifest(source: Source, spec: ImportSpec, inputs: dict[str, Any]) -> Manifest:
    axes = source.axes
    season = axes.season(spec.season)
    days = axes.days(season)
    series = SeriesSource(
        SENTINEL_2,
        tuple(map(sentinel_2_band, axes.bands)),
        days,
        days,
        tuple(map(AcquisitionRecord, axes.dates)),
        (f"imported from {source.layout}",),
        bands_without_data=axes.empty_bands,
    )
    parcels = ParcelsRecord(str(source.path), source.layout)
    return Manifest(False, season, None, (series,), parcels, inputs, positions=source.positions)


def _blocks(source: Source) -> list[range]:
    count = len(source.samples)
    return [range(start, min(start + source.at_once, count)) for start in range(0, count, source.at_once)]


def _fill(unfinished: Store, source: Source, reporter: Reporter) -> None:
    """Writes the blocks that the store still lacks."""
    blocks, saturated = _blocks(source), 0
    stores.require_blocks(unfinished, len(blocks))
    for number in np.flatnonzero(~unfinished.done):
        saturated += _write(unfinished, source, blocks[number])
        unfinished.done[number] = True
        reporter.progress((number + 1) / len(blocks), "importing", f"block {number + 1} of {len(blocks)}")
    if saturated:
        reporter.warning("import.saturated", numbers=saturated)


def _write(unfinished: Store, source: Source, rows: range) -> int:
    """One block, its gaps filled in time; gives how many of its numbers were too large."""
    part = unfinished.index.iloc[rows.start : rows.stop]
    block = source.read(rows)
    start = int(part["first_pixel"].iloc[0])
    pixels = slice(start, start + int(part["n_pixels"].sum()))
    if not block.clear.all():
        fill_gaps(block.series, block.clear, np.asarray(unfinished.days))
    unfinished.array("clear")[pixels] = block.clear
    unfinished.array("reflectance")[pixels] = block.series
    if block.position is not None:
        unfinished.array("position")[pixels] = block.position
    return block.saturated
