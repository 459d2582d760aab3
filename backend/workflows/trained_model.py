"""From what was learned to the files: the model and its report, which appear together."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from backend import __version__, reports
from backend.files import discard, remove_leftovers
from backend.learning.candidates import SearchSpec
from backend.learning.finetuning_spec import FinetuningSpec
from backend.learning.protocols import Trained, TrainingSpec
from backend.learning.trained import Tested
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.models.training_parcels import TrainingParcels
from backend.options import PAPER
from backend.reports.tables import MEASURES
from backend.series.store import locked
from backend.staging import recover, staged
from backend.workflows import report_document
from backend.workflows.labels import LabelledParcels
from backend.workflows.preparation import of_store
from backend.workflows.provenance import of_stores
from backend.workflows.seasons import Seasons
from backend.workflows.seen_parcels import training_parcels
from backend.workflows.transfer import of_training


@dataclass(frozen=True)
class Target:
    """Where a training writes: the model file, the page of its report, and checkpoints until it is done."""

    output: Path
    report: Path | None
    forms: reports.Forms
    began: float = field(default_factory=time.monotonic)

    @property
    def page(self) -> Path:
        return report_document.report_path(self.output, self.report)

    @property
    def checkpoint(self) -> Path:
        """The folder of checkpoints for a stopped run."""
        return self.output.with_name(f".{self.output.name}.training")

    @contextmanager
    def held(self, restart: bool) -> Iterator[None]:
        """For one run only, rid of what killed ones left; `restart` forgets what a stopped run had reached.

        Raises NotWritable, DiskFull.
        """
        report_document.require_writable(self.output)
        report_document.require_writable(self.page)
        with locked(self.output):
            recover(self.output)
            for path in (self.output, self.checkpoint, *reports.places(self.page)):
                remove_leftovers(path)
            if restart:
                discard(self.checkpoint)
            yield


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
    compared: tuple[Mapping[str, Any], ...]  # of a fine-tuning: a row for each of vocabulary.COMPARED


@dataclass(frozen=True)
class Learned:
    """What is delivered. `facts`: the choices that its provenance names beside those of the training.

    Of a model that continues another: `notes` for the report, a `class_table` with the classes of both, and the
    parcels `earlier` that the other had learned from, None where its file does not tell.
    """

    seasons: Seasons
    trained: Trained
    labelled: LabelledParcels
    facts: Mapping[str, Any]
    notes: Sequence[str] = ()
    class_table: tuple[Mapping[str, str], ...] | None = None
    earlier: TrainingParcels | None = None

    def deliver(self, target: Target) -> Training:
        """Writes the model with its report, and clears the checkpoints. Raises NotWritable, DiskFull."""
        document = self._document(round(time.monotonic() - target.began, 1))
        with staged(target.output) as staging:
            page = reports.prepare(document, target.page, staging, forms=target.forms)
            bundle = self._bundle(document)
            staging.write_all({target.output: bundle.packed(target.output)})
        discard(target.checkpoint)
        return self._result(target.output, page, document)

    def _bundle(self, document: Mapping[str, Any]) -> ModelBundle:
        stores, trained = self.seasons.stores, self.trained
        simulated = any(map(report_document.is_simulated, stores))
        provenance = {**document["provenance"], "simulated": simulated, "preparation": of_store(stores[0])}
        table = self.class_table or tuple(self.labelled.table.table())
        bundle = trained.bundle(stores[0].manifest.season, table, provenance, document)
        rows = trained.delivered.learned_rows
        tested = Tested(trained.tested_rows, trained.tested_probabilities)
        region, novelty = of_training(stores, bundle, rows, self.labelled.labels, tested)
        learned = training_parcels(stores, rows)
        learned = learned.with_earlier(self.earlier) if self.continues else learned
        thermal = self.seasons.thermal.time if self.seasons.thermal else None
        return replace(bundle, training_parcels=learned, region=region, novelty=novelty, thermal_time=thermal)

    @property
    def continues(self) -> bool:
        return isinstance(self.trained.spec, FinetuningSpec)

    def _document(self, seconds: float) -> dict[str, Any]:
        seasons, trained, labelled = self.seasons, self.trained, self.labelled
        about = report_document.of_stores(seasons.stores)
        notes = [
            *about["notes"],
            *self.notes,
            *_protocol_notes(trained),
            *labelled.notes(),
            *report_document.prior_notes(self.facts.get("last year's crop")),
            *(f"Left out, too few parcels: {crop.name} ({count})" for crop, count in trained.left_out),
        ]
        thermal = seasons.thermal.facts() if seasons.thermal else {}
        own = _provenance(trained, {**self.facts, **thermal, "seconds": seconds})
        parts = {
            **about,
            "scores": trained.scores,
            "tried": trained.tried,
            "compared": trained.compared,
            "epoch_kept": "best" if trained.spec.protocol == PAPER else "last",
            "fold_scores": _fold_scores(trained),
            "curves": trained.curves,
            "reliability": trained.reliability,
            "class_reliability": _class_reliability(trained),
            "breakdown": report_document.breakdown(labelled.labels, seasons.areas_m2(), labelled.table.classes),
            "provenance": {**own, "store": seasons.name, **of_stores(seasons.stores)},
            "notes": notes,
        }
        return report_document.document("training", _title(trained), **parts)

    def _result(self, output: Path, page: Path, document: Mapping[str, Any]) -> Training:
        named, trained = report_document.named, self.trained
        return Training(
            model=output,
            report=page,
            scores=trained.scores,
            fold_scores=tuple(document["fold_scores"]),
            classes=tuple(named(crop) for crop in trained.classes),
            left_out=tuple({**named(crop), "parcels": count} for crop, count in trained.left_out),
            grouped=self.labelled.grouped(),
            unknown_codes=dict(self.labelled.unknown),
            class_reliability=tuple(document["class_reliability"]),
            split=document["provenance"]["split"],
            seconds=document["provenance"]["seconds"],
            model_name=trained.delivered.name,
            tried=trained.tried,
            compared=trained.compared,
        )


def _title(trained: Trained) -> str:
    """`Training of TempCNN`, of a search `Training of the best model for the labels: 2 dated-ltae + extra-trees`."""
    if isinstance(trained.spec, FinetuningSpec):
        return f"Fine-tuning of {trained.delivered.name}"
    if isinstance(trained.spec, SearchSpec):
        return f"Training of the best model for the labels: {trained.delivered.name}"
    return f"Training of {MODELS[trained.spec.model].title}"


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
    model = networks[0].spec.model
    single = isinstance(trained.spec, (TrainingSpec, FinetuningSpec)) and MODELS[model].in_epochs
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
    elif isinstance(spec, FinetuningSpec):
        rates = dict.fromkeys(one.spec.learning_rate for one in trained.delivered.networks if one.start)
        figures = {
            "model": trained.delivered.name,
            **figures,
            "learning rate": ", ".join(f"{rate:g}" for rate in rates),
        }
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
