"""The results behind a classified layer: all probabilities, kept beside it (`backend/results_folder.py`)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from backend import __version__
from backend.files import writing_to
from backend.results_folder import Description, Parcel, ResultsFolder, fill
from backend.workflows.classified_parcels import ClassifiedParcels
from backend.workflows.report_document import named

_BYTES = 1 << 20


def require_writable(layer: Path) -> None:
    """Raises NotWritable where the results of `layer` would replace something else."""
    folder = ResultsFolder.beside(layer)
    with writing_to(folder.path):
        folder.require_replaceable()


def write_results(
    classified: ClassifiedParcels, model: Path, layer: Path, folder: Path, series: Path | None
) -> None:  # fmt: skip
    """Writes the results behind `layer` into the new folder; `series` is the store, where it is kept. Raises
    NotWritable, DiskFull.
    """
    bundle = classified.bundle
    description = Description(
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        engine=__version__,
        layer=str(layer),
        model=str(model),
        model_sha256=sha256(model),
        architecture=bundle.architecture,
        store=None if series is None else str(series),
        classes=tuple(named(crop) for crop in bundle.classes),
        parcels=len(classified.store.index),
        classified=len(classified.rows),
    )
    with writing_to(folder):
        fill(folder, description, _parcels(classified))


def sha256(path: Path) -> str:
    """The digest of a file, which names a model whatever it is called."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _parcels(classified: ClassifiedParcels) -> Iterator[Parcel]:
    index = classified.store.index
    place = np.full(len(index), -1)  # of each parcel among those classified
    place[classified.rows] = np.arange(len(classified.rows))
    for position, (name, quality, row) in enumerate(zip(index["parcel_id"], index["quality"], place.tolist())):
        if row < 0:
            yield Parcel(position, str(name), str(quality), None, None, None)
            continue
        chances = classified.probabilities[row]
        best = int(chances.argmax())
        yield Parcel(position, str(name), str(quality), best, float(chances[best]), tuple(chances.tolist()))
