"""The `.cropmodel` file: all that a trained model needs to be used and judged, in one zip without pickle."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as write_tensors
from torch import Tensor, nn

from backend.errors import ModelTooNew, NotAModel, writing_to
from backend.vocabulary import CropClass

from . import FREE_DATES, MODELS, TWO_PER_BAND
from .build import build
from .rotation import Rotation

SCHEMA = 1
MEMBERS = ("model.json", "weights.safetensors", "report.json")
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),  # the zip
    *(SafetensorError, KeyError, TypeError, ValueError, RuntimeError, AttributeError),  # what it holds
)


@dataclass(frozen=True)
class ModelBundle:
    """A trained model. `mean` and `std` are `(dates, channels)`, of reflectance; `calendar` days since 1 January.

    For a view of free dates they are `(1, channels)`, and the calendar is what it was trained on: it takes any.
    """

    architecture: str
    figures: Mapping[str, Any]
    view: str
    bands: tuple[str, ...]
    calendar: tuple[int, ...]
    season: int | None
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    classes: tuple[CropClass, ...]
    class_table: tuple[Mapping[str, str], ...]
    temperature: float
    scores: Mapping[str, Any] | None
    provenance: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    report: Mapping[str, Any]
    rotation: Rotation | None = None  # where it learnt what follows last year's crop; a member that may be missing

    def network(self) -> nn.Module:
        """The network with its weights, ready to predict. Raises RuntimeError where the weights do not fit."""
        network = build(self.architecture, len(self.bands), self.calendar, len(self.classes), self.figures)
        network.load_state_dict(dict(self.weights))
        return network.eval()

    def save(self, path: Path) -> None:
        """Writes beside `path` and renames: the file is whole or not there. Raises NotWritable, DiskFull."""
        content = self._packed()
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with writing_to(path):
                beside.write_bytes(content)
                beside.replace(path)
        finally:
            with suppress(OSError):  # renamed already, or there is no such folder
                beside.unlink()

    def _packed(self) -> bytes:
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in self.weights.items()}
        contents = (_to_json(self._document()), write_tensors(weights), _to_json(self.report))
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for member, content in zip(MEMBERS, contents):
                info = zipfile.ZipInfo(member)  # its date is fixed: the same model gives the same bytes
                archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=1)
        return target.getvalue()

    def _document(self) -> dict[str, Any]:
        rotation = {"rotation": self.rotation.document()} if self.rotation else {}
        return {
            "schema": SCHEMA,
            "architecture": self.architecture,
            "figures": dict(self.figures),
            "view": self.view,
            "bands": list(self.bands),
            "calendar": list(self.calendar),
            "season": self.season,
            "normalisation": {"mean": self.mean.tolist(), "std": self.std.tolist()},
            "classes": [asdict(crop) for crop in self.classes],
            "class_table": [dict(row) for row in self.class_table],
            "calibration": {"temperature": self.temperature},
            **rotation,
            "scores": self.scores,
            "provenance": dict(self.provenance),
        }

    @classmethod
    def load(cls, path: Path) -> ModelBundle:
        """Reads and checks a file, weights and all. Raises NotAModel, ModelTooNew."""
        document, weights, report = _members(path)
        if not isinstance(document, dict) or not isinstance(document.get("schema"), int):
            raise NotAModel(path, "model.json names no schema")
        if document["schema"] > SCHEMA:
            raise ModelTooNew(path, document["schema"], SCHEMA)
        if document.get("architecture") not in MODELS:
            raise NotAModel(path, f"there is no architecture {document.get('architecture')!r}")
        try:
            bundle = cls._from_document(document, weights, report)
            bundle._check()
        except DAMAGE as error:
            raise NotAModel(path, f"its parts do not fit together ({_first_line(error)})") from error
        return bundle

    @classmethod
    def _from_document(cls, document: dict[str, Any], weights: dict[str, Tensor], report: Any) -> ModelBundle:
        return cls(
            architecture=document["architecture"],
            figures=document["figures"],
            view=document["view"],
            bands=tuple(document["bands"]),
            calendar=tuple(document["calendar"]),
            season=document["season"],
            mean=np.array(document["normalisation"]["mean"], dtype=np.float64),
            std=np.array(document["normalisation"]["std"], dtype=np.float64),
            classes=tuple(CropClass(**crop) for crop in document["classes"]),
            class_table=tuple(document["class_table"]),
            temperature=float(document["calibration"]["temperature"]),
            scores=document["scores"],
            provenance=document["provenance"],
            weights=weights,
            report=report,
            rotation=Rotation.from_document(document["rotation"]) if document.get("rotation") else None,
        )

    def _check(self) -> None:
        dates = 1 if self.view in FREE_DATES else len(self.calendar)
        expected = (dates, len(self.bands) * (2 if self.view in TWO_PER_BAND else 1))
        if not self.mean.shape == self.std.shape == expected:
            raise ValueError(f"normalisation is {self.mean.shape}, expected {expected}")
        if self.view != MODELS[self.architecture].view or not self.temperature > 0:
            raise ValueError(f"view {self.view!r}, temperature {self.temperature}")
        if self.rotation and self.rotation.lift.shape[1] != len(self.classes):
            raise ValueError(f"rotation for {self.rotation.lift.shape[1]} classes, expected {len(self.classes)}")
        self.network()


def _members(path: Path) -> tuple[Any, dict[str, Tensor], Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            missing = sorted(set(MEMBERS) - set(archive.namelist()))
            if missing:
                raise NotAModel(path, f"it lacks {', '.join(missing)}")
            model, weights, report = (archive.read(member) for member in MEMBERS)
        return json.loads(model), read_tensors(weights), json.loads(report)
    except OSError as error:
        raise NotAModel(path, f"it cannot be read ({error.strerror or error})") from error
    except DAMAGE as error:
        raise NotAModel(path, f"it is truncated, damaged or something else ({_first_line(error)})") from error


def _to_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".:")
