"""The report of a training or a classification as a parameter, and its main scores in the log."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

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
        text = tr("Overall accuracy {oa:.1%}, mean F-score {mean_f:.1%}, of {parcels} parcels")
        feedback.pushInfo(text.format(**{name: scores[name] for name in ("oa", "mean_f", "parcels")}))


def report_groups(judged: Sequence[Mapping[str, Any]], feedback: QgsProcessingFeedback) -> None:
    """The same of the parcels that the model was trained on and those that it was not, each in a line."""
    titles = {
        "no": tr("not used to train the model"),
        "other season": tr("used to train the model in another season"),
        "yes": tr("used to train the model, not in the scores"),
        None: tr("not known whether used to train the model"),
    }
    for row in judged:
        text = tr("{parcels} parcels {title}: overall accuracy {oa:.1%}, mean F-score {mean_f:.1%}")
        figures = {name: row[name] for name in ("parcels", "oa", "mean_f")}
        feedback.pushInfo(text.format(title=titles.get(row["trained_on"], titles[None]), **figures))
