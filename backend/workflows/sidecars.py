"""The tables beside an exported layer whose format holds no style, or cuts the names of fields."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from backend import spreadsheet
from backend.vocabulary import CropClass

CLASSES, FIELDS = ("code", "name", "colour"), ("field", "written_as")


def sidecar_paths(output: Path) -> tuple[Path, Path]:
    """`NAME_classes.csv` and `NAME_fields.csv`."""
    return output.with_name(f"{output.stem}_classes.csv"), output.with_name(f"{output.stem}_fields.csv")


def class_table(classes: Iterable[CropClass]) -> bytes:
    return _table([CLASSES, *((crop.code, crop.name, crop.colour) for crop in classes)])


def field_table(renamed: Mapping[str, str]) -> bytes:
    """`renamed`: the names in the output by those in the layer."""
    return _table([FIELDS, *renamed.items()])


def _table(rows: Iterable[tuple[str, ...]]) -> bytes:
    """With a byte order mark, without which spreadsheets take a CSV for Latin-1."""
    stream = io.StringIO()
    spreadsheet.write_rows(stream, rows)
    return stream.getvalue().encode("utf-8-sig")
