"""Reads what a `.cropmodel` file says of itself, without the engine."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .translation import tr

KNOWN_SCHEMA = 1
MEMBERS = ("model.json", "weights.safetensors")  # a forest, too, keeps its arrays as weights


class NotAModelFile(ValueError):
    """Raised when a file cannot be used as a model; `str()` is fit to be shown."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(tr("{path} is not a usable .cropmodel file: {problem}.").format(path=path, problem=problem))


@dataclass(frozen=True)
class ModelDescription:
    """What a model tells apart (`classes`: code, name, colour) and needs (`calendar`: days from 1 January)."""

    path: Path
    architecture: str
    classes: Tuple[Mapping[str, str], ...]
    bands: Tuple[str, ...]
    calendar: Tuple[int, ...]
    season: Optional[int]
    scores: Mapping[str, Any]
    provenance: Mapping[str, Any]


def describe(path: Path) -> ModelDescription:
    """The description in `model.json`; raises NotAModelFile with the reason in plain words."""
    document = _document(path)
    schema = document.get("schema")
    if not isinstance(schema, int) or schema > KNOWN_SCHEMA:
        problem = tr("it has schema {found}, this version reads up to {known}; update the plugin")
        raise NotAModelFile(path, problem.format(found=schema, known=KNOWN_SCHEMA))
    try:
        return ModelDescription(
            path,
            str(document["architecture"]),
            tuple(_classes(document["classes"])),
            tuple(str(band) for band in document["bands"]),
            tuple(int(day) for day in document["calendar"]),
            None if document.get("season") is None else int(document["season"]),
            dict(document.get("scores") or {}),
            dict(document.get("provenance") or {}),
        )
    except KeyError as error:
        raise NotAModelFile(path, tr("its description lacks {}").format(error)) from error
    except (TypeError, ValueError) as error:
        raise NotAModelFile(path, tr("its description is damaged ({})").format(error)) from error


def _document(path: Path) -> Dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            missing = [name for name in MEMBERS if name not in archive.namelist()]
            if missing:
                raise NotAModelFile(path, tr("it lacks {}").format(", ".join(missing)))
            document = json.loads(archive.read(MEMBERS[0]).decode("utf-8"))
    except OSError as error:
        raise NotAModelFile(path, error.strerror or str(error)) from error
    except zipfile.BadZipFile as error:
        raise NotAModelFile(path, tr("it is damaged or of another kind")) from error
    except (UnicodeDecodeError, json.JSONDecodeError, zlib.error, RuntimeError) as error:
        raise NotAModelFile(path, tr("its description is damaged ({})").format(error)) from error
    if not isinstance(document, dict):
        raise NotAModelFile(path, tr("its description is no object of names and values"))
    return document


def _classes(items: List[Mapping[str, Any]]) -> List[Dict[str, str]]:
    return [{name: str(item[name]) for name in ("code", "name", "colour")} for item in items]
