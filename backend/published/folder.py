"""The folder layout of pytorch-psetae: DATA/ID.npy, one array per sample, and META with labels, dates and geometry.

README of github.com/VSainteuf/pytorch-psetae: labels.json holds several nomenclatures, each a label by id; dates.json a
date YYYYMMDD by number.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.errors import BadMeta, BadSample, UnknownLayout
from backend.protocol import Reporter
from backend.published.axes import day_of, listed_days, require_single
from backend.published.source import file_stamp
from backend.published.spec import ImportSpec
from backend.vocabulary import BANDS

_DATES = "META/dates.json (a date YYYYMMDD by number)"


@dataclass(frozen=True)
class Folder:
    """The files of a set, not yet read."""

    path: Path
    spec: ImportSpec

    @cached_property
    def ids(self) -> list[str]:
        """Every id with a file or a label, numbers by size, then texts by alphabet."""
        labelled = {name for labels in self.labels.values() for name in labels}
        return sorted(labelled | set(self.files), key=_by_number)

    @cached_property
    def files(self) -> dict[str, Path]:
        """The file of each id that has one. Raises UnknownLayout when there is none at all."""
        found = {path.stem: path for path in (self.path / "DATA").glob("*.npy")}
        if not found:
            raise UnknownLayout(self.path, "its folder DATA holds no .npy file")
        return found

    @cached_property
    def labels(self) -> dict[str, dict[str, Any]]:
        """Each nomenclature's label by id. Raises BadMeta, RepeatedSamples."""
        path = self.path / "META" / "labels.json"
        document = read_json(path)
        if not document or not all(isinstance(labels, dict) for labels in document.values()):
            raise BadMeta(path, 'expected {"nomenclature": {"id": label, ...}, ...}')
        return document

    @cached_property
    def dates(self) -> list[date]:
        """The dates in the order of the arrays. Raises BadMeta, UnreadableDate."""
        if self.spec.dates_file:
            return listed_days(self.spec.dates_file)
        path = self.path / "META" / "dates.json"
        document = read_json(path)
        if not document or not all(str(number).isdigit() for number in document):
            raise BadMeta(path, 'expected {"0": 20170103, "1": 20170113, ...}; or give the dates with --dates-file')
        days = [day_of(str(document[number]), path) for number in sorted(document, key=int)]
        require_single(days, "date", path)
        return days

    @property
    def bands(self) -> tuple[str, ...]:
        return self.spec.band_names or BANDS

    def fields(self, reporter: Reporter) -> pandas.DataFrame:
        """The id and the labels of every sample; what lacks a file or a label is counted."""
        fields: dict[str, Any] = {"id": self.ids}
        for name, labels in self.labels.items():
            fields[name] = _column([labels.get(sample) for sample in self.ids])
        lost = [sample for sample in self.ids if sample not in self.files]
        if lost:
            reporter.warning("import.no_file", lost=len(lost), samples=len(self.ids), names=lost)
        bare = sum(all(sample not in labels for labels in self.labels.values()) for sample in self.ids)
        if bare:
            reporter.log(f"{bare} samples have no label in META/labels.json.")
        return pandas.DataFrame(fields)

    def load(self, sample: str, *plane: int | None, mapped: bool = False) -> NDArray[Any]:
        """A sample's array `(dates, bands, *plane)`; None takes any length, `mapped` leaves it on disk.

        Raises BadSample for a file that is damaged or of another shape.
        """
        path = self.files[sample]
        try:
            values = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise BadSample(path, f"it is not a complete .npy file ({error})") from error
        expected = (len(self.dates), len(self.bands), *plane)
        fits = len(values.shape) == len(expected) and all(e in (None, f) for e, f in zip(expected, values.shape))
        if not fits or values.dtype.kind not in "uif":
            shape = ", ".join("any" if length is None else str(length) for length in expected)
            raise BadSample(
                path,
                f"expected numbers of shape ({shape}), as many dates as {_DATES} or the list that was given names, "
                f"and the bands {', '.join(self.bands)}; found {values.dtype} {values.shape}",
            )
        return values

    def finite(self, sample: str, values: NDArray[Any]) -> NDArray[Any]:
        """The values themselves. Raises BadSample for NaN or infinity, which the published sets do not have."""
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise BadSample(self.files[sample], f"{int((~np.isfinite(values)).sum())} of its numbers are not finite")
        return values

    def stamp(self) -> list[Any]:
        facts = [path.stat() for path in self.files.values()]
        meta = [file_stamp(path) for path in sorted((self.path / "META").glob("*.json"))]
        return [len(facts), sum(f.st_size for f in facts), max(f.st_mtime_ns for f in facts), meta]


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises BadMeta; RepeatedSamples for a repeated key."""

    def single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        require_single((name for name, _ in pairs), "id", path)
        return dict(pairs)

    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=single)
    except (OSError, ValueError) as error:
        raise BadMeta(path, f"it is missing or no JSON ({error})") from error
    if not isinstance(document, dict):
        raise BadMeta(path, "expected an object by id")
    return document


def _by_number(name: str) -> tuple[bool, int, str]:
    return (not name.isdigit(), int(name) if name.isdigit() else 0, name)


def _column(labels: list[Any]) -> pandas.Series:
    """Whole numbers stay whole where some samples have none; anything else is text."""
    if all(label is None or isinstance(label, int) for label in labels):
        return pandas.Series(labels, dtype="int64[pyarrow]")
    return pandas.Series([None if label is None else str(label) for label in labels], dtype="string[pyarrow]")
