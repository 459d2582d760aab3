"""The results behind a classified layer: all probabilities, kept beside it (`backend/results_folder.py`)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend import __version__
from backend.files import writing_to
from backend.results_folder import Description, Parcel, ResultsFolder, fill
from backend.workflows.agreement import Agreement
from backend.workflows.classified_parcels import ClassifiedParcels
from backend.workflows.report_document import named

if TYPE_CHECKING:
    from backend.workflows.classify import ClassifySpec


def require_writable(layer: Path) -> None:
    """Raises NotWritable where the results of `layer` would replace something else."""
    folder = ResultsFolder.beside(layer)
    with writing_to(folder.path):
        folder.require_replaceable()


def write_results(
    classified: ClassifiedParcels, agreement: Agreement | None, spec: ClassifySpec, renamed: Mapping[str, str],
    provenance: Mapping[str, Any], folder: Path,
) -> None:  # fmt: skip
    """Writes the results behind the layer of `spec` into the new folder; `provenance` is the report's, `renamed` the
    fields of the layer that have another name in the output.

    Raises NotWritable, DiskFull.
    """
    id_field = spec.preparation.given.get("id_field")
    bundle = classified.bundle
    description = Description(
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        engine=__version__,
        layer=str(spec.output),
        model=provenance["model file"],
        model_sha256=provenance["model sha256"],
        architecture=bundle.name,
        store=provenance.get("store"),
        classes=tuple(named(crop) for crop in bundle.classes),
        parcels=len(classified.store.index),
        classified=len(classified.rows),
        provenance=provenance,
        report=str(spec.page),
        id_field=renamed.get(id_field, id_field) if id_field else None,
        truth=renamed.get(spec.truth, spec.truth) if spec.truth else None,
    )
    with writing_to(folder):
        fill(folder, description, _parcels(classified, agreement))


def _parcels(classified: ClassifiedParcels, agreement: Agreement | None) -> Iterator[Parcel]:
    index = classified.index
    declared = [-1] * len(index) if agreement is None else agreement.expected.tolist()
    place = np.full(len(index), -1)  # of each parcel among those classified
    place[classified.rows] = np.arange(len(classified.rows))
    columns = (index["parcel_id"], index["quality"], place.tolist(), declared, classified.trained_on)
    for position, (name, quality, row, expected, seen) in enumerate(zip(*columns)):
        known = (None if expected < 0 else expected, seen)
        if row < 0:
            yield Parcel(position, str(name), str(quality), None, None, None, *known)
            continue
        chances = classified.probabilities[row]
        best = int(chances.argmax())
        yield Parcel(position, str(name), str(quality), best, float(chances[best]), tuple(chances.tolist()), *known)
