"""The report as one self-contained HTML page with its style, plots and pictures; nothing is loaded from the network."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.locations import resource
from backend.reports import plots, tables
from backend.reports.document import calibration_error, shown_colour, simulation_notes
from backend.reports.transfer import transfer_sentences

TEMPLATES = resource("report")
MOST_LISTED = 40  # of a value in the table of provenance
KINDS = {
    "training": "Training report",
    "classification": "Classification report",
    "evaluation": "Evaluation report",
}


def render(document: Mapping[str, Any], picture: bytes | None = None, language: str = "en") -> str:
    """The page of a report document in plain values (`document.plain`); `picture` is a PNG to show, such as the map.

    A part of the document that is missing, null or empty does not appear on the page.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=tables.percent, count=_count, text=value_text, colour=shown_colour, by_size=tables.by_size
    )
    return environment.get_template("report.html.j2").render(_content(document, picture), language=language)


def _content(document: Mapping[str, Any], picture: bytes | None) -> dict[str, Any]:
    notes = document.get("notes") or []
    banner = simulation_notes(notes)
    classes = tables.with_numbers((document.get("scores") or {}).get("classes", []))
    return {
        "title": document["title"],
        "kind": KINDS[document["kind"]],
        "made": document.get("made") or "",
        "engine": document.get("engine") or "",
        "style": (TEMPLATES / "report.css").read_text("utf-8"),
        "banner": banner,
        "notes": [note for note in notes if note not in banner],
        "headline": tables.headline(document),
        "in_short": tables.in_short(document),
        "picture": base64.b64encode(picture).decode() if picture else "",
        "fits": transfer_sentences(document.get("transfer")),
        "scores": document.get("scores"),
        "classes": classes,
        "numbered": tables.numbered(classes),
        "compared_groups": tables.compared_groups(document.get("judged") or []),
        "not_compared": tables.not_compared(document.get("not_judged")),
        "fold_scores": document.get("fold_scores") or [],
        "over_folds": tables.over_folds(document.get("fold_scores") or []),
        "measures": tables.MEASURES,
        "tried": document.get("tried") or [],
        "compared": document.get("compared") or [],
        "last_epoch_kept": document.get("epoch_kept") == "last",
        "breakdown": document.get("breakdown") or [],
        "trained": document["kind"] == "training",
        "flags": [row for row in document.get("flags") or [] if row["parcels"]],
        "acquisitions": document.get("acquisitions") or [],
        "class_reliability": document.get("class_reliability") or [],
        "calibration_error": calibration_error(document.get("reliability") or []),
        "provenance": document.get("provenance") or {},
        "plots": _plots(document),
    }


def _plots(document: Mapping[str, Any]) -> dict[str, str]:
    """The plots there is data for, by name."""
    scores, bins = document.get("scores") or {}, document.get("reliability") or []
    return {
        "confusion": plots.confusion(scores) if scores.get("confusion") else "",
        "curves": plots.curves(document["curves"], document.get("epoch_kept") or "best")
        if document.get("curves")
        else "",
        "reliability": plots.reliability(bins) if calibration_error(bins) is not None else "",
        "acquisitions": plots.acquisitions(document["acquisitions"]) if document.get("acquisitions") else "",
    }


def _count(number: float | None, digits: int = 0) -> str:
    return "-" if number is None else f"{number:,.{digits}f}"


def value_text(value: Any) -> str:
    """A value of the provenance table as text."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {value_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        more = f" and {len(value) - MOST_LISTED:,} more, named in the JSON file" if len(value) > MOST_LISTED else ""
        return (", ".join(map(value_text, value[:MOST_LISTED])) or "-") + more
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
