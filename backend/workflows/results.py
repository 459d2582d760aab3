"""The results behind a classified layer: all probabilities, kept beside it (`backend/results_folder.py`)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend import __version__
from backend.files import writing_to
from backend.models.bundle import ModelBundle
from backend.results_folder import Axes, Description, Parcel, Place, ResultsFolder, fill
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
    classified: ClassifiedParcels, spec: ClassifySpec, renamed: Mapping[str, str], provenance: Mapping[str, Any],
    folder: Path,
) -> None:  # fmt: skip
    """Writes the results behind the layer of `spec` into the new folder; `provenance` is the report's, `renamed` has
    the names in the layer of fields that could not keep theirs.

    Raises NotWritable, DiskFull.
    """
    bundle, manifest, courses = classified.bundle, classified.store.manifest, classified.courses
    id_field, declared = manifest.parcels.id_field, classified.declared
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
        id_field=renamed.get(id_field, id_field) or None,
        truth=renamed.get(declared.field, declared.field) if declared else None,
        courses=Axes(manifest.season, classified.store.days, courses.bands),
        groups=_groups(bundle),
    )
    with writing_to(folder):
        fill(folder, description, _parcels(classified), courses.courses())


def _groups(bundle: ModelBundle) -> dict[str, str]:
    """As the model remembers them, in which anything may be written."""
    known, codes = bundle.provenance.get("groups"), {crop.code for crop in bundle.classes}
    pairs = known.items() if isinstance(known, Mapping) else ()
    return {code: group for code, group in pairs if isinstance(group, str) and group in codes}


def _parcels(classified: ClassifiedParcels) -> Iterator[Parcel]:
    index = classified.index
    order = np.full(len(index), -1)  # of each parcel among those classified
    order[classified.rows] = np.arange(len(classified.rows))
    declared = classified.declared.classes.tolist() if classified.declared else [-1] * len(index)
    places = map(Place, *(index[field.name].tolist() for field in fields(Place)))
    columns = (index["parcel_id"], index["quality"], order.tolist(), declared, classified.trained_on, places)
    for position, (name, quality, row, own, seen, place) in enumerate(zip(*columns, strict=True)):
        known = (own if own >= 0 else None, seen, place)
        if row < 0:
            yield Parcel(position, str(name), str(quality), None, None, None, *known)
            continue
        chances = classified.probabilities[row]
        best = int(chances.argmax())
        yield Parcel(position, str(name), str(quality), best, float(chances[best]), tuple(chances.tolist()), *known)
