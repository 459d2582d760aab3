"""The values of an algorithm's parameters as a job's arguments, and what is wrong with them before the run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

from qgis.core import QgsProcessingContext

from ..engine.protocol import options
from ..translation import tr, translated
from .base import EngineAlgorithm, Parameters
from .options import AS_FOLLOWED, NO, YES, Option

CATALOGUE = "stac:"
PATHS = (options.FILE, options.FOLDER, options.IMAGERY)  # that must exist
CHECKED = (options.DATE, options.DATES, options.CALENDAR, options.NUMBERS)  # texts that the widgets do not check


def arguments_for(
    algorithm: EngineAlgorithm, command: str, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The command's options that the user gave, by name; one that equals its default was not given."""
    found = {}
    for row in _offered(algorithm, command):
        value = _READERS.get(row.kind, EngineAlgorithm.text)(algorithm, parameters, row.qgis_name, context)
        if value is not None and (row.follows_in(command) or options.as_typed(value) != options.as_typed(row.default)):
            found[row.name] = value
    return found


def options_problem(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, *commands: str
) -> str:
    """Files and folders that do not exist, texts that the engine would refuse only after a long time."""
    for row in _offered(algorithm, *commands):
        name = row.qgis_name
        if row.kind in PATHS:
            path = file_path(algorithm, parameters, name, context)
            if path and not is_catalogue(path) and not Path(path).exists():
                return tr("{label}: {path} does not exist.").format(label=translated(row.label), path=path)
        if row.kind in CHECKED:
            text = algorithm.text(parameters, name, context)
            items = options.as_list(text or "") if row.kind == options.DATES else [text]
            for item in items:
                if item and not row.accepts(item):
                    words = tr("{label}: expected {expected}, found {found}.")
                    return words.format(label=translated(row.label), expected=translated(row.expected), found=item)
    return ""


def given_option(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext, command: str, group: str
) -> str:
    """The label of the first option of a group that was given; empty where none was."""
    given = arguments_for(algorithm, command, parameters, context)
    return next((translated(row.label) for row in options.OPTIONS if row.group == group and row.name in given), "")


def file_path(
    algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext
) -> Optional[str]:
    """An absolute path, as logs and reports should name it, or a catalogue's address; None where none is given."""
    path = algorithm.text(parameters, name, context)
    return str(Path(path).absolute()) if path and not is_catalogue(path) else path or None


def is_catalogue(path: str) -> bool:
    """Whether the images are behind a STAC catalogue: "stac:" and its address or file."""
    return path.startswith(CATALOGUE)


def _offered(algorithm: EngineAlgorithm, *commands: str) -> Iterator[Option]:
    """The options that the algorithm has a parameter for."""
    names = {definition.name() for definition in algorithm.parameterDefinitions()}
    return (row for row in options.options_of(*commands) if row.label and row.qgis_name in names)


def _word(
    algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext
) -> Optional[str]:
    if not algorithm.given(parameters, name):
        return None
    word = algorithm.parameterAsEnumString(parameters, name, context)
    return None if word in AS_FOLLOWED.values() else word or None


def _flag(
    algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext
) -> Optional[bool]:
    if algorithm.parameterDefinition(name).type() == "enum":
        return {YES: True, NO: False}.get(_word(algorithm, parameters, name, context) or "")
    return algorithm.parameterAsBool(parameters, name, context)


def _crs(algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext) -> Optional[str]:
    crs = algorithm.parameterAsCrs(parameters, name, context)
    return (crs.authid() or crs.toWkt()) if crs.isValid() else None


def _dates(algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext) -> Any:
    return options.as_list(algorithm.text(parameters, name, context) or "") or None


_READERS: Dict[str, Callable[..., Any]] = {
    options.WHOLE: EngineAlgorithm.integer,
    options.NUMBER: EngineAlgorithm.number,
    options.FLAG: _flag,
    options.CHOICE: _word,
    options.ARCHITECTURE_NAME: _word,
    options.CRS: _crs,
    options.DATES: _dates,
    **dict.fromkeys((*PATHS, options.STORE, options.MODEL_FILE), file_path),
}
