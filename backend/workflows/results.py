"""The results behind a classified layer: all probabilities, kept beside it (`backend/results_folder.py`)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from backend import __version__
from backend.files import writing_to
from backend.results_folder import Description, Parcel, ResultsFolder, fill
from backend.workflows.classified_parcels import ClassifiedParcels
from backend.workflows.report_document import named


def require_writable(layer: Path) -> None:
    """Raises NotWritable where the results of `layer` would replace something else."""
    folder = ResultsFolder.beside(layer)
    with writing_to(folder.path):
        folder.require_replaceable()


def write_results(classified: ClassifiedParcels, layer: Path, folder: Path, provenance: Mapping[str, Any]) -> None:
    """Writes the results behind `layer` into the new folder; `provenance` is the report's.

    Raises NotWritable, DiskFull.
    """
    bundle = classified.bundle
    description = Description(
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        engine=__version__,
        layer=str(layer),
        model=provenance["model file"],
        model_sha256=provenance["model sha256"],
        architecture=bundle.name,
        store=provenance.get("store"),
        classes=tuple(named(crop) for crop in bundle.classes),
        parcels=len(classified.store.index),
        classified=len(classified.rows),
        provenance=provenance,
    )
    with writing_to(folder):
        fill(folder, description, _parcels(classified))


def _parcels(classified: ClassifiedParcels) -> Iterator[Parcel]:
    index = classified.index
    place = np.full(len(index), -1)  # of each parcel among those classified
    place[classified.rows] = np.arange(len(classified.rows))
    for position, (name, quality, row) in enumerate(zip(index["parcel_id"], index["quality"], place.tolist())):
        if row < 0:
            yield Parcel(position, str(name), str(quality), None, None, None)
            continue
        chances = classified.probabilities[row]
        best = int(chances.argmax())
        yield Parcel(position, str(name), str(quality), best, float(chances[best]), tuple(chances.tolist()))
