"""How a model learns, as parameters: epochs and steps, the loss, the split. Left empty, the architecture decides."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from qgis.core import QgsProcessingContext, QgsProcessingParameterEnum, QgsProcessingParameterNumber

from ..engine.protocol import CLASS_WEIGHTS, DEFAULTS, LOSSES, PRECISIONS, SCHEDULES, SPLITS
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced
from .learning import whole_number
from .parcels import field_parameter

WHOLE = ("EPOCHS", "BATCH_SIZE", "PATIENCE")
NUMBERS = ("LEARNING_RATE", "WEIGHT_DECAY", "DATE_DROPOUT", "BLOCK_SIZE_M")
WORDS = ("SCHEDULE", "LOSS", "CLASS_WEIGHTS", "PRECISION", "SPLIT")


def epochs_parameter() -> QgsProcessingParameterNumber:
    return _open(tr("Epochs (empty: as suits the architecture, else {})").format(DEFAULTS.epochs), "EPOCHS", least=1)


def option_parameters() -> List[Any]:
    """For experts; an empty one is as the architecture's authors trained it, else as the paper did."""
    decimals = {"widget_wrapper": {"decimals": 6}}
    rate = _open(tr("Learning rate"), "LEARNING_RATE", least=1e-6, most=1.0)
    decay = _open(tr("Weight decay"), "WEIGHT_DECAY", most=1.0)
    for parameter in (rate, decay):
        parameter.setMetadata(decimals)
    stop = _open(tr("Stop after so many epochs without a better one (0: never)"), "PATIENCE")
    dropout = _open(tr("Share of dates taken from each training sample"), "DATE_DROPOUT", most=0.95)
    return [
        advanced(_open(tr("Parcels per batch"), "BATCH_SIZE", least=2), tr("Parcels per step of the training.")),
        advanced(rate, tr("The highest, where its course moves it.")),
        advanced(
            _choice(tr("Course of the learning rate"), "SCHEDULE", SCHEDULES),
            tr("How the learning rate changes from the first epoch to the last."),
        ),
        advanced(decay, tr("Keeps weights small, so that less is memorised.")),
        advanced(stop, tr("The best epoch is kept in any case.")),
        advanced(
            _choice(tr("Loss"), "LOSS", LOSSES), tr("Focal loss cares less for parcels that are told apart already.")
        ),
        advanced(
            _choice(tr("Weight of rare classes"), "CLASS_WEIGHTS", CLASS_WEIGHTS),
            tr("Lets parcels of rare classes count more."),
        ),
        advanced(dropout, tr("As clouds would; the dates are filled in again.")),
        advanced(
            _choice(tr("Precision"), "PRECISION", PRECISIONS),
            tr("bfloat16 is faster on new graphics cards, slower on most processors."),
        ),
    ]


def split_parameters() -> List[Any]:
    """What stays together when parcels are kept back for testing."""
    block = _open(tr("Side of the squares of blocks, in metres"), "BLOCK_SIZE_M", least=1.0)
    block.setDefaultValue(DEFAULTS.block_size_m)
    split = _choice(tr("Keep together when testing"), "SPLIT", SPLITS)
    split.setDefaultValue(DEFAULTS.split)
    field = field_parameter("SPLIT_FIELD", tr("Field of the group or the year to keep together"))
    about_split = tr("Scores of whole squares, groups or years kept back are lower, and truer for land not seen.")
    return [
        advanced(split, about_split),
        advanced(block, tr("For blocks alone: the parcels of a square are learnt or tested together.")),
        advanced(field, tr("For group and year alone: parcels of one value are learnt or tested together.")),
    ]


def learning_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The engine's arguments by name, None where a parameter is empty."""
    values: Dict[str, Any] = {name: algorithm.integer(parameters, name, context) for name in WHOLE}
    values.update({name: algorithm.number(parameters, name, context) for name in NUMBERS})
    values.update({name: _word(algorithm, parameters, name, context) for name in WORDS})
    values["SPLIT_FIELD"] = algorithm.text(parameters, "SPLIT_FIELD", context)
    return {name.lower(): value for name, value in values.items()}


def split_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """What the engine would refuse only once the images are read."""
    split, field = _word(algorithm, parameters, "SPLIT", context), algorithm.given(parameters, "SPLIT_FIELD")
    if split in ("group", "year") and not field:
        return tr("Keep together: choose the field of the group or the year.")
    if field and split not in ("group", "year"):
        return tr("Keep together: a field is for groups and years; choose one of them, or clear the field.")
    return ""


def _word(
    algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext
) -> Optional[str]:
    return algorithm.parameterAsEnumString(parameters, name, context) if algorithm.given(parameters, name) else None


def _choice(label: str, name: str, words: Sequence[str]) -> QgsProcessingParameterEnum:
    return QgsProcessingParameterEnum(name, label, list(words), optional=True, usesStaticStrings=True)


def _open(label: str, name: str, least: float = 0, most: Optional[float] = None) -> QgsProcessingParameterNumber:
    """A number that may stay empty."""
    if name in WHOLE:
        parameter = whole_number(name, label, None, int(least))
    else:
        kind = QgsProcessingParameterNumber.Type.Double
        parameter = QgsProcessingParameterNumber(name, label, kind, None, minValue=least)
    parameter.setFlags(parameter.flags() | parameter.Flag.FlagOptional)
    if most is not None:
        parameter.setMaximum(most)
    return parameter
