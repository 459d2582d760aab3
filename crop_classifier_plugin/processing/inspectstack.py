"""Lists the acquisitions in an imagery folder: dates, products, clear shares, and the skipped files with the reason."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Mapping

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
)

from ..engine.protocol import spreadsheet
from ..plain_text import without_markup
from ..translation import tr
from .arguments import arguments_for, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .options import parameters_for


class InspectStack(EngineAlgorithm):
    """`inspect` of the engine."""

    example = (("IMAGERY", "images"), ("MASKS", "masks"), ("OUTPUT", "dates.csv"))

    def name(self) -> str:
        return "inspectstack"

    def displayName(self) -> str:
        return tr("Inspect image time series")

    def group(self) -> str:
        return tr("Preparation")

    def groupId(self) -> str:
        return "preparation"

    def tags(self) -> List[str]:
        return tr("sentinel-2,time series,dates,clouds,acquisitions,bands,mask").split(",")

    def description_text(self) -> str:
        return tr(
            "Lists the acquisitions in a folder of dated Sentinel-2 images: date, product, bands, offset and share of "
            "clear pixels. Files that are skipped are listed with the reason. No file is changed."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        for parameter in parameters_for("inspect"):
            self.addParameter(parameter)
        table = QgsProcessingParameterFileDestination(
            "OUTPUT", tr("Table of acquisitions"), tr("CSV files (*.csv)"), optional=True, createByDefault=False
        )
        self.addParameter(explained(table, tr("A row for each acquisition; no table is written if empty.")))
        self.addOutput(QgsProcessingOutputNumber("ACQUISITIONS", tr("Number of acquisitions")))
        self.addOutput(QgsProcessingOutputString("FIRST_DATE", tr("First date")))
        self.addOutput(QgsProcessingOutputString("LAST_DATE", tr("Last date")))
        self.addOutput(QgsProcessingOutputString("JSON", tr("Acquisitions and skipped files (JSON)")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return options_problem(self, parameters, context, "inspect")

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        found = self.run_engine("inspect", arguments_for(self, "inspect", parameters, context), feedback)
        dates = sorted(item["date"] for item in found["acquisitions"])
        report_acquisitions(found, feedback)
        results = {"ACQUISITIONS": len(dates), "JSON": json.dumps(found)}
        if dates:
            results.update(FIRST_DATE=dates[0], LAST_DATE=dates[-1])
        table = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        if table:
            write_table(found["acquisitions"], Path(table))
            results["OUTPUT"] = table
        return results


def report_acquisitions(found: Mapping[str, Any], feedback: QgsProcessingFeedback) -> None:
    """The acquisitions and the skipped files, a line each."""
    for item in found["acquisitions"]:
        clear = item.get("clear_share")
        share = tr("share of clear pixels unknown") if clear is None else tr("{:.0%} clear").format(clear)
        feedback.pushInfo(without_markup(f"{item['date']}  {item['product']}  {item['name']}  {share}"))
    if found.get("extract_refuses"):
        text = tr("Series cannot be made of these images: {reason}").format(reason=found["extract_refuses"])
        feedback.pushWarning(without_markup(text))
    for item in found["skipped"]:
        text = tr("Skipped {path}: {reason}").format(path=item["path"], reason=item["reason"])
        feedback.pushWarning(without_markup(text))


def write_table(acquisitions: List[Mapping[str, Any]], path: Path) -> None:
    """A row per acquisition, lists joined by blanks; raises QgsProcessingException when the file cannot be written."""
    columns = list(dict.fromkeys(name for item in acquisitions for name in item)) or ["date"]
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            records = ({name: _cell(value) for name, value in item.items()} for item in acquisitions)
            spreadsheet.write_records(stream, columns, records)
    except OSError as error:
        text = tr("{path} cannot be written: {error}")
        raise QgsProcessingException(without_markup(text.format(path=path, error=error))) from error


def _cell(value: Any) -> Any:
    return " ".join(str(item) for item in value) if isinstance(value, list) else value
