"""The report only, for any layer that holds predictions and the truth."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from backend import reports
from backend.crop_codes import as_code
from backend.errors import BadArgument, NoCommonClasses
from backend.files import remove_leftovers
from backend.options import default
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.parcels.reading import column, read_fields
from backend.protocol import Reporter
from backend.results_folder import NotResults, ResultsFolder
from backend.series.store import locked
from backend.staging import recover
from backend.vocabulary import QUALITY, TRAINED_ON, CropClass
from backend.workflows import report_document
from backend.workflows.agreement import Compared
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.labels import ClassOptions, LabelledParcels, chosen_table, warn_of_unknown


@dataclass(frozen=True)
class EvaluateSpec:
    """`predictions`: a classified layer, or an open table of one, then with `report`; `truth`: the field declared.

    `classes` names the class table of the model; without one codes are compared as they are.
    """

    predictions: Path | pandas.DataFrame
    truth: str
    classes: ClassOptions = ClassOptions()
    layer: str | None = None
    report: Path | None = None
    report_pdf: bool = default("report_pdf")
    report_figures: bool = default("report_figures")
    language: str = default("language")

    @classmethod
    def of(cls, **options: Any) -> EvaluateSpec:
        """From options by name, None where one is not given. Raises BadArgument."""
        classes, others = own_options(ClassOptions, typed(options, "evaluate"))
        own, unknown = own_options(cls, others)
        require_none(unknown)
        return cls(**own, classes=ClassOptions(**classes))

    @property
    def name(self) -> str:
        return self.predictions.name if isinstance(self.predictions, Path) else "an open table"

    @property
    def page(self) -> Path:
        """The path of the report. Raises BadArgument where an open table is given without one."""
        if self.report is None and not isinstance(self.predictions, Path):
            raise BadArgument("report", "the report's HTML file, for predictions that are an open table", None)
        return self.report or self.predictions.with_name(f"{self.predictions.stem}_evaluation.html")  # type: ignore[union-attr]


@dataclass(frozen=True)
class Evaluation:
    """What came of it (docs/contracts.md)."""

    report: Path
    scores: Mapping[str, Any] | None
    judged: tuple[Mapping[str, Any], ...]
    not_judged: Mapping[str, Any]
    unknown_codes: Mapping[str, int]


def evaluate(spec: EvaluateSpec, reporter: Reporter) -> Evaluation:
    """Compares predictions with a field of declared crops, and reports; one run at a time writes a report.

    Raises MissingField, NoCommonClasses, BadClassTable, UnreadableParcels, NotWritable.
    """
    html, *others = reports.places(spec.page)
    report_document.require_writable(html)
    with locked(html):
        recover(html)
        for path in (html, *others):
            remove_leftovers(path)
        return _evaluate(spec, reporter)


def _evaluate(spec: EvaluateSpec, reporter: Reporter) -> Evaluation:
    table = read_fields(spec.predictions, spec.layer) if isinstance(spec.predictions, Path) else spec.predictions
    groups = _groups(spec, table)
    labelled, found = _compare(table, spec.truth, spec.classes, spec.name, groups)
    if labelled.unknown:
        warn_of_unknown(labelled.unknown, labelled.table, reporter)
    compared = Compared(
        labelled.table.classes,
        column(table, spec.truth, spec.name),
        labelled.labels,
        found,
        _confidence(table),
        _trained_on(table),
    )
    agreement = compared.agreement(reporter)
    if not agreement.judged:
        raise NoCommonClasses(spec.truth, _some(table, spec.truth), _some(table, "crop_code"))
    parts = {
        **agreement.parts(),
        "flags": _flags(table),
        "provenance": {
            "predictions": str(spec.predictions) if isinstance(spec.predictions, Path) else spec.name,
            "truth": spec.truth,
            **spec.classes.facts(),
        },
        "notes": [*_notes(groups), *labelled.notes()],
    }
    document = report_document.document("evaluation", f"Evaluation of {spec.name}", **parts)
    written = reports.write(document, spec.page, forms=report_document.forms_of(spec))
    return Evaluation(
        written, agreement.scores, agreement.judged, agreement.not_judged, dict(labelled.unknown)
    )  # fmt: skip


def _groups(spec: EvaluateSpec, table: pandas.DataFrame) -> dict[str, CropClass]:
    """Of the codes of rare classes the class that the model was trained with in their place, as the results beside the
    layer have it; none where there are no results, or where they are of other predictions.
    """
    if not isinstance(spec.predictions, Path):
        return {}
    layer = spec.predictions
    named = layer.with_name(f"{layer.stem}_{spec.layer}{layer.suffix}")  # of one among several layers of a file
    for path in (named, layer):
        folder = ResultsFolder.beside(path)
        if not folder.path.exists():
            continue
        try:
            described = folder.description()
        except NotResults:
            return {}
        classes = {crop["code"]: CropClass(**crop) for crop in described.classes}
        predicted = {as_code(code) for code in column(table, "crop_code", spec.name)} - {None}
        return {c: classes[group] for c, group in described.groups.items()} if predicted <= {*classes} else {}
    return {}


def _notes(groups: Mapping[str, CropClass]) -> list[str]:
    text = ", ".join(f"{code} in {group.name}" for code, group in groups.items())
    return (
        [f"Rare classes are compared as parts of the groups that the model was trained with: {text}."] if text else []
    )


def _confidence(table: pandas.DataFrame) -> NDArray[np.float64]:
    """NaN where it is no number, or the layer has no such field."""
    if "confidence" not in table:
        return np.full(len(table), np.nan)
    return pandas.to_numeric(table["confidence"], errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _trained_on(table: pandas.DataFrame) -> NDArray[np.object_]:
    """The field that a classification writes; None for other values, and where the layer has none."""
    found = np.full(len(table), None, dtype=object)
    if "trained_on" in table:
        for key in TRAINED_ON:
            found[(table["trained_on"] == key).fillna(False).to_numpy(bool)] = key
    return found


def _compare(
    table: pandas.DataFrame, truth: str, options: ClassOptions, where: str, groups: Mapping[str, CropClass]
) -> tuple[LabelledParcels, NDArray[np.int64]]:
    """The declared crops, and the position among their classes of each parcel's prediction (-1 for none)."""
    declared, predicted = column(table, truth, where), column(table, "crop_code", where)
    if options.class_table or options.unknown_class:
        known = chosen_table(options.class_table, options.unknown_class)
        known = known.regrouped(groups) if groups else known
    else:
        known = _as_they_are(table, declared, predicted)
    codes = {as_code(crop.code): position for position, crop in enumerate(known.classes)}
    found = np.array([codes.get(as_code(code), -1) for code in predicted])
    return LabelledParcels(known, *known.labels(declared)), found


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
