"""The user's library of trained models: a folder of `.cropmodel` files, each under the name that the user gave it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional

from .engine.install import default_location
from .model_file import ModelDescription, NotAModelFile, describe
from .settings import Setting
from .translation import tr

ENDING = ".cropmodel"
NOT_IN_NAMES = '\\/:*?"<>|'  # of files, on one system or another
MOST_CHARACTERS = 100
UNFINISHED = ".part"


class LibraryProblem(ValueError):
    """Raised when a model cannot be added, renamed, copied or deleted; `str()` can be shown to the user."""


@dataclass(frozen=True)
class Entry:
    """A file of the library; `model` is None where it cannot be read, for the reason `problem`."""

    path: Path
    model: Optional[ModelDescription]
    problem: str = ""

    @property
    def name(self) -> str:
        return self.path.stem


def folder() -> Path:
    """Where the models are; it may not exist yet."""
    chosen = str(Setting.MODEL_FOLDER.get())
    return Path(chosen) if chosen else default_location().parent / "models"


def entries(is_cancelled: Callable[[], bool] = lambda: False) -> List[Entry]:
    """All models by name; reads each file's description, so it belongs in the background."""
    found = []
    for path in sorted(folder().glob(f"*{ENDING}"), key=lambda path: path.stem.casefold()):
        if is_cancelled():
            break
        found.append(_entry(path))
    return found


def _entry(path: Path) -> Entry:
    try:
        return Entry(path, describe(path))
    except NotAModelFile as error:
        return Entry(path, None, str(error))
    except OSError as error:
        return Entry(path, None, error.strerror or str(error))


def free_path(name: str) -> Path:
    """A file of the library that is not there yet: `NAME.cropmodel`, else with the next number."""
    stem = "".join("_" if letter in NOT_IN_NAMES else letter for letter in name).strip(" .")[:MOST_CHARACTERS]
    stem = stem or tr("Model")
    path, number = folder() / f"{stem}{ENDING}", 2
    while path.exists():
        path, number = folder() / f"{stem} {number}{ENDING}", number + 1
    return path


def add(source: Path) -> Path:
    """Copies a model file into the library, under a name that is free. Raises LibraryProblem."""
    try:
        describe(source)
    except NotAModelFile as error:
        raise LibraryProblem(str(error)) from error
    return copy(source, free_path(source.stem))


def copy(source: Path, target: Path) -> Path:
    """Copies a model file beside its target, then renames it: no half file is left. Raises LibraryProblem."""
    unfinished = target.with_name(target.name + UNFINISHED)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        text = tr("The model was not copied to {0}: {1}.")
        raise LibraryProblem(text.format(target, error.strerror or error)) from error
    return target


def rename(path: Path, name: str) -> Path:
    """Gives a model another name. Raises LibraryProblem."""
    name = name.strip()
    if not name or name.startswith(".") or set(name) & set(NOT_IN_NAMES) or len(name) > MOST_CHARACTERS:
        text = tr("“{0}” cannot be the name of a model: use 1 to {1} characters, none of {2}.")
        raise LibraryProblem(text.format(name, MOST_CHARACTERS, NOT_IN_NAMES))
    target = path.with_name(name + ENDING)
    if target == path:
        return path
    if target.exists() and not _same_file(target, path):
        raise LibraryProblem(tr("There is a model of the name “{0}” already.").format(name))
    try:
        path.rename(target)
    except OSError as error:
        text = tr("The model “{0}” was not renamed: {1}.")
        raise LibraryProblem(text.format(path.stem, error.strerror or error)) from error
    return target


def _same_file(one: Path, other: Path) -> bool:
    """As `a` and `A` are on systems that do not tell them apart."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def remove(path: Path) -> None:
    """Deletes a model of the library. Raises LibraryProblem."""
    try:
        path.unlink()
    except OSError as error:
        text = tr("The model “{0}” was not deleted: {1}.")
        raise LibraryProblem(text.format(path.stem, error.strerror or error)) from error
