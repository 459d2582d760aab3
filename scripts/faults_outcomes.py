"""What a run that was killed, or met a full disk, left: the old outputs, the new ones, none, or something else.

For `faults.py`. Every output is read as a user's program would read it, and compared with two undisturbed runs.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import rasterio

from backend.errors import NotAStore
from backend.experiments.records import Record
from backend.models.bundle import ModelBundle
from backend.results_folder import ResultsFolder
from backend.series.store import open_store

OLD, NEW, SAME, MISSING, BAD = "old", "new", "same", "missing", "bad"
OUTCOMES = ("whole new", "old kept", "nothing", "goes on", "unfinished", "WRONG", "HALF", "LEFT OVER")
GOOD = OUTCOMES[:5]  # "unfinished" is a layer that cannot be opened, and that the next run completes


class Unfinished(Exception):
    """Raised for an output that says of itself that it is not finished."""


@dataclass(frozen=True)
class Output:
    """A part of what a command writes, by its name in the folder; `read` gives what two runs can be compared by."""

    name: str
    read: Callable[[Path], Any]


@dataclass(frozen=True)
class Expected:
    """The readings of an undisturbed old and new run; `old` empty where there is none. `names`: all that is there."""

    new: Mapping[str, Any]
    names: frozenset[str]
    old: Mapping[str, Any] = field(default_factory=dict)


def readings(folder: Path, outputs: tuple[Output, ...]) -> dict[str, Any]:
    return {output.name: output.read(folder / output.name) for output in outputs}


def states(folder: Path, outputs: tuple[Output, ...], expected: Expected) -> dict[str, str]:
    """OLD, NEW, SAME (both are alike), MISSING or BAD of each output."""
    return {output.name: _state(folder / output.name, output, expected) for output in outputs}


def _state(path: Path, output: Output, expected: Expected) -> str:
    if not path.exists():
        return MISSING
    try:
        found = output.read(path)
    except Unfinished:
        return MISSING
    except Exception:  # whatever a reader stumbles over is the finding
        return BAD
    new, old = found == expected.new[output.name], output.name in expected.old and found == expected.old[output.name]
    return SAME if new and old else NEW if new else OLD if old else BAD


def outcome(found: Mapping[str, str], status: int, resumable: bool) -> str:
    """One of OUTCOMES for a run that ended with `status`; of a resumable command parts may be there before the rest."""
    kinds = set(found.values()) - {SAME}
    if BAD in kinds or (status == 0 and kinds - {NEW}):
        return "WRONG"
    if kinds <= {NEW}:
        return "whole new"
    if len(kinds) == 1:
        return "old kept" if kinds == {OLD} else "nothing"
    if resumable and kinds == {NEW, MISSING}:
        return "goes on"
    layer = next((name for name in found if name.endswith(".shp")), None)
    return "unfinished" if layer and found[layer] == MISSING else "HALF"


def layer(path: Path) -> Any:
    table = geopandas.read_parquet(path) if path.suffix == ".parquet" else _read(path)
    return len(table), tuple(table["crop_code"]), tuple(np.asarray(table["confidence"], np.float64))


def _read(path: Path) -> Any:
    return pyogrio.read_dataframe(path, layer=path.stem)  # a GeoPackage may hold styles, too


def results(path: Path) -> Any:
    folder = ResultsFolder(path)
    return folder.description().parcels, tuple((p.parcel_id, p.probabilities) for p in folder.parcels())


def document(path: Path) -> Any:
    """A report's JSON, without what differs between two runs of the same inputs."""
    found = json.loads(path.read_text(encoding="utf-8"))
    facts = {k: v for k, v in found["provenance"].items() if k in ("trained", "seed", "predictions", "model")}
    facts["predictions"] = Path(facts.get("predictions", "")).name
    return found["kind"], facts["predictions"], facts.get("trained"), facts.get("seed"), str(found["breakdown"])


def page(marks: tuple[str, str]) -> Callable[[Path], str]:
    """Which of two marks, of the old and the new run, an HTML page shows; it has to be whole."""

    def read(path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        if not text.rstrip().endswith("</html>"):
            raise ValueError("cut off")
        shown = [mark for mark in marks if mark in text]
        if len(shown) != 1:
            raise ValueError(f"shows {shown} of {marks}")
        return shown[0]

    return read


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def picture(path: Path) -> Any:
    with warnings.catch_warnings(action="ignore"), rasterio.open(path) as image:  # a picture has no place on the ground
        return image.shape, int(image.read().sum(dtype=np.int64))


def model(path: Path) -> Any:
    return ModelBundle.load(path).provenance["seed"]


def store(path: Path) -> Any:
    try:
        found = open_store(path)
    except NotAStore as error:
        raise Unfinished from error
    return len(found.index), int(np.asarray(found.reflectance, np.int64).sum()), found.manifest.complete


def region(path: Path) -> Any:
    """A made-up region: every image, and the parcels."""
    images = tuple(picture(image) for image in sorted((path / "imagery").glob("*.tif")))
    return images, len(pyogrio.read_dataframe(path / "parcels.gpkg")), len(list((path / "masks").glob("*.tif")))


def record(path: Path) -> Any:
    found = Record.from_document(json.loads(path.read_text(encoding="utf-8")))
    return found.run.name, found.best_epoch, tuple(found.tested["predicted"])


def table(path: Path) -> Any:
    """Of an experiment: whole at any time, with the rows of the runs that are done so far."""
    return json.loads(path.read_text(encoding="utf-8"))["name"]
