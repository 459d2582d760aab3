"""From stores and declared crops to a model file and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from backend import __version__, reports
from backend.errors import BadArgument
from backend.files import discard, remove_leftovers
from backend.learning.candidates import SearchSpec
from backend.learning.protocols import Trained, TrainingSpec
from backend.learning.protocols import train as learn
from backend.learning.search import search
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.options import AUTO, PAPER, REFIT, default, is_used_with, options_of
from backend.protocol import Reporter
from backend.reports.tables import MEASURES
from backend.series.store import locked
from backend.staging import recover, staged
from backend.workflows import report_document
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.folding import FoldingOptions, folding_of
from backend.workflows.labels import ClassOptions, LabelledParcels, label_parcels
from backend.workflows.preparation import of_store
from backend.workflows.previous_crops import previous_crops
from backend.workflows.provenance import of_stores
from backend.workflows.seasons import Seasons
from backend.workflows.seen_parcels import training_parcels
from backend.workflows.transfer import of_training


@dataclass(frozen=True)
class TrainSpec:
    """`stores`: one, or one for each season; `output`: the model file; `learning`: how it learns, or a search for that.

    `previous_field`: the field of last year's crop. `report` None: beside the model. `restart` forgets what a stopped
    run had reached.
    """

    stores: tuple[Path, ...]
    output: Path
    class_field: str
    learning: TrainingSpec | SearchSpec = field(default_factory=SearchSpec)
    classes: ClassOptions = ClassOptions()
    folding: FoldingOptions = FoldingOptions()
    previous_field: str | None = None
    report: Path | None = None
    language: str = default("language")
    restart: bool = False

    @classmethod
    def of(cls, **options: Any) -> TrainSpec:
        """From options by name, None where one is not given: then the architecture's recipe decides, else the default.

        Raises BadArgument, UnknownModel.
        """
        classes, others = own_options(ClassOptions, typed(options, "train"))
        folding, others = own_options(FoldingOptions, others)
        own, others = own_options(cls, others)
        learning = _search(others) if others.get("model", default("model", "train")) == AUTO else _training(others)
        return cls(
            **own,
            learning=learning,
            classes=ClassOptions(**classes),
            folding=FoldingOptions(**folding),
        )

    @property
    def page(self) -> Path:
        return report_document.report_path(self.output, self.report)

    @property
    def checkpoint(self) -> Path:
        """The folder of checkpoints for a stopped run."""
        return self.output.with_name(f".{self.output.name}.training")


@dataclass(frozen=True)
class Training:
    """What came of it (docs/contracts.md); `model` opens with `backend.models.bundle.ModelBundle.load`."""

    model: Path
    report: Path
    scores: Mapping[str, Any]
    fold_scores: tuple[Mapping[str, Any], ...]
    classes: tuple[Mapping[str, str], ...]
    left_out: tuple[Mapping[str, Any], ...]
    grouped: tuple[Mapping[str, Any], ...]
    unknown_codes: Mapping[str, int]
    class_reliability: tuple[Mapping[str, Any], ...]
    split: str
    seconds: float
    model_name: str  # its architectures
    tried: tuple[Mapping[str, Any], ...]  # with --model auto: a row for each candidate


def train(spec: TrainSpec, reporter: Reporter) -> Training:
    """Trains on the declared crops of the stores and saves the model with its report; a stopped run continues.

    The model and its report appear together.

    Raises NotAStore, MissingField, BadClassTable, TooFewClasses, TooFewGroups, NoSuchDevice, Diverged, NotWritable,
    DiskFull, Cancelled.
    """
    began = time.monotonic()
    report_document.require_writable(spec.output)
    report_document.require_writable(spec.page)
    with locked(spec.output):
        recover(spec.output)
        for path in (spec.output, spec.checkpoint, *reports.places(spec.page)):
            remove_leftovers(path)
        return _train(spec, began, reporter)


def _train(spec: TrainSpec, began: float, reporter: Reporter) -> Training:
    seasons = Seasons.open(spec.stores)
    seasons.require_overlap(reporter)
    labelled = label_parcels(seasons, spec.class_field, spec.classes, reporter, spec.learning.min_samples)
    if spec.restart:
        discard(spec.checkpoint)
    folding = folding_of(spec.folding, seasons)
    crops, field_name = labelled.table, spec.previous_field
    previous = previous_crops(seasons, field_name, crops, reporter) if field_name else None
    given = (labelled.labels, crops.classes, reporter, spec.checkpoint, folding, previous)
    if isinstance(spec.learning, SearchSpec):
        trained = search(spec.learning, seasons.dataset, *given)
    else:
        view = MODELS[spec.learning.model].view
        trained = learn(spec.learning, seasons.dataset(view, spec.learning.indices), *given)
    facts = {**_choices(spec), "split": folding.name, "seconds": round(time.monotonic() - began, 1)}
    document = _document(seasons, trained, labelled, facts)
    with staged(spec.output) as staging:
        page = reports.prepare(document, spec.page, staging, language=spec.language)
        bundle = _bundle(seasons, trained, labelled, document)
        staging.write_all({spec.output: bundle.packed(spec.output)})
    discard(spec.checkpoint)
    return _result(spec, trained, labelled, document, page)


def _search(given: Mapping[str, Any]) -> SearchSpec:
    """Raises BadArgument for what the search decides itself."""
    for row in options_of("train"):
        if row.name in given and not is_used_with(row, AUTO) and (row.name, given[row.name]) != ("protocol", REFIT):
            raise BadArgument(
                row.name, "none with --model auto, which decides on it, or an architecture (--model)", given[row.name]
            )
        if row.name in given and row.name != "model" and not row.accepts(given[row.name]):
            raise BadArgument(row.name, row.expected, given[row.name])
    own, others = own_options(SearchSpec, {k: v for k, v in given.items() if k not in ("model", "protocol")})
    require_none(others)
    return SearchSpec(**own)


def _training(given: Mapping[str, Any]) -> TrainingSpec:
    """Of one architecture. Raises BadArgument, UnknownModel."""
    learning, unknown = own_options(TrainingSpec, given)
    if "time_budget_min" in unknown:
        raise BadArgument("time_budget_min", "none without --model auto", unknown["time_budget_min"])
    require_none(unknown)
    recipe = TrainingSpec.of(**{"protocol": default("protocol"), **learning})
    return replace(recipe, folds=learning.get("folds"))


def _choices(spec: TrainSpec) -> dict[str, Any]:
    """The fields and classes that the user chose, for the provenance."""
    choices = {"class field": spec.class_field, **spec.classes.facts()}
    return {**choices, "last year's crop": spec.previous_field} if spec.previous_field else choices


def _bundle(seasons: Seasons, trained: Trained, labelled: LabelledParcels, document: Mapping[str, Any]) -> ModelBundle:
    simulated = any(map(report_document.is_simulated, seasons.stores))
    made = {"simulated": simulated, "preparation": of_store(seasons.stores[0])}
    provenance = {**document["provenance"], **made}
    bundle = trained.bundle(seasons.stores[0].manifest.season, tuple(labelled.table.table()), provenance, document)
    rows = trained.delivered.learned_rows
    region, novelty = of_training(seasons.stores, bundle, rows, labelled.labels)
    parcels = training_parcels(seasons.stores, rows)
    return replace(bundle, training_parcels=parcels, region=region, novelty=novelty)


def _document(seasons: Seasons, trained: Trained, labelled: LabelledParcels, facts: dict[str, Any]) -> dict[str, Any]:
    about = report_document.of_stores(seasons.stores)
    notes = [
        *about["notes"],
        *_protocol_notes(trained),
        *labelled.notes(),
        *report_document.prior_notes(facts.get("last year's crop")),
        *(f"Left out, too few parcels: {crop.name} ({count})" for crop, count in trained.left_out),
    ]
    stores = {"store": seasons.name}
    parts = {
        **about,
        "scores": trained.scores,
        "tried": trained.tried,
        "epoch_kept": "best" if trained.spec.protocol == PAPER else "last",
        "fold_scores": _fold_scores(trained),
        "curves": trained.curves,
        "reliability": trained.reliability,
        "class_reliability": _class_reliability(trained),
        "breakdown": report_document.breakdown(labelled.labels, seasons.areas_m2(), labelled.table.classes),
        "provenance": {**_provenance(trained, facts), **stores, **of_stores(seasons.stores)},
        "notes": notes,
    }
    return report_document.document("training", f"Training of {_title(trained)}", **parts)


def _title(trained: Trained) -> str:
    """`TempCNN`, or of a search `the best model for the labels: 2 dated-ltae + extra-trees`."""
    if isinstance(trained.spec, SearchSpec):
        return f"the best model for the labels: {trained.delivered.name}"
    return MODELS[trained.spec.model].title


def _result(
    spec: TrainSpec, trained: Trained, labelled: LabelledParcels, document: Mapping[str, Any], page: Path
) -> Training:
    named = report_document.named
    return Training(
        model=spec.output,
        report=page,
        scores=trained.scores,
        fold_scores=tuple(document["fold_scores"]),
        classes=tuple(named(crop) for crop in trained.classes),
        left_out=tuple({**named(crop), "parcels": count} for crop, count in trained.left_out),
        grouped=labelled.grouped(),
        unknown_codes=dict(labelled.unknown),
        class_reliability=tuple(document["class_reliability"]),
        split=document["provenance"]["split"],
        seconds=document["provenance"]["seconds"],
        model_name=trained.delivered.name,
        tried=trained.tried,
    )


def _fold_scores(trained: Trained) -> list[dict[str, Any]]:
    """The main scores of each fold that was run."""
    return [
        {"fold": fold, **{key: scores[key] for key in ("parcels", *MEASURES)}}
        for fold, scores in enumerate(trained.fold_scores, start=1)
    ]


def _class_reliability(trained: Trained) -> list[dict[str, Any]]:
    """A row for each class, by code, name and colour."""
    named = report_document.named
    return [{**named(crop), **row} for crop, row in zip(trained.classes, trained.class_reliability, strict=True)]


def _protocol_notes(trained: Trained) -> list[str]:
    """What the model of the file has learnt from, where its scores are those of others."""
    if trained.spec.protocol == PAPER:
        return []
    networks, learned = trained.delivered.networks, len(trained.delivered.learned_rows)
    several = f" It averages {len(networks)} networks." if len(networks) > 1 else ""
    single = isinstance(trained.spec, TrainingSpec) and MODELS[trained.spec.model].in_epochs
    last = f" for {networks[0].spec.epochs} epochs" if single else ""
    return [
        f"The model in the file was trained on all {learned:,} labelled parcels{last}.{several} The scores are those of"
        f" models that were trained in the same way without the parcels of one fold, and tested on these parcels."
    ]


def _provenance(trained: Trained, facts: dict[str, Any]) -> dict[str, Any]:
    spec = trained.spec
    left = ("order", "candidates")
    figures = {name.replace("_", " "): value for name, value in asdict(spec).items() if name not in left}
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    figures["device"] = trained.device
    if isinstance(spec, SearchSpec):
        figures = {"model": trained.delivered.name, "chosen by": "a search (--model auto)", **figures}
    else:
        figures["epochs"] = trained.kept.spec.epochs
    figures["trained on"] = f"{len(trained.delivered.learned_rows)} parcels"
    return {
        "made": made,
        "engine": __version__,
        **figures,
        "folds": f"{len(trained.fold_scores)} of {trained.folds}",
        **facts,
    }
