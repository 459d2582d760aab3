"""The parameters that training and classification share, and their scores in words."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.core import (
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ..engine.protocol import DEFAULTS, DEVICES
from ..translation import tr


def device_parameter() -> QgsProcessingParameterEnum:
    """Where the network runs; `auto` takes a GPU that works, else the processor."""
    return QgsProcessingParameterEnum(
        "DEVICE", tr("Device"), DEVICES, defaultValue=DEFAULTS.device, usesStaticStrings=True
    )


def whole_number(
    name: str, label: str, default: Optional[int], least: int = 1, most: int = 2**31 - 1
) -> QgsProcessingParameterNumber:
    """A whole number within the engine's limits."""
    kind = QgsProcessingParameterNumber.Type.Integer
    return QgsProcessingParameterNumber(name, label, kind, default, minValue=least, maxValue=most)


def report_parameter() -> QgsProcessingParameterFileDestination:
    """Left empty, the engine writes the report beside the result, where it lasts longer than a temporary file."""
    label = tr("Report (beside the result if left empty)")
    files = tr("HTML files (*.html)")
    return QgsProcessingParameterFileDestination("REPORT", label, files, optional=True, createByDefault=False)


def say_scores(scores: Optional[Mapping[str, Any]], feedback: QgsProcessingFeedback) -> None:
    """The two headline figures; nothing where there was no truth to compare with."""
    if scores:
        text = tr("Overall accuracy {oa:.1%}, mean F-score {mean_f:.1%}")
        feedback.pushInfo(text.format(oa=scores["oa"], mean_f=scores["mean_f"]))
