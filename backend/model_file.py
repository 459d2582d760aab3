"""The `model.json` of a `.cropmodel` file as a checked description.

Standard library only and valid on Python 3.9: the plugin loads this file by path into QGIS's own interpreter, so that
both halves refuse the same files with the same messages. The weights are checked by the engine (`models/weights.py`).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from .json_document import (
    MOST_DIGITS,
    Fault,
    NewerSchema,
    as_list,
    as_number,
    as_object,
    as_positive,
    as_text,
    as_whole,
    expect,
    member_of,
    parse,
)
from .model_preparation import MOST_DAYS, preparation
from .model_region import NoveltyDescription, Region, ThermalTime, novelty, region, thermal_time
from .model_zip import MODEL, NOVELTY, TRAINING_PARCELS, opened, read, require_bytes

__all__ = [
    "SCHEMA", "Fault", "MemberDescription", "ModelDescription", "NewerSchema", "RotationTable", "TrainingSeasons",
    "describe", "document_bytes",
]  # fmt: skip
SCHEMA = 3  # that is read: of thermal time; files of several members are written as 2, of one as 1
SEVERAL = 2

# Limits: generous for any real model (docs/contracts.md); those of sizes are in model_zip.py and json_document.py
MOST_MEMBERS = 32
MOST_CLASSES, MOST_CROPS = 512, 50_000  # classes; rows of the class table, and crops of the year before
MOST_BANDS, MOST_DATES = 64, 1000  # MOST_DAYS: since 1 January of the season, either way
MOST_HYPERPARAMETER = {"layers": 64, "trees": 10_000}  # of an architecture; the others:
MOST_OTHER_HYPERPARAMETER = 4096
MOST_REFLECTANCE, MOST_LIFT, MOST_TEMPERATURE = 1e6, 1e12, 1e3
MOST_PARCELS = 10**9  # behind a score
DIGEST_BYTES, MOST_DIGESTS, MOST_SEASONS = 4, 2_000_000, 100  # of training_parcels.bin

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CLASS = ("code", "name", "colour")
_CROP = {"code": 1, "name": 0, "class": 1, "colour": 0}  # the least characters of each


@dataclass(frozen=True)
class RotationTable:
    """`lift[previous][class]`: how many times its usual share a class has after a crop of the year before."""

    previous: Tuple[str, ...]
    lift: Tuple[Tuple[float, ...], ...]


@dataclass(frozen=True)
class TrainingSeasons:
    """How many digests training_parcels.bin has of each season; `complete`: of every training parcel."""

    digests: Mapping[int, int]
    complete: bool

    @property
    def bytes(self) -> int:
        return DIGEST_BYTES * sum(self.digests.values())


@dataclass(frozen=True)
class MemberDescription:
    """One of the networks, whose logits are divided by `temperature` and whose probabilities are averaged by `share`.

    `mean` and `std` are `[date][channel]` in reflectance, one row for views of free dates.
    """

    architecture: str
    hyperparameters: Mapping[str, Any]
    view: str
    bands: Tuple[str, ...]
    mean: Tuple[Tuple[float, ...], ...]
    std: Tuple[Tuple[float, ...], ...]
    share: float
    temperature: float

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any], where: str, dates: int, architectures: Mapping[str, Any]
    ) -> MemberDescription:  # fmt: skip
        """Raises Fault that names the key."""
        part = partial(member_of, document, where=where)
        name = as_text(part("architecture"), "architecture")
        expect(name in architectures, "architecture", "a known one", name)
        row = architectures[name]
        expect(part("view") == row.view, "view", row.view, part("view"))
        bands = _texts(part("bands"), "bands", MOST_BANDS)
        shape = (1 if row.free_dates else dates, len(bands) * row.channels_per_band)
        scaling = as_object(part("normalisation"), "normalisation")
        mean, std = (_mean_or_std(scaling, kind, *shape) for kind in ("mean", "std"))
        expect(all(value > 0 for line in std for value in line), "normalisation std", "numbers above 0", scaling["std"])
        return cls(
            architecture=name,
            hyperparameters=_hyperparameters(part("figures"), row.hyperparameters),
            view=row.view,
            bands=bands,
            mean=mean,
            std=std,
            share=as_positive(part("share"), "members share", 1),
            temperature=as_positive(part("temperature"), "members temperature", MOST_TEMPERATURE),
        )


@dataclass(frozen=True)
class ModelDescription:
    """`model.json`, checked. `calendar`: days since 1 January of the season; `classes` `{code, name, colour}`."""

    members: Tuple[MemberDescription, ...]
    calendar: Tuple[int, ...]
    season: Optional[int]
    classes: Tuple[Mapping[str, str], ...]
    class_table: Tuple[Mapping[str, str], ...]
    temperature: float
    rotation: Optional[RotationTable]
    training_parcels: Optional[TrainingSeasons]
    region: Optional[Region]
    novelty: Optional[NoveltyDescription]
    thermal_time: Optional[ThermalTime]
    scores: Optional[Mapping[str, Any]]
    provenance: Mapping[str, Any]

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any], architectures: Mapping[str, Any], fillings: Sequence[str]
    ) -> ModelDescription:
        """`architectures` is `models.MODELS`, `fillings` the known ways to fill gaps. Unknown names are ignored.

        Raises NewerSchema, and Fault that names the key.
        """
        schema = as_whole(member_of(document, "schema", MODEL), "schema", 1, 10**MOST_DIGITS)
        if schema > SCHEMA:
            raise NewerSchema(schema, SCHEMA)
        part = partial(member_of, document, where=MODEL)
        calendar, classes = _calendar(part("calendar")), _classes(part("classes"))
        temperature = member_of(as_object(part("calibration"), "calibration"), "temperature", "calibration")
        season, scores = part("season"), part("scores")
        members, thermal = _members(document, schema, len(calendar), architectures), document.get("thermal_time")
        own_days = all(architectures[member.architecture].free_dates for member in members)
        expect(thermal is None or own_days, "thermal_time", "null for members on a calendar", thermal)
        return cls(
            members=members,
            calendar=calendar,
            season=None if season is None else as_whole(season, "season", 1, 9999),
            classes=classes,
            class_table=_class_table(part("class_table")),
            temperature=as_positive(temperature, "calibration temperature", MOST_TEMPERATURE),
            rotation=_rotation(document.get("rotation"), len(classes)),
            training_parcels=_training_parcels(document.get("training_parcels")),
            region=region(document.get("region"), len(calendar)),
            novelty=novelty(document.get("novelty")),
            thermal_time=thermal_time(thermal),
            scores=None if scores is None else _scores(scores),
            provenance=_provenance(part("provenance"), fillings),
        )

    @property
    def bands(self) -> Tuple[str, ...]:
        """Those of all members, each once."""
        return tuple(dict.fromkeys(band for member in self.members for band in member.bands))


def describe(path: Path, architectures: Mapping[str, Any], fillings: Sequence[str]) -> ModelDescription:
    """The description in the file, without its weights. Raises Fault, NewerSchema."""
    with opened(path) as archive:
        model = ModelDescription.from_document(parse(read(archive, MODEL), MODEL), architectures, fillings)
        if model.training_parcels:
            require_bytes(archive, TRAINING_PARCELS, model.training_parcels.bytes)
        if model.novelty:
            require_bytes(archive, NOVELTY, model.novelty.bytes(len(model.calendar)))
    return model


def document_bytes(path: Path) -> int:
    """Size of the `model.json` that `describe` would parse, from the zip's directory. Raises Fault."""
    with opened(path) as archive:
        return archive.getinfo(MODEL).file_size


