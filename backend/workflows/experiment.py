"""A table of the paper on a region's parcels; runs are kept, resumed and shared between processes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backend.errors import BadArgument, UnknownModel
from backend.experiments.experiment import Experiment, Region, series_digest
from backend.experiments.plan import FINDINGS, Run, runs_of
from backend.learning.spec import TrainingSpec
from backend.models import MODELS
from backend.options import TABLES
from backend.protocol import Reporter
from backend.workflows import report_document
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.folding import FoldingOptions, folding_of
from backend.workflows.labels import ClassOptions, LabelledParcels, label_parcels
from backend.workflows.provenance import of_stores
from backend.workflows.publication import PAGE, Publication
from backend.workflows.seasons import Seasons

TABLE1 = ("table1",)
ALL = "all"


@dataclass(frozen=True)
class ExperimentSpec:
    """`table`: a name of `options.TABLES`, or "all"; `stores`: one, or one for each season, none for table1.

    `output`: the folder of runs, tables and pictures; `models`: architectures instead of the paper's; `folds` None:
    all. `learning` holds the training options that were given, by name; they apply to all models.
    """

    table: str
    output: Path
    stores: tuple[Path, ...] = ()
    models: tuple[str, ...] = ()
    class_field: str | None = None
    classes: ClassOptions = ClassOptions()
    folds: int | None = None
    folding: FoldingOptions = FoldingOptions()
    learning: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises BadArgument, UnknownModel."""
        if self.table not in (*TABLES, ALL):
            raise BadArgument("table", f"one of {', '.join((*TABLES, ALL))}", self.table)
        for name in self.models:
            if name not in MODELS:
                raise UnknownModel(name, MODELS)
        if self.names != TABLE1 and not (self.stores and self.class_field):
            missing = "class_field" if self.stores else "store"
            raise BadArgument(missing, "the parcels' store and --class-field", None)

    @classmethod
    def of(cls, **options: Any) -> ExperimentSpec:
        """From options by name, None where one is not given. Raises BadArgument, UnknownModel."""
        classes, others = own_options(ClassOptions, typed(options, "experiment"))
        folding, others = own_options(FoldingOptions, others)
        own, others = own_options(cls, others)
        learning, unknown = own_options(TrainingSpec, others)
        require_none(unknown)
        return cls(**own, classes=ClassOptions(**classes), folding=FoldingOptions(**folding), learning=learning)

    @property
    def names(self) -> tuple[str, ...]:
        """The tables to make."""
        return (*TABLES, FINDINGS) if self.table == ALL else (self.table,)


@dataclass(frozen=True)
class ExperimentResult:
    """What came of it (docs/contracts.md): the tables' files, the page of all, and which runs were done."""

    tables: Mapping[str, Path]
    report: Path
    runs: int
    done_here: tuple[str, ...]
    left: tuple[str, ...]
    seconds: float


def experiment(spec: ExperimentSpec, reporter: Reporter) -> ExperimentResult:
    """Computes a table of the paper. Every finished run is kept: a stopped call continues, and the same call made by
    several processes shares the runs where the disk has file locks. Raises RunOfOtherSettings, BadRecord, and what
    `train` raises.
    """
    began = time.monotonic()
    report_document.require_writable(spec.output / PAGE)
    if spec.names == TABLE1:
        return _result(Publication(spec.output, spec.names, spec.models), [], [], began)
    seasons = Seasons.open(spec.stores)
    seasons.require_overlap(reporter)
    least = spec.learning.get("min_samples")
    labelled = label_parcels(seasons, str(spec.class_field), spec.classes, reporter, least)
    plan = _experiment(spec, seasons, labelled, reporter)
    runs = runs_of(spec.names, spec.models, plan.folds)
    plan.require_own(runs)
    notes = [*report_document.of_stores(seasons.stores)["notes"], *labelled.notes()]
    facts = {**_facts(spec, plan), "store": seasons.name, **of_stores(seasons.stores)}
    publication = Publication(spec.output, spec.names, spec.models, plan, facts, notes)
    publication.write()
    did = plan.run(runs, reporter, publication.write)
    return _result(publication, runs, did, began)


def _experiment(spec: ExperimentSpec, seasons: Seasons, labelled: LabelledParcels, reporter: Reporter) -> Experiment:
    region = Region(cache(seasons.dataset), labelled.labels, labelled.table.classes, series_digest(seasons.stores))
    return Experiment.of(region, spec.learning, folding_of(spec.folding, seasons), spec.folds, spec.output, reporter)


def _facts(spec: ExperimentSpec, plan: Experiment) -> dict[str, Any]:
    """The settings on the page: given training options apply to all models, the other options are each model's own."""
    shared = {name: getattr(plan.base.spec, name) for name in ("seed", "min_samples", "device")}
    given = {name.replace("_", " "): value for name, value in {**spec.learning, **shared}.items()}
    return {"class field": spec.class_field, **spec.classes.facts(), "split": plan.folding.name, **given}


def _result(publication: Publication, runs: list[Run], did: list[Run], began: float) -> ExperimentResult:
    """Written once more: another process may have finished runs since."""
    tables = publication.write(with_pictures=True)
    plan = publication.experiment
    left = tuple(run.name for run in runs if plan and not plan.records.done(run))
    return ExperimentResult(
        tables={path.stem: path for path in tables},
        report=publication.folder / PAGE,
        runs=len(runs),
        done_here=tuple(run.name for run in did),
        left=left,
        seconds=round(time.monotonic() - began, 1),
    )
