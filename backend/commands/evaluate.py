"""`evaluate`: the report alone, for any layer that holds predictions and the truth."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas
from numpy.typing import NDArray

from backend import reports
from backend.commands import Outcome, documents
from backend.commands.labels import TABLES, ClassOptions, Declared, chosen_table, tell_unknown, unknown_class_option
from backend.commands.options import EXISTING, PATH
from backend.crop_codes import as_code
from backend.errors import NoCommonClasses
from backend.learning.metrics import reliability, scores
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.parcels.reading import column, read_fields
from backend.protocol import Reporter
from backend.reports.tables import as_text
from backend.vocabulary import QUALITY


@click.command("evaluate")
@click.argument("predictions", type=EXISTING)
@click.option("--truth", required=True, help="Field with the declared crop.")
@click.option("--class-table", help=f"The class table of the model, {TABLES}; else codes as they are.")
@unknown_class_option
@click.option("--layer", help="Layer of a file that holds several.")
@click.option("--report", type=PATH, help="The report's HTML file; else PREDICTIONS_evaluation.html.")
@click.pass_obj
def command(
    reporter: Reporter, predictions: Path, truth: str, class_table: str | None, unknown_class: str | None,
    layer: str | None, report: Path | None,
) -> Outcome:  # fmt: skip
    """Report how well PREDICTIONS, a classified layer, agree with a field of declared crops."""
    table = read_fields(predictions, layer)
    options = ClassOptions(class_table, None, unknown_class)
    declared, found = _compare(table, truth, options, predictions)
    if declared.unknown:
        tell_unknown(declared.unknown, declared.table, reporter)
    expected = declared.labels
    judged = (expected >= 0) & (found >= 0)
    if not judged.any():
        raise NoCommonClasses(truth, _some(table, truth), _some(table, "crop_code"))
    if not judged.all():
        reporter.warning(
            "labels.not_judged", f"{int((~judged).sum())} of {len(table)} parcels lack a prediction or a known crop."
        )
    agreement = scores(expected[judged], found[judged], declared.table.classes)
    parts = {
        "scores": agreement,
        "flags": _flags(table),
        "provenance": {"predictions": str(predictions), "truth": truth, **options.facts()},
        "notes": declared.notes(),
    }
    if "confidence" in table:
        confidence = pandas.to_numeric(table["confidence"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        told = judged & (confidence >= 0) & (confidence <= 1)
        parts["reliability"] = reliability(confidence[told], expected[told] == found[told])
    path = report or predictions.with_name(f"{predictions.stem}_evaluation.html")
    page = reports.write(documents.document("evaluation", f"Evaluation of {predictions.name}", **parts), path)
    values = {"report": str(page), "scores": agreement, "unknown_codes": dict(declared.unknown)}
    return Outcome(values, f"{as_text(agreement)}\nreport  {page}")


def _compare(
    table: pandas.DataFrame, truth: str, options: ClassOptions, path: Path
) -> tuple[Declared, NDArray[np.int64]]:
    """The declared crops, and the position among their classes of each parcel's prediction (-1 for none)."""
    declared, predicted = column(table, truth, path), column(table, "crop_code", path)
    if options.class_table or options.unknown_class:
        known = chosen_table(options.class_table, options.unknown_class)
    else:
        known = _as_they_are(table, declared, predicted)
    codes = {as_code(crop.code): position for position, crop in enumerate(known.classes)}
    found = np.array([codes.get(as_code(code), -1) for code in predicted])
    return Declared(known, *known.labels(declared)), found


def _as_they_are(
    table: pandas.DataFrame, declared: NDArray[np.object_], predicted: NDArray[np.object_]
) -> Nomenclature:
    """Every code that occurs as a class of its own, named as the predictions name it."""
    names = dict(zip(predicted, column(table, "crop_name", "The layer"))) if "crop_name" in table else {}
    both = np.concatenate([declared, predicted])
    called = {as_code(code): name for code, name in names.items() if name}
    return nomenclature.from_values(both, {code: name for code, name in called.items() if code})


def _flags(table: pandas.DataFrame) -> list[dict[str, Any]]:
    if "quality" not in table:
        return []
    counts = table["quality"].value_counts()
    return [
        {"quality": flag, "meaning": text, "parcels": int(counts[flag])}
        for flag, text in QUALITY.items()
        if flag in counts
    ]


def _some(table: pandas.DataFrame, name: str) -> list[str]:
    return [str(value) for value in table[name].dropna().unique()[:6]]
