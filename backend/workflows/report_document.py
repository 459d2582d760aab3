"""The report document (docs/contracts.md), from stores and scores."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend import __version__
from backend.errors import NotWritable
from backend.files import beside, writing_to
from backend.reports import Forms
from backend.reports.tables import percent
from backend.series import quality
from backend.series.store import Store
from backend.vocabulary import OUTLINES, QUALITY, CropClass

SIMULATED_NOTE = "The images are simulated: this region does not exist, and its results say nothing about a real one."


def document(kind: str, title: str, **parts: Any) -> dict[str, Any]:
    """A document with all parts; those that are not given are empty."""
    empty: dict[str, Any] = {
        "scores": None, "fold_scores": [], "breakdown": [], "curves": [], "reliability": [],
        "tried": [], "compared": [], "epoch_kept": "best", "judged": [], "transfer": None,
        "not_judged": None, "flags": [], "acquisitions": [], "provenance": {}, "notes": [],
    }  # fmt: skip
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"title": title, "kind": kind, "made": made, "engine": __version__, **empty, **parts}


def of_store(store: Store) -> dict[str, Any]:
    """What a report needs of a store's images and parcels: acquisitions, flags, notes."""
    return of_stores((store,))


def of_stores(stores: Sequence[Store]) -> dict[str, Any]:
    """The same of all stores together, acquisitions by date."""
    notes = [SIMULATED_NOTE] if any(map(is_simulated, stores)) else []
    return {
        "acquisitions": acquisitions(stores),
        "flags": flags(np.concatenate([store.index["quality"].to_numpy() for store in stores])),
        "notes": [*notes, *_unmasked(stores), *(note for store in stores for note in _missing(store))],
    }


def flags(found: NDArray[np.object_]) -> list[dict[str, Any]]:
    """How many parcels have each of the flags that occur among those `found` `(parcels,)`."""
    counts = quality.counts(found).items()
    return [{"quality": flag, "meaning": QUALITY[flag], "parcels": count} for flag, count in counts]


def _unmasked(stores: Sequence[Store]) -> list[str]:
    records = [record for store in stores for record in store.manifest.sentinel_2.acquisitions]
    bare = sum(not record.masked for record in records)
    if not bare:
        return []
    return [f"{bare} of {len(records)} acquisitions have no cloud mask: clouds are not masked, clear shares not known."]


def acquisitions(stores: Sequence[Store]) -> list[dict[str, Any]]:
    """By date: the share of the parcels' pixels that was clear (None without a cloud mask), and how many outliers a
    test in time removed (None where there was no test).
    """
    rows = [
        {"date": a.date.isoformat(), "clear_share": a.clear_share if a.masked else None, "outliers": a.outliers}
        for store in stores
        for a in store.manifest.sentinel_2.acquisitions
    ]
    return sorted(rows, key=itemgetter("date"))


def _missing(store: Store) -> list[str]:
    skipped = [f"Skipped {entry.path}: {entry.reason}" for entry in store.manifest.skipped]
    skipped += store.manifest.parcels.remarks
    issues = quality.outline_counts(store.index).items()
    skipped += [f"{count} parcels: {OUTLINES[name][0].lower()}{OUTLINES[name][1:]}." for name, count in issues]
    return skipped + [f"Left out because it could not be read: {path}" for path in store.manifest.left_out]


def is_simulated(store: Store) -> bool:
    return any("simulated" in product for product in store.manifest.sentinel_2.products)


def breakdown(
    positions: NDArray[np.int64], area_m2: NDArray[np.float64], classes: Sequence[CropClass]
) -> list[dict[str, Any]]:
    """Parcels and hectares per class; `positions` `(parcels,)` into `classes`, -1 for none."""
    rows = []
    for position, crop in enumerate(classes):
        of_class = positions == position
        rows.append(
            {**named(crop), "parcels": int(of_class.sum()), "area_ha": round(float(area_m2[of_class].sum()) / 1e4, 2)}
        )
    return rows


def named(crop: CropClass) -> dict[str, str]:
    return {"code": crop.code, "name": crop.name, "colour": crop.colour}


def prior_notes(previous_field: str | None) -> list[str]:
    """The note of a report where last year's crops were used; otherwise none."""
    if not previous_field:
        return []
    return [
        f"Last year's crop (field {previous_field}) was used: crops that often followed it in training are favoured."
    ]


def report_path(output: Path, chosen: Path | None) -> Path:
    """The chosen path of the report, or else one beside the output, under a name that no output has."""
    return chosen or output.with_name(f"{output.stem}_report.html")


def forms_of(spec: Any) -> Forms:
    """What a run's options ask for, of a spec with `language`, `report_pdf` and `report_figures`."""
    return Forms(spec.language, spec.report_pdf, spec.report_figures)


def training_notes(scores: Mapping[str, Any] | None) -> list[str]:
    """What the model reached in its training, which is all that is known of it where nothing else can be compared."""
    if not scores or None in (scores.get("oa"), scores.get("mean_f"), scores.get("parcels")):
        return []
    return [
        f"In its training the overall accuracy was {percent(scores['oa'])} % and the mean F-score"
        f" {percent(scores['mean_f'])} %, tested on {scores['parcels']:,} parcels by models that had not seen them."
    ]


def require_writable(path: Path) -> None:
    """Checks before an hour of work that its result can be written. Raises NotWritable, DiskFull."""
    if path.is_dir():
        raise NotWritable(path, "it is a folder")
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = beside(path)
        probe.touch()
        probe.unlink()
