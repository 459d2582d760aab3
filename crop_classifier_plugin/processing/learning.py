"""The store and the report of a run as parameters, and its main scores in the log."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
)

from ..translation import tr
from .base import explained


def add_report(algorithm: QgsProcessingAlgorithm, label: str = "") -> None:
    """Left empty, the engine writes the report beside the result, where it lasts longer than a temporary file.

    The output is a file: of an HTML output, which QGIS makes of such a filter, the batch dialog of QGIS 3.22 fails at
    the end of the run (ProcessingResults.addResult() missing 1 required positional argument: 'timestamp').
    """
    label = label or tr("Report (saved beside the result if empty)")
    files = tr("HTML files (*.html)")
    report = QgsProcessingParameterFileDestination("REPORT", label, files, optional=True, createByDefault=False)
    words = tr("A page with the scores, tables and plots; its figures are beside it as JSON and CSV.")
    algorithm.addParameter(explained(report, words), False)
    algorithm.addOutput(QgsProcessingOutputFile("REPORT", tr("Report")))


def store_output() -> QgsProcessingParameterDefinition:
    store = QgsProcessingParameterFolderDestination("OUTPUT", tr("Parcel series store"))
    return explained(store, tr("The folder in which the series are kept, to train models on; it may get large."))


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
