"""`experiment`: a table of the paper on a region's parcels; runs are kept, resumed and shared between processes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome, documents
from backend.commands.folding import FoldingOptions, folding_of, folding_options
from backend.commands.labels import ClassOptions, class_options, declared_crops
from backend.commands.options import EXISTING, PATH
from backend.commands.publication import PAGE, Publication
from backend.commands.seasons import Seasons
from backend.commands.training_options import training_options
from backend.errors import BadArgument, UnknownModel
from backend.experiments.experiment import Experiment, Region, series_digest
from backend.experiments.plan import FINDINGS, TABLES, Run, runs_of
from backend.models import MODELS
from backend.protocol import Reporter

TABLE1 = ("table1",)


@click.command("experiment")
@click.argument("table", type=click.Choice([*TABLES, "all"]))
@click.argument("store", type=EXISTING, nargs=-1)
@click.option("-o", "--output", type=PATH, required=True, help="Folder of the runs, tables and pictures.")
@click.option("--models", default="", help="Architectures, comma-separated, in place of the paper's; the forest joins.")
@click.option("--class-field", help="Field with the declared crop.")
@class_options
@click.option("--folds", type=click.IntRange(min=1), help="How many of the folds to do; else all, five or the years.")
@training_options
@folding_options
@click.pass_obj
def command(
    reporter: Reporter, table: str, store: tuple[Path, ...], output: Path, models: str, folds: int | None,
    folding_options: FoldingOptions, class_field: str | None, class_options: ClassOptions, **options: Any,
) -> Outcome:  # fmt: skip
    """Do TABLE of the paper (table1 needs no data) on the parcels of STORE, or of one for each season.

    Every finished run is kept in the output folder: a command that was stopped goes on, and the same command started
    several times, one for each GPU or machine that sees the folder, shares the runs where the disk has file locks. The
    tables are brought up to date after each run.
    """
    began = time.monotonic()
    names, asked = (*TABLES, FINDINGS) if table == "all" else (table,), _asked(models)
    documents.require_writable(output / PAGE)
    if names == TABLE1:
        return _outcome(Publication(output, names, asked), [], [], began)
    if not store or not class_field:
        raise BadArgument("store" if not store else "class_field", "the parcels' store and --class-field", None)
    seasons = Seasons.open(store)
    declared = declared_crops(seasons, class_field, class_options, reporter)
    region = Region(cache(seasons.feed), declared.labels, declared.table.classes, series_digest(seasons.stores))
    folding = folding_of(folding_options, seasons)
    experiment = Experiment.of(region, options, folding, folds, output, reporter)
    runs = runs_of(names, asked, experiment.folds)
    experiment.require_own(runs)
    facts = {"class field": class_field, **class_options.facts(), "split": folding.name, **_given(options)}
    notes = [*documents.of_stores(seasons.stores)["notes"], *declared.notes()]
    publication = Publication(output, names, asked, experiment, {**facts, **documents.sources(seasons.stores)}, notes)
    publication.write()
    did = experiment.carry_out(runs, reporter, publication.write)
    return _outcome(publication, runs, did, began)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The training options that hold for all models; the others are each architecture's own, else the paper's."""
    return {name.replace("_", " "): value for name, value in options.items() if value is not None}


def _asked(models: str) -> tuple[str, ...]:
    """Raises UnknownModel."""
    names = tuple(filter(None, (name.strip() for name in models.split(","))))
    for name in names:
        if name not in MODELS:
            raise UnknownModel(name, MODELS)
    return names


def _outcome(publication: Publication, runs: list[Run], did: list[Run], began: float) -> Outcome:
    """Written once more: another process may have finished runs since."""
    tables = publication.write(with_pictures=True)
    experiment = publication.experiment
    left = [run.name for run in runs if experiment and not experiment.records.done(run)]
    values = {
        "tables": {path.stem: str(path) for path in tables},
        "report": str(publication.folder / PAGE),
        "runs": len(runs),
        "done_here": [run.name for run in did],
        "left": left,
        "seconds": round(time.monotonic() - began, 1),
    }
    texts = [path.read_text(encoding="utf-8") for path in tables]
    if left:
        texts.append(f"{len(left)} of {len(runs)} runs are left to other processes or failed: {', '.join(left)}")
    return Outcome(values, "\n".join([*texts, f"report  {publication.folder / PAGE}"]))
