"""Writes a report: a self-contained page, its document as JSON, its tables as CSV, a PDF and the figures."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.reports.document import plain
from backend.reports.tables import as_csv, confusion_csv
from backend.staging import Staging, staged

ENDINGS = (".html", ".json", ".csv", ".pdf")
_CONFUSION, _FIGURES = "_confusion.csv", "_figures"
_FIGURE_NAMES = ("map", "confusion", "breakdown", "reliability", "curves", "acquisitions")


@dataclass(frozen=True)
class Forms:
    """The language of a report's page, by its two letters, and what is made beside it: a `pdf`, and the `figures` as
    SVG and PNG in the folder NAME_figures.
    """

    language: str = "en"
    pdf: bool = False
    figures: bool = False


PAGE_ONLY = Forms()


def write(document: Mapping[str, Any], path: Path, picture: Path | None = None, forms: Forms = PAGE_ONLY) -> Path:
    """Writes `path` as .html, .json and .csv, with scores also _confusion.csv, and returns the HTML page's path.

    Arguments are those of `files_of`, with the picture's file. All files appear together, or stay as they were. Raises
    NotWritable, DiskFull.
    """
    html = places(path)[0]
    with staged(html) as staging:
        prepare(document, path, staging, picture.read_bytes() if picture else None, forms)
    return html


def prepare(
    document: Mapping[str, Any], path: Path, staging: Staging, picture: bytes | None = None,
    forms: Forms = PAGE_ONLY,
) -> Path:  # fmt: skip
    """The same in two steps: the files are moved with the other outputs of `staging`."""
    files = files_of(document, path, picture, forms)
    staging.write_all(files)
    own = places(path)
    for former in own:
        if former not in files and (former.exists() or former.parent == own[0].parent):
            staging.without(former)
    return next(iter(files))


def places(path: Path) -> list[Path]:
    """All files that a report at `path` may have, the HTML page first."""
    stem = path.with_suffix("") if path.suffix.lower() in ENDINGS else path
    folder = stem.with_name(stem.name + _FIGURES)
    figures = [folder / f"{name}.{kind}" for name in _FIGURE_NAMES for kind in ("svg", "png")]
    return [*(stem.with_name(stem.name + ending) for ending in (*ENDINGS, _CONFUSION)), *figures]


def files_of(
    document: Mapping[str, Any], path: Path, picture: bytes | None = None, forms: Forms = PAGE_ONLY
) -> dict[Path, bytes]:  # fmt: skip
    """The files of a report, the HTML page first.

    `document` is the report document of docs/contracts.md; numbers of numpy are taken, NaN and infinity become null.
    `path` may end in .html, .json, .csv or .pdf or have no ending; with .pdf there is a PDF, whatever `forms` says.
    `picture` is a PNG, such as the map, to show in the page.
    """
    from backend.reports import figures  # jinja2 and matplotlib: not needed by those who want only a table
    from backend.reports.html import render
    from backend.reports.pdf import render as as_pdf

    content = plain(document)
    page = render(content, picture, forms.language)
    data = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    html, json_, csv, pdf, confusion, *_ = places(path)
    # The byte order mark is for spreadsheets, which take a CSV without one for Latin-1.
    files = {html: page.encode(), json_: data.encode(), csv: as_csv(content).encode("utf-8-sig")}
    if (content.get("scores") or {}).get("confusion"):
        files[confusion] = confusion_csv(content["scores"]).encode("utf-8-sig")
    if forms.pdf or path.suffix.lower() == pdf.suffix:
        files[pdf] = as_pdf(content, picture)
    if forms.figures:
        folder = html.with_name(html.stem + _FIGURES)
        files |= {folder / name: data for name, data in figures.files(figures.drawings(content, picture)).items()}
    return files


def write_all(files: Mapping[Path, bytes]) -> None:
    """Writes all files beside their places, then moves them there. Raises NotWritable, DiskFull."""
    for first in list(files)[:1]:
        with staged(first) as staging:
            staging.write_all(files)
