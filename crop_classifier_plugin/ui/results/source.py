"""Reads what a classification left: the folder of results, and the report's JSON beside it. No widgets, any thread."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from ...engine.protocol import FORMATS, results_folder, vocabulary
from ...translation import tr

SUFFIX = ".results"
MOST_BYTES = 64 << 20  # of a report
_COUNTS, _SHARES = ("support", "predicted"), ("precision", "recall", "f")


@dataclass(frozen=True)
class Results:
    """`report` is the report document (docs/contracts.md), empty where it is missing or damaged; `page` its HTML file,
    None where that is missing. `knows_declared`: the parcels' declared classes are known. `notices`: what is missing,
    in sentences for the user.
    """

    folder: Path
    about: Any  # a results_folder.Description
    report: Mapping[str, Any]
    page: Optional[Path]
    knows_declared: bool
    notices: Tuple[str, ...]

    @property
    def parcels(self) -> Any:
        """The table of parcels."""
        return results_folder.ResultsFolder(self.folder)

    @property
    def classes(self) -> Sequence[Mapping[str, str]]:
        return self.about.classes

    @property
    def scores(self) -> Optional[Mapping[str, Any]]:
        """Of parcels that the model was not trained on; None where nothing could be compared."""
        return self.report.get("scores")

    @property
    def compared(self) -> bool:
        """Whether a field of declared crops was given."""
        return self.report.get("not_judged") is not None

    def layer_files(self) -> Iterator[Path]:
        """Where the classified layer may be: where it was written, or beside the folder if that was moved."""
        written = Path(self.about.layer)
        yield written
        yield self.folder.with_name(written.name)
        yield from (self.folder.with_suffix(f".{ending}") for ending in FORMATS)


def folder_of(layer_file: Path, layer_name: str = "") -> Path:
    """The results beside a classified layer; those of a layer that is one of several in a file are named after both."""
    own = results_folder.ResultsFolder.beside(layer_file).path
    if layer_name and layer_name != layer_file.stem:
        named = own.with_name(f"{layer_file.stem}_{layer_name}{SUFFIX}")
        return named if named.is_dir() else own
    return own


def read_results(folder: Path) -> Results:
    """Raises results_folder.NotResults where the folder holds none, or is damaged."""
    found = results_folder.ResultsFolder(folder)
    about, knows_declared = found.description(), found.has_declared()
    page = _page(folder, about)
    report, problem = _report(page.with_suffix(".json"), len(about.classes))
    notices = [problem] if problem else []
    if not knows_declared:
        notices.append(
            tr(
                "These results are of an earlier version, without the declared class of each parcel: the confusion "
                "matrix selects no parcels. Classify again to have it."
            )
        )
    return Results(folder, about, report, page if page.is_file() else None, knows_declared, tuple(notices))


def _page(folder: Path, about: Any) -> Path:
    """The report's page: where it was written, or beside the folder."""
    beside = folder.with_name(f"{folder.stem}_report.html")
    written = Path(about.report) if about.report else beside
    moved = folder.with_name(written.name)
    return next((path for path in (written, moved, beside) if path.with_suffix(".json").is_file()), written)


def _report(path: Path, classes: int) -> Tuple[Mapping[str, Any], str]:
    """The document, and what is wrong with it; empty where nothing is."""
    missing = tr("The report {0} is missing: scores and areas cannot be shown. Classify again to have it.")
    damaged = tr("The report {0} is damaged: scores and areas cannot be shown. Classify again to have it.")
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}, damaged.format(path)
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, missing.format(path)
    except (OSError, ValueError, RecursionError):
        return {}, damaged.format(path)
    return (document, "") if _is_report(document, classes) else ({}, damaged.format(path))


def _is_report(document: Any, classes: int) -> bool:
    """Whether the parts that are shown have the types of docs/contracts.md."""
    if not isinstance(document, dict):
        return False
    tables: List[Any] = [document.get(name) or [] for name in ("breakdown", "flags", "judged", "notes")]
    rows = [row for table in tables[:3] if isinstance(table, list) for row in table]
    objects = [document.get(name) or {} for name in ("transfer", "not_judged", "provenance")]
    return (
        all(isinstance(table, list) for table in tables)
        and all(isinstance(row, dict) and _is_number(row.get("parcels")) for row in rows)
        and all(isinstance(item, dict) for item in objects)
        and _is_transfer(objects[0])
        and (document.get("scores") is None or _are_scores(document["scores"], classes))
    )


def _is_transfer(document: Any) -> bool:
    trained, here = document.get("trained") or {}, document.get("here") or {}
    if not isinstance(trained, dict) or not isinstance(here, dict):
        return False
    box, numbers = trained.get("box") or [0] * 4, ("distance_km", "shift_days", "shift_error_days", "scored", "unlike")
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(map(_is_number, box))
        and isinstance(trained.get("seasons") or [], list)
        and all(document.get(name) is None or _is_number(document[name]) for name in numbers)
    )


def _are_scores(scores: Any, classes: int) -> bool:
    if not isinstance(scores, dict) or not all(_is_number(scores.get(name)) for name in ("parcels", "oa", "mean_f")):
        return False
    rows, confusion = scores.get("classes"), scores.get("confusion")
    return (
        _is_table(confusion, classes)
        and isinstance(rows, list)
        and len(rows) == classes
        and all(isinstance(row, dict) and all(_is_number(row.get(n)) for n in (*_COUNTS, *_SHARES)) for row in rows)
    )


def _is_table(rows: Any, size: int) -> bool:
    return (
        isinstance(rows, list)
        and len(rows) == size
        and all(isinstance(row, list) and len(row) == size and all(map(_is_number, row)) for row in rows)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def flagged(report: Mapping[str, Any]) -> List[Tuple[str, int]]:
    """The qualities other than the best, with their parcels."""
    known = [quality for quality in vocabulary.QUALITY if quality != "ok"]
    counts = {row.get("quality"): row["parcels"] for row in report.get("flags") or []}
    return [(quality, counts[quality]) for quality in known if counts.get(quality)]
