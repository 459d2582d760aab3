"""The `.cropmodel` file: all that a trained model needs to be used and judged, in one zip without pickle."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save as write_tensors
from torch import Tensor, nn

from backend.errors import ModelTooNew, NotAModel, NotWritable
from backend.files import write_beside
from backend.json_document import Fault, NewerSchema, first_line, parse
from backend.memory import require_memory
from backend.model_file import SCHEMA, SEVERAL, MemberDescription, ModelDescription
from backend.model_region import Region, ThermalTime
from backend.model_zip import MEMBERS, MODEL, NOVELTY, REPORT, TRAINING_PARCELS, opened, read, require_bytes
from backend.options import FILLINGS
from backend.vocabulary import CropClass

from . import MODELS
from .build import build
from .novelty import Novelty
from .rotation import Rotation
from .training_parcels import TrainingParcels
from .weights import UNBUILDABLE, prefixes, read_weights, require_working

MOST_REPORT_VALUES = 5_000_000  # its curves have a row for each epoch of each fold


def members_name(architectures: Sequence[str]) -> str:
    """Each architecture with its number of members where there are several: `2 temp-cnn + extra-trees`."""
    counts = Counter(architectures)
    return " + ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items())


@dataclass(frozen=True)
class Member:
    """One of the networks of a model. `mean` and `std` are `(dates, channels)`, of reflectance; `(1, channels)` for a
    view of free dates.
    """

    architecture: str
    hyperparameters: Mapping[str, Any]
    view: str
    bands: tuple[str, ...]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    weights: Mapping[str, Tensor]
    share: float = 1.0  # of the probabilities
    temperature: float = 1.0  # that its logits are divided by before they are averaged

    def document(self) -> dict[str, Any]:
        """Its keys of model.json."""
        return {
            "architecture": self.architecture,
            "figures": dict(self.hyperparameters),
            "view": self.view,
            "bands": list(self.bands),
            "normalisation": {"mean": self.mean.tolist(), "std": self.std.tolist()},
        }


@dataclass(frozen=True)
class ModelBundle:
    """A trained model: the average of its members. `calendar`: days since 1 January.

    For members of free dates the calendar is what they were trained on: they take any.
    """

    members: tuple[Member, ...]
    calendar: tuple[int, ...]
    season: int | None
    classes: tuple[CropClass, ...]
    class_table: tuple[Mapping[str, str], ...]
    temperature: float
    scores: Mapping[str, Any] | None
    provenance: Mapping[str, Any]
    report: Mapping[str, Any]
    rotation: Rotation | None = None  # where it learnt what follows last year's crop; a part that may be missing
    training_parcels: TrainingParcels | None = None  # None: the file does not tell
    region: Region | None = None  # where and when it was trained; None: the file does not tell
    novelty: Novelty | None = None
    thermal_time: ThermalTime | None = None  # None: by day of year

    @property
    def name(self) -> str:
        return members_name([member.architecture for member in self.members])

    @property
    def bands(self) -> tuple[str, ...]:
        """Those of all members, each once."""
        return tuple(dict.fromkeys(band for member in self.members for band in member.bands))

    def network(self, member: Member) -> nn.Module:
        """With its weights, ready to predict. Raises RuntimeError where the weights do not fit."""
        network = build(
            member.architecture, len(member.bands), self.calendar, len(self.classes), member.hyperparameters
        )  # fmt: skip
        network.load_state_dict(dict(member.weights))
        return network.eval()

    def save(self, path: Path) -> None:
        """Writes the whole file or none. Raises NotWritable, DiskFull, and NotAModel for what `load` would
        refuse.
        """
        content = self.packed(path)
        if not path.parent.is_dir():
            raise NotWritable(path, "there is no such folder")
        write_beside(path, lambda part: part.write_bytes(content))

    def packed(self, path: Path) -> bytes:
        """The content of the file to be at `path`. Raises NotAModel for what `load` would refuse."""
        with _refusing(path):
            return self._packed()

    def _packed(self) -> bytes:
        weights = {
            f"{start}{name}": tensor.detach().cpu().contiguous()
            for start, member in zip(prefixes(len(self.members)), self.members)
            for name, tensor in member.weights.items()
        }
        document = _to_json(self._document())
        ModelDescription.from_document(parse(document, MODEL), MODELS, FILLINGS)
        contents = dict(zip(MEMBERS, (document, write_tensors(weights), _to_json(self.report)), strict=True))
        if self.training_parcels:
            contents[TRAINING_PARCELS] = self.training_parcels.packed()
        if self.novelty:
            contents[NOVELTY] = self.novelty.packed()
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for member, content in contents.items():
                info = zipfile.ZipInfo(member)  # its date is fixed: the same model gives the same bytes
                archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=1)
        return target.getvalue()

    def _document(self) -> dict[str, Any]:
        parts = {
            "rotation": self.rotation,
            "training_parcels": self.training_parcels,
            "region": self.region,
            "novelty": self.novelty,
            "thermal_time": self.thermal_time,
        }
        if len(self.members) == 1:
            networks = {"schema": 1, **self.members[0].document()}  # as every version reads it
        else:
            members = [
                {**member.document(), "share": member.share, "temperature": member.temperature}
                for member in self.members
            ]
            networks = {"schema": SEVERAL, "members": members}
        return {
            **networks,
            **({"schema": SCHEMA} if self.thermal_time else {}),  # an older version would take it for days of year
            "calendar": list(self.calendar),
            "season": self.season,
            "classes": [asdict(crop) for crop in self.classes],
            "class_table": [dict(row) for row in self.class_table],
            "calibration": {"temperature": self.temperature},
            **{name: part.document() for name, part in parts.items() if part},
            "scores": self.scores,
            "provenance": dict(self.provenance),
        }

    @classmethod
    def load(cls, path: Path) -> ModelBundle:
        """Reads and checks a file, weights and all. Raises NotAModel, ModelTooNew."""
        with _refusing(path), opened(path) as archive:
            model = ModelDescription.from_document(parse(read(archive, MODEL), MODEL), MODELS, FILLINGS)
            report = parse(read(archive, REPORT), REPORT, MOST_REPORT_VALUES)
            weights = read_weights(archive, model)
            parcels, novelty = _training_parcels(archive, model), _novelty(archive, model)
        with _refusing(path):
            bundle = cls._of(model, weights, report, parcels, novelty)
            for member, described in zip(bundle.members, model.members):
                require_working(bundle.network(member), described, model)
        return bundle

    @classmethod
    def _of(
        cls, model: ModelDescription, weights: Sequence[Mapping[str, Tensor]], report: Mapping[str, Any],
        training_parcels: TrainingParcels | None, novelty: Novelty | None,
    ) -> ModelBundle:  # fmt: skip
        return cls(
            members=tuple(map(_member, model.members, weights)),
            calendar=model.calendar,
            season=model.season,
            classes=tuple(CropClass(**crop) for crop in model.classes),
            class_table=model.class_table,
            temperature=model.temperature,
            scores=model.scores,
            provenance=model.provenance,
            report=report,
            rotation=Rotation.of(model.rotation, len(model.classes)) if model.rotation else None,
            training_parcels=training_parcels,
            region=model.region,
            novelty=novelty,
            thermal_time=model.thermal_time,
        )


def _member(described: MemberDescription, weights: Mapping[str, Tensor]) -> Member:
    return Member(
        architecture=described.architecture,
        hyperparameters=described.hyperparameters,
        view=described.view,
        bands=described.bands,
        mean=np.array(described.mean, dtype=np.float64),
        std=np.array(described.std, dtype=np.float64),
        weights=weights,
        share=described.share,
        temperature=described.temperature,
    )


def _training_parcels(archive: zipfile.ZipFile, model: ModelDescription) -> TrainingParcels | None:
    """None where the file does not tell. Raises Fault where the zip has other digests than the description."""
    if model.training_parcels is None:
        return None
    require_bytes(archive, TRAINING_PARCELS, model.training_parcels.bytes)
    return TrainingParcels.unpacked(read(archive, TRAINING_PARCELS), model.training_parcels)


def _novelty(archive: zipfile.ZipFile, model: ModelDescription) -> Novelty | None:
    """None where the file has none. Raises Fault where the zip has other numbers than the description."""
    if model.novelty is None:
        return None
    dates = len(model.calendar)
    require_bytes(archive, NOVELTY, model.novelty.bytes(dates))
    return Novelty.unpacked(read(archive, NOVELTY), model.novelty, dates)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """What is wrong with the file, as the error of the engine that names it."""
    try:
        yield
    except NewerSchema as error:
        raise ModelTooNew(path, error.found, SCHEMA) from error
    except Fault as error:
        raise NotAModel(path, str(error)) from error
    except UNBUILDABLE as error:
        require_memory(error)
        raise NotAModel(path, f"its parts do not fit together ({first_line(error)})") from error


def _to_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode()