def _members(
    document: Mapping[str, Any], schema: int, dates: int, architectures: Mapping[str, Any]
) -> Tuple[MemberDescription, ...]:
    """A document without members is that of its single one."""
    if schema != SEVERAL and "members" not in document:
        return (
            MemberDescription.from_document({**document, "share": 1, "temperature": 1}, MODEL, dates, architectures),
        )
    rows = as_list(member_of(document, "members", MODEL), "members", 2, MOST_MEMBERS)
    found = tuple(
        MemberDescription.from_document(as_object(row, "members"), "members", dates, architectures) for row in rows
    )
    total = sum(member.share for member in found)
    expect(abs(total - 1) < 1e-6, "members share", "shares that add up to 1", total)
    return found


def _texts(value: Any, where: str, most: int, least: int = 1) -> Tuple[str, ...]:
    texts = tuple(as_text(item, where) for item in as_list(value, where, least, most))
    expect(len(set(texts)) == len(texts), where, "each name once", value)
    return texts


def _calendar(value: Any) -> Tuple[int, ...]:
    days = tuple(as_whole(day, "calendar", -MOST_DAYS, MOST_DAYS) for day in as_list(value, "calendar", 1, MOST_DATES))
    expect(all(day < later for day, later in zip(days, days[1:])), "calendar", "days in ascending order", value)
    return days


def _hyperparameters(value: Any, known: Mapping[str, Any]) -> Dict[str, Any]:
    """The architecture's hyperparameters (the key `figures`): those of its row, each of the same kind."""
    figures = as_object(value, "figures")
    expect(set(figures) == set(known), "figures", f"the parameters {', '.join(known) or 'none'}", list(figures))
    return {name: _hyperparameter(figures[name], f"figures {name}", like, name) for name, like in known.items()}


def _hyperparameter(value: Any, where: str, like: Any, name: str) -> Any:
    if isinstance(like, tuple):
        items = as_list(value, where, len(like), len(like))
        return tuple(_hyperparameter(item, where, part, name) for item, part in zip(items, like))
    if isinstance(like, float):  # a share that dropout takes
        return as_number(value, where, 0, 1)
    return as_whole(value, where, 1, MOST_HYPERPARAMETER.get(name, MOST_OTHER_HYPERPARAMETER))


