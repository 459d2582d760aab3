"""The report document (docs/contracts.md) from what the commands hold."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend import __version__
from backend.errors import NotWritable, writing_to
from backend.series import quality
from backend.series.store import Store
from backend.vocabulary import QUALITY, CropClass

SIMULATED_NOTE = "The images are simulated: this region is made up, its figures say nothing about a real one."


def document(kind: str, title: str, **parts: Any) -> dict[str, Any]:
    """A document with every part there, those not given empty."""
    empty: dict[str, Any] = {
        "scores": None, "breakdown": [], "curves": [], "reliability": [], "flags": [], "acquisitions": [],
        "provenance": {}, "notes": [],
    }  # fmt: skip
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"title": title, "kind": kind, "made": made, "engine": __version__, **empty, **parts}


def of_store(store: Store) -> dict[str, Any]:
    """What a store tells of its images and parcels: acquisitions, flags, notes."""
    counts = quality.counts(store.index["quality"].to_numpy())
    seen = [{"date": a["date"], "clear_share": a["clear_share"]} for a in store.manifest["acquisitions"]]
    notes = [SIMULATED_NOTE] if is_simulated(store) else []
    notes += [f"Skipped {entry['path']}: {entry['reason']}" for entry in store.manifest["skipped"]]
    notes += [f"Left out, for it could not be read: {path}" for path in store.manifest["left_out"]]
    flags = [{"quality": flag, "meaning": QUALITY[flag], "parcels": count} for flag, count in counts.items()]
    return {"acquisitions": seen, "flags": flags, "notes": notes}


def is_simulated(store: Store) -> bool:
    return any("simulated" in product for product in store.manifest["products"])


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


def report_path(output: Path, chosen: Path | None) -> Path:
    """Where the report goes when nobody said: beside the output, under a name that no output takes."""
    return chosen or output.with_name(f"{output.stem}_report.html")


def require_writable(path: Path) -> None:
    """An hour of work is not lost to a place that cannot be written. Raises NotWritable, DiskFull."""
    if path.is_dir():
        raise NotWritable(path, "it is a folder")
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = path.with_name(f".{path.name}.trial")
        trial.touch()
        trial.unlink()


def sources(store: Store) -> Mapping[str, Any]:
    """Where a store's content came from, for a provenance table."""
    dates = [a["date"] for a in store.manifest["acquisitions"]]
    return {
        "store": str(store.path),
        "parcel layer": store.manifest["parcels"]["source"],
        "season": store.manifest["season"],
        "acquisitions": f"{len(dates)}, {dates[0]} to {dates[-1]}",
        "time axis": store.manifest["time_axis"],
        "bands": " ".join(store.bands),
        "grid": f"{store.manifest['grid']['resolution_m']:g} m, {store.manifest['grid']['crs'][:40]}",
    }
