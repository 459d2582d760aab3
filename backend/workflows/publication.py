"""What an experiment leaves for people: its tables, its pictures, and one page of all."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.errors import BadRecord
from backend.experiments import tables
from backend.experiments.experiment import Experiment
from backend.experiments.plan import FINDINGS, ORDERED
from backend.experiments.records import Record
from backend.experiments.results import Results, by_model
from backend.experiments.tables import Frame, Table
from backend.options import TABLES
from backend.reports.comparison import as_page, write_table
from backend.reports.writing import write_all

PAGE = "report.md"
CONFUSION = "confusion_"  # and the model's name


@dataclass(frozen=True)
class Publication:
    """`names` are the requested tables, `asked` the models; `facts` go into the page, `notes` lead it.

    `experiment` None: only table 1, which needs no data.
    """

    folder: Path
    names: tuple[str, ...]
    asked: tuple[str, ...]
    experiment: Experiment | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def write(self, with_pictures: bool = False) -> list[Path]:
        """Brings all up to the records that there are; gives the tables' files. One process at a time."""
        if self.experiment is None:
            return self._write([], with_pictures)
        with self.experiment.records.exclusively():
            return self._write(self.experiment.records.read(), with_pictures)

    def _write(self, records: list[Record], with_pictures: bool) -> list[Path]:
        results = by_model(records)
        frame = Frame(results, self.asked, self.experiment.folds if self.experiment else 0)
        made = {name: self._table(name, frame) for name in self.names}
        written = [write_table(table, self.folder) for table in made.values()]
        if with_pictures:
            write_all({self.folder / name: data for name, data in _pictures(made, results).items()})
        introduction = [*self.notes, *self._how_computed(records)]
        page = as_page("Experiment", introduction, self._all_tables(), self._pictures_by_table())
        write_all({self.folder / PAGE: page.encode()})
        return written

    def _table(self, name: str, frame: Frame) -> Table:
        if self.experiment is None or name == "table1":
            return tables.table1(frame)
        region, labelled = self.experiment.region, self.experiment.base.labelled
        if name == "figure2":
            return tables.figure2(region.labels, region.classes, labelled)
        return tables.table3(frame, labelled.classes) if name == "table3" else getattr(tables, name)(frame)

    def _all_tables(self) -> list[Table]:
        """Those of this command and of earlier ones in the folder."""
        paths = [self.folder / f"{name}.json" for name in (*TABLES, FINDINGS)]
        return [_read(path) for path in paths if path.exists()]

    def _pictures_by_table(self) -> dict[str, list[str]]:
        """The pictures in the folder, by the table that they follow."""
        found = {name: [f"{name}.png"] for name in TABLES if (self.folder / f"{name}.png").exists()}
        found.setdefault("table2", []).extend(sorted(path.name for path in self.folder.glob(f"{CONFUSION}*.png")))
        return found

    def _how_computed(self, records: Sequence[Record]) -> list[str]:
        """How the results were computed: the only place with durations, so that tables can be compared."""
        facts = {**self.facts, **_circumstances(records)} if records else dict(self.facts)
        return ["\n".join(f"- {name}: {value}" for name, value in facts.items())] if facts else []


def _pictures(made: Mapping[str, Table], results: Mapping[tuple[str, str], Results]) -> dict[str, bytes]:
    """PNG by file name, of those tables that have one; matplotlib is only loaded for pictures."""
    from backend.reports import pictures

    drawn = {"figure2": pictures.breakdown, "table2": pictures.models, "table4": pictures.shuffling}
    found = {f"{name}.png": draw(made[name]["rows"]) for name, draw in drawn.items() if name in made}
    for (model, order), own in results.items():
        if order == ORDERED and "table2" in made:
            title = f"{model}: tested parcels of {len(own.folds)} folds"
            found[f"{CONFUSION}{model}.png"] = pictures.confusion(own.pooled, title)
    return found


def _circumstances(records: Sequence[Record]) -> dict[str, Any]:
    seconds = sum(record.circumstances["seconds"] for record in records)
    named = {key: _distinct(records, key) for key in ("engine", "torch", "device", "machine", "threads")}
    return {"runs": len(records), "seconds": f"{seconds:,.0f}, the sum over the runs", **named}


def _distinct(records: Sequence[Record], key: str) -> str:
    return "; ".join(dict.fromkeys(str(record.circumstances.get(key, "unknown")) for record in records))


def _read(path: Path) -> Table:
    try:
        table: Table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadRecord(path, error) from error
    return table
