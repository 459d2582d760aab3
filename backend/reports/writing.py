"""Writes a report: one self-contained page, the document as JSON, the classes and their confusion as CSV."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend.files import writing_to
from backend.reports.document import plain
from backend.reports.tables import as_csv, confusion_csv

ENDINGS = (".html", ".json", ".csv")


def write(document: Mapping[str, Any], path: Path, picture: Path | None = None, language: str = "en") -> Path:
    """Writes `path` as .html, .json and .csv, with scores also _confusion.csv, and returns the HTML page's path.

    `document` is the report document of docs/contracts.md; numpy's numbers are accepted, NaN and infinity become null.
    `path` may end in .html, .json or .csv or have no ending. `picture` is a PNG, such as the map, to show in the page.
    `language` is the page's, by its two letters. Each file is written completely or not at all.
    Raises NotWritable, DiskFull.
    """
    from backend.reports.html import render  # jinja2 and matplotlib, which tables do not need

    content = plain(document)
    page = render(content, picture.read_bytes() if picture else None, language)
    data = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    stem = path.with_suffix("") if path.suffix.lower() in ENDINGS else path
    html, json_, csv = (stem.with_name(stem.name + ending) for ending in ENDINGS)
    # The byte order mark is for spreadsheets, which read a CSV without one as Latin-1.
    files = {csv: as_csv(content).encode("utf-8-sig"), json_: data.encode(), html: page.encode()}
    if (content.get("scores") or {}).get("confusion"):
        files[stem.with_name(f"{stem.name}_confusion.csv")] = confusion_csv(content["scores"]).encode("utf-8-sig")
    write_all(files)
    return html


def write_all(files: Mapping[Path, bytes]) -> None:
    """Writes files beside their targets, then renames them: none is left incomplete. Raises NotWritable, DiskFull."""
    beside = {path: path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part") for path in files}
    try:
        for path, data in files.items():
            with writing_to(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                beside[path].write_bytes(data)
        for path in files:
            with writing_to(path):
                beside[path].replace(path)
    finally:
        for part in beside.values():
            with suppress(OSError):  # renamed already, or its folder could not be made
                part.unlink()
