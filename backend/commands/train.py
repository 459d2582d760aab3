"""`train`: from a store and declared crops to a model file and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from backend import __version__, reports
from backend.commands import Outcome, documents
from backend.commands.folding import FoldingOptions, folding_of, folding_options
from backend.commands.labels import ClassOptions, Declared, class_options, declared_crops
from backend.commands.options import EXISTING, PATH
from backend.commands.preparation import of_store
from backend.commands.previous import previous_crops
from backend.commands.seasons import Seasons
from backend.commands.training_options import training_options
from backend.errors import UnknownModel
from backend.learning.training import Trained, TrainingSpec, train
from backend.models import MODELS
from backend.protocol import DEFAULTS, Reporter
from backend.reports.tables import FIGURES, as_text, folds_as_text


@click.command("train")
@click.argument("store", type=EXISTING, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="The model file, NAME.cropmodel.")
@click.option("--model", default=DEFAULTS.model, show_default=True, help="An architecture; see the models command.")
@click.option("--class-field", required=True, help="Field with the declared crop.")
@class_options
@click.option(
    "--previous-field",
    help="Field with last year's crop, in codes of the class table: what follows it weighs what the images say.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=1),
    default=DEFAULTS.folds,
    show_default=True,
    help="Of five, or of the years there are; all of them test every parcel.",
)
@click.option("--report", type=PATH, help="The report's HTML file; else OUTPUT_report.html.")
@click.option("--restart", is_flag=True, help="Forget what a stopped run had reached.")
@training_options
@folding_options
@click.pass_obj
def command(
    reporter: Reporter, store: tuple[Path, ...], output: Path, class_field: str, class_options: ClassOptions,
    previous_field: str | None, report: Path | None, restart: bool, folding_options: FoldingOptions, **figures: Any,
) -> Outcome:  # fmt: skip
    """Train a model on the declared crops of STORE, or of one for each season; a run that was stopped goes on."""
    began = time.monotonic()
    _require_known(figures["model"])
    documents.require_writable(output)
    documents.require_writable(documents.report_path(output, report))
    seasons = Seasons.open(store)
    declared = declared_crops(seasons, class_field, class_options, reporter)
    crops = declared.table
    previous = previous_crops(seasons, previous_field, crops, reporter) if previous_field else None
    folding = folding_of(folding_options, seasons)
    checkpoint = output.with_name(f".{output.name}.training")
    if restart:
        shutil.rmtree(checkpoint, ignore_errors=True)
    spec = TrainingSpec.of(**figures)
    feed = seasons.feed(MODELS[spec.model].view)
    trained = train(spec, feed, declared.labels, crops.classes, reporter, checkpoint, folding, previous)
    seconds = round(time.monotonic() - began, 1)
    about = {"class field": class_field, **class_options.facts(), "split": folding.name, "seconds": seconds}
    about |= {"last year's crop": previous_field} if previous_field else {}
    document = _document(seasons, trained, declared, about)
    provenance = {**document["provenance"], "simulated": any(map(documents.is_simulated, seasons.stores))}
    provenance["preparation"] = of_store(seasons.stores[0])
    season = seasons.stores[0].manifest["season"]
    trained.bundle(feed, season, tuple(crops.table()), provenance, document).save(output)
    page = reports.write(document, documents.report_path(output, report))
    shutil.rmtree(checkpoint, ignore_errors=True)
    return _outcome(trained, declared, document, output, page)


def _require_known(model: str) -> None:
    if model not in MODELS:
        raise UnknownModel(model, MODELS)


def _document(seasons: Seasons, trained: Trained, declared: Declared, facts: dict[str, Any]) -> dict[str, Any]:
    about = documents.of_stores(seasons.stores)
    notes = [
        *about["notes"],
        *declared.notes(),
        *documents.prior_notes(facts.get("last year's crop")),
        *(f"Left out, too few parcels: {crop.name} ({count})" for crop, count in trained.left_out),
    ]
    parts = {
        **about,
        "scores": trained.scores,
        "fold_scores": _fold_scores(trained),
        "curves": trained.curves,
        "reliability": trained.reliability,
        "breakdown": documents.breakdown(declared.labels, seasons.areas_m2(), declared.table.classes),
        "provenance": {**_provenance(trained, facts), **documents.sources(seasons.stores)},
        "notes": notes,
    }
    return documents.document("training", f"Training of {MODELS[trained.spec.model].title}", **parts)


def _outcome(trained: Trained, declared: Declared, document: dict[str, Any], output: Path, page: Path) -> Outcome:
    facts = document["provenance"]
    values = {
        "model": str(output),
        "report": str(page),
        "scores": trained.scores,
        "fold_scores": document["fold_scores"],
        "classes": [documents.named(crop) for crop in trained.classes],
        "left_out": [{**documents.named(crop), "parcels": count} for crop, count in trained.left_out],
        "unknown_codes": dict(declared.unknown),
        "seconds": facts["seconds"],
    }
    told = [as_text(trained.scores), folds_as_text(document["fold_scores"])]
    told += [f"trained in {facts['seconds']} s, split {facts['split']}", f"model   {output}", f"report  {page}"]
    return Outcome(values, "\n".join(filter(None, told)))


def _fold_scores(trained: Trained) -> list[dict[str, Any]]:
    """The headline figures of each fold that was run."""
    return [
        {"fold": fold, **{key: scores[key] for key in ("parcels", *FIGURES)}}
        for fold, scores in enumerate(trained.fold_scores, start=1)
    ]


def _provenance(trained: Trained, facts: dict[str, Any]) -> dict[str, Any]:
    spec = trained.spec
    figures = {name.replace("_", " "): value for name, value in asdict(spec).items() if name != "order"}
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"made": made, "engine": __version__, **figures, "folds": f"{spec.folds} of {trained.folds}", **facts}
