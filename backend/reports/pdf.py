"""The report as a PDF of A4 sheets: the content of the page, for print and for records."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.reports import tables
from backend.reports.document import shown_colour, simulation_notes
from backend.reports.drawing import SOFT
from backend.reports.figures import Drawing, drawings
from backend.reports.html import KINDS, value_text
from backend.reports.sheets import Column, Sheets, in_style
from backend.reports.tables import percent
from backend.reports.transfer import transfer_sentences

BANNER = "#fff4d6"
MOST_CHARACTERS = 900  # of a value of the provenance


def render(document: Mapping[str, Any], picture: bytes | None = None) -> bytes:
    """The sheets of a report document in plain values (`document.plain`); `picture` is the PNG of a map.

    As on the page, a part that is missing, null or empty does not appear.
    """
    return in_style(lambda: _sheets(document, drawings(document, picture)).to_pdf(document["title"]))


def _sheets(document: Mapping[str, Any], found: Sequence[Drawing]) -> Sheets:
    figures = {drawing.name: drawing for drawing in found}
    sheets = Sheets(f"{document['title']}  ·  {_made(document)}")
    _title(sheets, document)
    _what_was_found(sheets, document)
    _figure(sheets, figures, "map")
    _scores(sheets, document)
    _figure(sheets, figures, "confusion")
    _breakdown(sheets, document)
    for name in ("breakdown", "curves", "reliability"):
        _figure(sheets, figures, name)
    _flags(sheets, document)
    _figure(sheets, figures, "acquisitions")
    _origin(sheets, document)
    return sheets


def _figure(sheets: Sheets, figures: Mapping[str, Drawing], name: str) -> None:
    if name in figures:
        sheets.figure(figures[name])


def _made(document: Mapping[str, Any]) -> str:
    made = str(document.get("made") or "")[:16].replace("T", " ")
    engine = document.get("engine")
    return "  ·  ".join(part for part in (made, f"Crop Classifier engine {engine}" if engine else "") if part)


def _title(sheets: Sheets, document: Mapping[str, Any]) -> None:
    sheets.text(KINDS[document["kind"]].upper(), 8.5, SOFT, bold=True)
    sheets.space(2)
    sheets.text(document["title"], 20, bold=True)
    sheets.text(_made(document), 8.5, SOFT)
    sheets.space(10)


def _what_was_found(sheets: Sheets, document: Mapping[str, Any]) -> None:
    for note in simulation_notes(document.get("notes") or []):
        sheets.box(note, BANNER)
    sheets.tiles(tables.headline(document))
    for title, sentences in (
        ("In short", tables.in_short(document)),
        ("Does the model fit these parcels?", transfer_sentences(document.get("transfer"))),
    ):
        if sentences:
            sheets.heading(title)
            sheets.items(sentences)


def _scores(sheets: Sheets, document: Mapping[str, Any]) -> None:
    _groups(sheets, document)
    scores = document.get("scores")
    if not scores:
        return
    sheets.heading("Scores of each class")
    sheets.text(
        "Precision: the share of the parcels predicted as this class that really belong to it. Recall: the share of the"
        " parcels of this class that were found. F-score: the harmonic mean of both. The means give every class the"
        " same weight; a class that is not in the truth is not counted. In per cent; truth and predicted are parcels.",
        8.5,
        SOFT,
    )
    sheets.space(4)
    columns = _columns("Class", 0.35, ("F-score", "Precision", "Recall", "Truth", "Predicted"))
    ranked = tables.by_size(scores["classes"], "support")
    rows = [[row["name"], *_class_scores(row), f"{row['support']:,}", f"{row['predicted']:,}"] for row in ranked]
    means = [percent(scores[f"mean_{key}"]) for key in ("f", "precision", "recall")]
    rows.append(["Mean of classes", *means, f"{scores['parcels']:,}", ""])
    sheets.table(columns, rows, [shown_colour(row) for row in ranked], last_bold=True)
    _folds(sheets, document)


def _class_scores(row: Mapping[str, Any]) -> list[str]:
    return [percent(row[key]) if row["support"] else "-" for key in ("f", "precision", "recall")]


def _columns(first: str, share: float, others: Sequence[str]) -> list[Column]:
    return [Column(first, share, number=False), *(Column(name, (1 - share) / len(others)) for name in others)]


def _groups(sheets: Sheets, document: Mapping[str, Any]) -> None:
    groups = tables.compared_groups(document.get("judged") or [])
    if not groups:
        return
    sheets.heading("Parcels compared with their declared crop")
    sheets.text(
        "A model knows the parcels that it was trained on, so its agreement with those is too good: the scores leave"
        " them out. In brackets: 95 % intervals for this number of parcels.",
        8.5,
        SOFT,
    )
    sheets.space(4)
    rows = [
        [row["title"], f"{row['parcels']:,}", *(_with_interval(row, key) for key in ("oa", "mean_f"))] for row in groups
    ]
    rows += [[f"Not compared: {why[0].lower()}{why[1:]}", f"{count:,}", "-", "-"] for why, count in _left(document)]
    shares = (0.44, 0.10, 0.23, 0.23)
    titles = ("Parcels", "Number", "Overall accuracy, %", "Mean F-score, %")
    columns = [
        Column(title, share, number=at > 0) for at, (title, share) in enumerate(zip(titles, shares, strict=True))
    ]
    sheets.table(columns, rows)


def _left(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    return tables.not_compared(document.get("not_judged"))


def _with_interval(row: Mapping[str, Any], key: str) -> str:
    low, high = map(percent, row[f"{key}_interval"])
    return f"{percent(row[key])} ({low} to {high})"


def _folds(sheets: Sheets, document: Mapping[str, Any]) -> None:
    over = tables.over_folds(document.get("fold_scores") or [])
    if not over:
        return
    sheets.heading("Scores of the folds, in per cent")
    columns = _columns("Fold", 0.20, ("Parcels", *tables.MEASURES.values()))
    rows = [
        [str(row["fold"]), f"{row['parcels']:,}", *(percent(row[key]) for key in tables.MEASURES)]
        for row in document["fold_scores"]
    ]
    rows.append(["Mean ± deviation", "", *(f"{percent(mean)} ± {percent(std)}" for _, mean, std in over)])
    sheets.table(columns, rows, last_bold=True)


def _breakdown(sheets: Sheets, document: Mapping[str, Any]) -> None:
    rows = document.get("breakdown") or []
    if not rows:
        return
    parcels = sum(row["parcels"] for row in rows) or 1
    area = sum(row.get("area_ha") or 0 for row in rows)
    sheets.heading("Parcels and area of each class" if area else "Parcels of each class")
    what = "The parcels with a declared crop." if document["kind"] == "training" else "The parcels by predicted class."
    sheets.text(what, 8.5, SOFT)
    sheets.space(4)
    ranked = tables.by_size(rows, "parcels")
    cells = [[row["name"], f"{row['parcels']:,}", percent(row["parcels"] / parcels)] for row in ranked]
    titles = ["Parcels", "Share, %"]
    if area:
        titles += ["Area, ha", "of area, %"]
        for line, row in zip(cells, ranked, strict=True):
            line += [f"{row.get('area_ha') or 0:,.1f}", percent((row.get("area_ha") or 0) / area)]
    sheets.table(_columns("Class", 0.40, titles), cells, [shown_colour(row) for row in ranked])


def _flags(sheets: Sheets, document: Mapping[str, Any]) -> None:
    rows = [row for row in document.get("flags") or [] if row["parcels"]]
    if rows:
        sheets.heading("Quality flags")
        sheets.facts([(f"{row['parcels']:,} {row['quality']}", row["meaning"]) for row in rows])


def _origin(sheets: Sheets, document: Mapping[str, Any]) -> None:
    facts = document.get("provenance") or {}
    if facts:
        sheets.heading("Provenance")
        sheets.facts([(name, tables.shortened(value_text(value), MOST_CHARACTERS)) for name, value in facts.items()])
    notes = document.get("notes") or []
    shown = [note for note in notes if note not in simulation_notes(notes)]
    if shown:
        sheets.heading("Notes")
        sheets.items(shown)
