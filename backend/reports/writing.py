"""Writes a report: one self-contained page, the document as JSON, the classes and their confusion as CSV."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.reports.document import plain
from backend.reports.tables import as_csv, confusion_csv
from backend.staging import Staging, staged

ENDINGS = (".html", ".json", ".csv")
_CONFUSION = "_confusion.csv"


def write(document: Mapping[str, Any], path: Path, picture: Path | None = None, language: str = "en") -> Path:
    """Writes `path` as .html, .json and .csv, with scores also _confusion.csv, and returns the HTML page's path.

    Arguments are those of `files_of`, with the picture's file. All files appear together, or stay as they were. Raises
    NotWritable, DiskFull.
    """
    html = places(path)[0]
    with staged(html) as staging:
        prepare(document, path, staging, picture.read_bytes() if picture else None, language)
    return html


def prepare(
    document: Mapping[str, Any], path: Path, staging: Staging, picture: bytes | None = None,
    language: str = "en",
) -> Path:  # fmt: skip
    """The same in two steps: the files are moved with the other outputs of `staging`."""
    files = files_of(document, path, picture, language)
    staging.write_all(files)
    for former in places(path):
        if former not in files:
            staging.without(former)
    return next(iter(files))


def places(path: Path) -> list[Path]:
    """All files that a report at `path` may have, the HTML page first."""
    stem = path.with_suffix("") if path.suffix.lower() in ENDINGS else path
    return [stem.with_name(stem.name + ending) for ending in (*ENDINGS, _CONFUSION)]


def files_of(
    document: Mapping[str, Any], path: Path, picture: bytes | None = None, language: str = "en"
) -> dict[Path, bytes]:  # fmt: skip
    """The files of a report, the HTML page first.

    `document` is the report document of docs/contracts.md; numbers of numpy are taken, NaN and infinity become null.
    `path` may end in .html, .json or .csv or have no ending. `picture` is a PNG, such as the map, to show in the page.
    `language` is the page's, by its two letters.
    """
    from backend.reports.html import render  # jinja2 and matplotlib: not needed by those who want only a table

    content = plain(document)
    page = render(content, picture, language)
    data = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    html, json_, csv, confusion = places(path)
    # The byte order mark is for spreadsheets, which take a CSV without one for Latin-1.
    files = {html: page.encode(), json_: data.encode(), csv: as_csv(content).encode("utf-8-sig")}
    if (content.get("scores") or {}).get("confusion"):
        files[confusion] = confusion_csv(content["scores"]).encode("utf-8-sig")
    return files


def write_all(files: Mapping[Path, bytes]) -> None:
    """Writes all files beside their places, then moves them there. Raises NotWritable, DiskFull."""
    for first in list(files)[:1]:
        with staged(first) as staging:
            staging.write_all(files)