def _mean_or_std(document: Mapping[str, Any], kind: str, dates: int, channels: int) -> Tuple[Tuple[float, ...], ...]:
    return _matrix(member_of(document, kind, "normalisation"), f"normalisation {kind}", dates, channels)


def _matrix(value: Any, where: str, rows: int, columns: int, most: float = MOST_REFLECTANCE) -> Any:
    lines = [as_list(line, where, columns, columns) for line in as_list(value, where, rows, rows)]
    return tuple(tuple(as_number(number, where, -most, most) for number in line) for line in lines)


def _classes(value: Any) -> Tuple[Dict[str, str], ...]:
    rows = [as_object(item, "classes") for item in as_list(value, "classes", 2, MOST_CLASSES)]
    classes = tuple({key: as_text(member_of(row, key, "classes"), f"classes {key}") for key in _CLASS} for row in rows)
    for crop in classes:
        expect(_COLOUR.fullmatch(crop["colour"]), "classes colour", "#rrggbb", crop["colour"])
    codes = [crop["code"] for crop in classes]
    expect(len(set(codes)) == len(codes), "classes", "each code once", codes)
    return classes


def _class_table(value: Any) -> Tuple[Dict[str, str], ...]:
    """The rows; each code belongs to one class, and each class has one name and one colour."""
    rows = tuple(_crop(item) for item in as_list(value, "class_table", 1, MOST_CROPS))
    class_of: Dict[str, str] = {}
    facts: Dict[str, Tuple[str, str]] = {}
    for row in rows:
        key = row.get("class_code") or row["class"].casefold()
        fact = (row["class"].casefold(), row["colour"].lower())
        same = class_of.setdefault(row["code"], key) == key and facts.setdefault(key, fact) == fact
        expect(same, "class_table", "one class for each code, one name and colour for each class", row["code"])
    return rows


def _crop(item: Any) -> Dict[str, str]:
    row, where = as_object(item, "class_table"), "class_table"
    texts = {key: as_text(member_of(row, key, where), f"{where} {key}", least) for key, least in _CROP.items()}
    expect(not texts["colour"] or _COLOUR.fullmatch(texts["colour"]), f"{where} colour", "#rrggbb", texts["colour"])
    expect(any(map(str.isalnum, texts["class"])), f"{where} class", "a name with a letter or digit", texts["class"])
    code = {"class_code": as_text(row["class_code"], f"{where} class_code")} if "class_code" in row else {}
    return {**texts, **code}


def _rotation(value: Any, classes: int) -> Optional[RotationTable]:
    if value is None:
        return None
    table = as_object(value, "rotation")
    previous = _texts(member_of(table, "previous", "rotation"), "rotation previous", MOST_CROPS, least=0)
    lift = _matrix(member_of(table, "lift", "rotation"), "rotation lift", len(previous), classes, MOST_LIFT)
    expect(all(number > 0 for line in lift for number in line), "rotation lift", "numbers above 0", table["lift"])
    return RotationTable(previous, lift)


def _training_parcels(value: Any) -> Optional[TrainingSeasons]:
    if value is None:
        return None
    facts, where, digests = as_object(value, "training_parcels"), "training_parcels seasons", {}
    for item in as_list(member_of(facts, "seasons", "training_parcels"), where, 0, MOST_SEASONS):
        row = as_object(item, where)
        season = as_whole(member_of(row, "season", where), f"{where} season", 1, 9999)
        expect(season not in digests, where, "each season once", season)
        digests[season] = as_whole(member_of(row, "digests", where), f"{where} digests", 0, MOST_DIGESTS)
    expect(sum(digests.values()) <= MOST_DIGESTS, where, f"at most {MOST_DIGESTS} digests", sum(digests.values()))
    complete = member_of(facts, "complete", "training_parcels")
    expect(isinstance(complete, bool), "training_parcels complete", "true or false", complete)
    return TrainingSeasons(digests, complete)


def _scores(value: Any) -> Dict[str, Any]:
    scores = as_object(value, "scores")
    for name in ("oa", "mean_f"):
        if scores.get(name) is not None:
            as_number(scores[name], f"scores {name}", 0, 1)
    if scores.get("parcels") is not None:
        as_whole(scores["parcels"], "scores parcels", 0, MOST_PARCELS)
    return scores


def _provenance(value: Any, fillings: Sequence[str]) -> Dict[str, Any]:
    """Free facts, of which `made` is shown and `preparation` is used."""
    facts = as_object(value, "provenance")
    as_text(facts.get("made", ""), "provenance made", 0)
    if facts.get("preparation") is None:
        return facts
    return {**facts, "preparation": preparation(as_object(facts["preparation"], "preparation"), fillings)}
