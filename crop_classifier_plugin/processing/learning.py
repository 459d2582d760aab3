"""The report of a training or a classification as a parameter, and its main scores in the log."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional

from qgis.core import QgsProcessingFeedback, QgsProcessingParameterFileDestination

from ..translation import tr


def report_parameter() -> QgsProcessingParameterFileDestination:
    """Left empty, the engine writes the report beside the result, where it lasts longer than a temporary file."""
    label = tr("Report (saved beside the result if empty)")
    files = tr("HTML files (*.html)")
    return QgsProcessingParameterFileDestination("REPORT", label, files, optional=True, createByDefault=False)


def report_scores(scores: Optional[Mapping[str, Any]], feedback: QgsProcessingFeedback) -> None:
    """The two main scores; nothing where there were no declared crops to compare with."""
    if scores:
        text = tr("Overall accuracy {oa:.1%}, mean F-score {mean_f:.1%}")
        feedback.pushInfo(text.format(oa=scores["oa"], mean_f=scores["mean_f"]))
