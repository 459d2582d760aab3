"""Where a result came from, by names and digests, so that the run can be repeated: tables of reports and models."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from backend.imagery.grid import Grid
from backend.learning.device import device_name
from backend.series.store import Store
from backend.workflows.classified_parcels import ClassifiedParcels
from backend.workflows.preparation import describe_masks

if TYPE_CHECKING:
    from backend.workflows.classify import ClassifySpec

_BLOCK = 1 << 20
_MOST_FILES = 2000  # named one by one


def of_stores(stores: Sequence[Store]) -> dict[str, Any]:
    """The origin of the stores' content; values that differ between stores are listed."""
    own = [_of_store(store) for store in stores]
    values = {key: list(dict.fromkeys(of_store[key] for of_store in own)) for key in own[0]}
    facts = {key: found[0] if len(found) == 1 else "; ".join(map(str, found)) for key, found in values.items()}
    return {**facts, "image files": [name for store in stores for name in _image_files(store)][:_MOST_FILES]}


def of_classification(
    classified: ClassifiedParcels, spec: ClassifySpec, device: torch.device, series: Path | None
) -> dict[str, Any]:  # fmt: skip
    """`series` is the store, None where it is not kept."""
    bundle = classified.bundle
    given = {name: _as_given(value) for name, value in spec.preparation.given.items()}
    return {
        "model": bundle.name,
        "model file": str(spec.model),
        "model sha256": sha256(spec.model),
        "trained": bundle.provenance.get("made", ""),
        "device": device_name(device),
        **({"store": str(series)} if series else {}),
        **({"options": given} if given else {}),
        **({"temperatures": str(spec.temperatures)} if spec.temperatures else {}),
        **of_stores((classified.store,)),
    }


def sha256(path: Path) -> str:
    """The digest of a file, which names a model whatever it is called."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _of_store(store: Store) -> dict[str, Any]:
    manifest, series = store.manifest, store.manifest.sentinel_2
    dates = [a.date for a in series.acquisitions]
    return {
        "parcel layer": manifest.parcels.source,
        "season": manifest.season,
        "acquisitions": f"{len(dates)}, {dates[0]} to {dates[-1]}",
        **_images(manifest.inputs),
        "masks": _masks(store),
        "time axis": series.time_axis,
        "filling": str(series.series),
        "inner buffer m": manifest.inputs.get("inner_buffer_m", 0.0),
        "bands": " ".join(store.bands),
        "grid": _grid(manifest.grid),
    }


def _images(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The folder and the number of the files that were read, with a digest over their names in it and their sizes."""
    files = [entry[:2] for entry in inputs.get("images", [])]
    if not files:
        return {"images": str(inputs.get("source", ["not recorded"])[0]), "image list sha256": ""}
    where = _folder(files)
    sizes = [entry[1] for entry in files if len(entry) > 1]
    megabytes = f", {sum(sizes) / 1e6:,.1f} MB" if sizes else ""
    listed = "\n".join(sorted(" ".join([_inside(where, entry[0]), *map(str, entry[1:])]) for entry in files))
    return {
        "images": f"{len(files)} files of images and masks in {where}{megabytes}",
        "image list sha256": hashlib.sha256(listed.encode()).hexdigest(),
    }


def _image_files(store: Store) -> list[str]:
    files = store.manifest.inputs.get("images", [])
    where = _folder(files)
    return sorted(_inside(where, entry[0]) for entry in files)


def _folder(files: Sequence[Sequence[Any]]) -> str:
    """The one that all lie in, "" where there is none."""
    try:
        return os.path.commonpath([str(Path(entry[0]).parent) for entry in files])
    except ValueError:  # no files, or files on several drives
        return ""


def _inside(folder: str, file: str) -> str:
    return file.removeprefix(folder).lstrip("/\\")


def _masks(store: Store) -> str:
    series = store.manifest.sentinel_2
    without = sum(not record.masked for record in series.acquisitions)
    if without == len(series.acquisitions):
        return "none: clouds are not masked"
    read = ", ".join(describe_masks(series.masks.to_document() if series.masks else None)) or "those of the data set"
    return f"{read}; none on {without} of {len(series.acquisitions)} acquisitions" if without else read


def _grid(grid: Grid | None) -> str:
    return f"{grid.resolution_m:g} m, {grid.crs[:40]}" if grid else "none, the series were imported"


def _as_given(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value if isinstance(value, (bool, int, float)) or value is None else str(value)
