"""The engine's table of options as Processing parameters, and the values of these parameters as a job's arguments."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, Collection, Dict, List, Mapping, Optional, Tuple

from qgis.core import (
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..engine.protocol import MODELS, options
from ..translation import tr, translated
from .base import advanced, explained

Option = options.Option
AS_FOLLOWED = {options.MODEL: "as the model", options.ARCHITECTURE: "as the architecture"}  # first choices
YES, NO = "yes", "no"
LARGEST = 2**31 - 1  # of QGIS's whole numbers
PARCELS, PREDICTIONS = "PARCELS", "PREDICTIONS"  # parameters of layers, by the commands whose fields are theirs
LAYERS = {
    **dict.fromkeys(("extract", "train", "finetune", "classify"), PARCELS),
    "evaluate": PREDICTIONS,
    "export": PREDICTIONS,
}


def parameters_for(
    *commands: str, only: Collection[str] = (), leave_out: Collection[str] = (), optional: Collection[str] = ()
) -> List[QgsProcessingParameterDefinition]:
    """The parameters of the commands' options that have a label, in the table's order; names are those of options.

    What several commands take becomes one parameter. `optional` names options that the command requires, and the
    algorithm does not.
    """
    found: Dict[str, QgsProcessingParameterDefinition] = {}
    for row in options.options_of(*commands):
        wanted = row.label and row.name not in leave_out and (not only or row.name in only)
        if wanted and row.qgis_name not in found:
            command = next(command for command in commands if command in row.commands)
            found[row.qgis_name] = parameter(row, command, not row.required or row.name in optional)
    return list(found.values())


def parameter(row: Option, command: str, optional: bool = True) -> QgsProcessingParameterDefinition:
    """One option of a command: its label, help, choices, limits and default."""
    made = _MAKERS.get(row.kind, _text)(row, command)
    if optional and made.defaultValue() is None:
        made.setFlags(made.flags() | made.Flag.FlagOptional)
    return advanced(made, help_text(row)) if row.advanced else explained(made, help_text(row))


def help_text(row: Option) -> str:
    return translated(row.help)


def label(row: Option) -> str:
    """`Resolution (m)`: the noun phrase and the unit."""
    unit = f" ({translated(row.unit)})" if row.unit else ""
    return f"{translated(row.label)}{unit}"


def choices(row: Option) -> Tuple[str, ...]:
    return (options.AUTO, *MODELS) if row.kind == options.ARCHITECTURE_NAME else row.choices


def default_of(row: Option, command: str) -> Any:
    """The parameter's default; None where the option follows a model or an architecture, or has none."""
    if row.follows_in(command):
        return None
    value = options.default_in_qgis(row)
    return options.as_typed(value) if isinstance(value, tuple) else value


def follows_text(row: Option, command: str, followed: Optional[Mapping[str, Any]] = None) -> str:
    """The value that is used where nothing is given, translated; `followed` as `options.effective` takes it."""
    follows = row.follows_in(command)
    value = options.effective(row, None, followed)
    if follows == options.MODEL:
        text = tr("as the model was trained")
        return text if followed is None else tr("as the model was trained: {}").format(options.as_typed(value))
    if follows == options.ARCHITECTURE:
        return tr("the architecture's, else {}").format(options.as_typed(value))
    return translated(row.otherwise) if value is None else options.as_typed(value)


def _label_with_default(row: Option, command: str) -> str:
    """With the value that is used where nothing is given, since an empty field does not show it."""
    text = follows_text(row, command)
    if default_of(row, command) is not None or not text:
        return label(row)
    if row.unit:
        words = tr("{label} ({unit}; default: {what})")
        return words.format(label=translated(row.label), unit=translated(row.unit), what=text)
    return tr("{label} (default: {what})").format(label=translated(row.label), what=text)


def _text(row: Option, command: str) -> QgsProcessingParameterDefinition:
    name, words = row.qgis_name, _label_with_default(row, command)
    return QgsProcessingParameterString(name, words, default_of(row, command))


def _number(row: Option, command: str) -> QgsProcessingParameterDefinition:
    whole = row.kind == options.WHOLE
    kind = QgsProcessingParameterNumber.Type.Integer if whole else QgsProcessingParameterNumber.Type.Double
    made = QgsProcessingParameterNumber(
        row.qgis_name, _label_with_default(row, command), kind, default_of(row, command)
    )
    low, high = limits(row)
    if low is not None:
        made.setMinimum(low)
    if high is not None:
        made.setMaximum(high)
    if not whole:  # Processing shows six decimals of every number otherwise
        made.setMetadata({"widget_wrapper": {"decimals": row.decimals}})
    return made


def limits(row: Option) -> Tuple[Optional[float], Optional[float]]:
    """The smallest and the largest value that a field for the option can show."""
    step = 1.0 if row.kind == options.WHOLE else 10.0**-row.decimals
    low = row.minimum if row.minimum is None or not row.above else row.minimum + step
    high = row.maximum if row.maximum is None or not row.below else row.maximum - step
    return low, min(high, LARGEST) if row.kind == options.WHOLE and high is not None else high


def _choice(row: Option, command: str) -> QgsProcessingParameterDefinition:
    names = list(choices(row)) if row.kind != options.FLAG else [YES, NO]
    first = AS_FOLLOWED.get(row.follows_in(command))
    shown, default = ([first, *names], first) if first else (names, row.default)
    return QgsProcessingParameterEnum(row.qgis_name, label(row), shown, defaultValue=default, usesStaticStrings=True)


def _flag(row: Option, command: str) -> QgsProcessingParameterDefinition:
    if row.follows_in(command):
        return _choice(row, command)
    return QgsProcessingParameterBoolean(row.qgis_name, label(row), default_of(row, command))


def _crs(row: Option, command: str) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterCrs(row.qgis_name, _label_with_default(row, command), None)


def _field(row: Option, command: str) -> QgsProcessingParameterDefinition:
    """A field of the command's layer; a text where the fields are those of a store or of a table that QGIS has not."""
    if command not in LAYERS:
        return _text(row, command)
    words = _label_with_default(row, command)
    return QgsProcessingParameterField(row.qgis_name, words, parentLayerParameterName=LAYERS[command])


def _folder(row: Option, command: str) -> QgsProcessingParameterDefinition:
    words = _label_with_default(row, command)
    return QgsProcessingParameterFile(row.qgis_name, words, QgsProcessingParameterFile.Behavior.Folder)


def _file(row: Option, command: str) -> QgsProcessingParameterDefinition:
    words = _label_with_default(row, command)
    return QgsProcessingParameterFile(row.qgis_name, words, QgsProcessingParameterFile.Behavior.File)


def _model(row: Option, command: str) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterFile(row.qgis_name, label(row), extension="cropmodel")


_MAKERS: Dict[str, Callable[[Option, str], QgsProcessingParameterDefinition]] = {
    options.WHOLE: _number,
    options.NUMBER: _number,
    options.FLAG: _flag,
    options.CHOICE: _choice,
    options.ARCHITECTURE_NAME: _choice,
    options.CRS: _crs,
    options.FIELD: _field,
    options.FILE: _file,
    options.MODEL_FILE: _model,
    options.FOLDER: _folder,
    options.STORE: _folder,
    options.IMAGERY: _folder,
}
