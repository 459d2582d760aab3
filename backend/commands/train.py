"""`train`: from a store and declared crops to a model file and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from backend import __version__, reports
from backend.commands import Outcome, documents
from backend.commands.options import EXISTING, PATH, device_option
from backend.errors import UnknownModel
from backend.learning.training import Trained, TrainingSpec, train
from backend.models import MODELS
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.parcels.reading import column
from backend.protocol import DEFAULTS, Reporter
from backend.reports.tables import as_text
from backend.series.store import Store, open_store
from backend.series.views import feed_for
from backend.vocabulary import CropClass

_MOST_LISTED = 12


@click.command("train")
@click.argument("store", type=EXISTING)
@click.option("-o", "--output", type=PATH, required=True, help="The model file, NAME.cropmodel.")
@click.option("--model", default=DEFAULTS.model, show_default=True, help="An architecture; see the models command.")
@click.option("--class-field", required=True, help="Field with the declared crop.")
@click.option(
    "--class-table", help="paper, rpg_groups or a CSV (code, name, class, colour); else each value is a class."
)
@click.option("--name-field", help="Field with the crop's name, where each value is a class.")
@click.option("--epochs", type=click.IntRange(min=1), default=DEFAULTS.epochs, show_default=True)
@click.option(
    "--folds",
    type=click.IntRange(1, 5),
    default=DEFAULTS.folds,
    show_default=True,
    help="Of five; 5 tests every parcel.",
)
@click.option("--batch-size", type=click.IntRange(min=2), default=DEFAULTS.batch_size, show_default=True)
@click.option(
    "--learning-rate", type=click.FloatRange(min=0, min_open=True), default=DEFAULTS.learning_rate, show_default=True
)
@click.option("--seed", type=click.IntRange(min=0), default=DEFAULTS.seed, show_default=True)
@click.option(
    "--min-samples",
    type=click.IntRange(min=5),
    default=DEFAULTS.min_samples,
    show_default=True,
    help="Rarer classes are left out.",
)
@click.option("--report", type=PATH, help="The report's HTML file; else OUTPUT_report.html.")
@click.option("--restart", is_flag=True, help="Forget what a stopped run had reached.")
@device_option
@click.pass_obj
def command(
    reporter: Reporter, store: Path, output: Path, class_field: str, class_table: str | None, name_field: str | None,
    report: Path | None, restart: bool, **figures: Any,
) -> Outcome:  # fmt: skip
    """Train a model on the declared crops of STORE; a run that was stopped goes on."""
    began = time.monotonic()
    _require_known(figures["model"])
    documents.require_writable(output)
    documents.require_writable(documents.report_path(output, report))
    opened = open_store(store)
    crops = _crops(opened, class_field, class_table, name_field)
    labels = _labels(opened, class_field, crops, reporter)
    checkpoint = output.with_name(f".{output.name}.training")
    if restart:
        shutil.rmtree(checkpoint, ignore_errors=True)
    spec = TrainingSpec(**figures)
    feed = feed_for(MODELS[spec.model].view, opened)
    trained = train(spec, feed, labels, crops.classes, reporter, checkpoint)
    seconds = round(time.monotonic() - began, 1)
    document = _document(opened, trained, spec, labels, crops.classes, class_field, seconds)
    provenance = {**document["provenance"], "simulated": documents.is_simulated(opened)}
    trained.bundle(feed, opened.manifest["season"], tuple(crops.table()), provenance, document).save(output)
    page = reports.write(document, documents.report_path(output, report))
    shutil.rmtree(checkpoint, ignore_errors=True)
    values = {
        "model": str(output),
        "report": str(page),
        "scores": trained.scores,
        "classes": [documents.named(crop) for crop in trained.classes],
        "left_out": [{**documents.named(crop), "parcels": count} for crop, count in trained.left_out],
        "seconds": seconds,
    }
    return Outcome(values, f"{as_text(trained.scores)}\ntrained in {seconds} s\nmodel   {output}\nreport  {page}")


def _require_known(model: str) -> None:
    if model not in MODELS:
        raise UnknownModel(model, MODELS)


def _crops(store: Store, class_field: str, class_table: str | None, name_field: str | None) -> Nomenclature:
    if class_table:
        return nomenclature.read(class_table)
    parcels = store.parcels()
    codes = column(parcels, class_field, store.path)
    names = column(parcels, name_field, store.path) if name_field else codes
    called = {nomenclature.as_code(c): str(n) for c, n in zip(codes, names) if c is not None and n is not None}
    return nomenclature.from_values(codes, {code: name for code, name in called.items() if code})


def _labels(store: Store, class_field: str, crops: Nomenclature, reporter: Reporter) -> NDArray[np.int64]:
    """The class of each parcel, -1 for none; codes that no class holds are told with their counts."""
    labels, unknown = crops.labels(column(store.parcels(), class_field, store.path))
    if unknown:
        listed = ", ".join(f"{code} ({count})" for code, count in list(unknown.items())[:_MOST_LISTED])
        more = len(unknown) - _MOST_LISTED
        reporter.warning(
            "classes.unknown_codes",
            f"{sum(unknown.values())} parcels have a code that the class table lacks: {listed}"
            + (f" and {more} more." if more > 0 else "."),
            "They are not trained on. Add their codes to a class table of your own to use them.",
        )
    missing = int((labels < 0).sum()) - sum(unknown.values())
    if missing:
        reporter.log(f"{missing} parcels have no declared crop and are not trained on.")
    return labels


def _document(
    store: Store, trained: Trained, spec: TrainingSpec, labels: NDArray[np.int64], classes: tuple[CropClass, ...],
    field: str, seconds: float,
) -> dict[str, Any]:  # fmt: skip
    about = documents.of_store(store)
    notes = [
        *about["notes"],
        *(f"Left out, too few parcels: {crop.name} ({count})" for crop, count in trained.left_out),
    ]
    parts = {
        **about,
        "scores": trained.scores,
        "curves": trained.curves,
        "reliability": trained.reliability,
        "breakdown": documents.breakdown(labels, store.index["area_m2"].to_numpy(), classes),
        "provenance": {**_provenance(spec, field, seconds), **documents.sources(store)},
        "notes": notes,
    }
    return documents.document("training", f"Training of {MODELS[spec.model].title}", **parts)


def _provenance(spec: TrainingSpec, field: str, seconds: float) -> dict[str, Any]:
    return {
        "made": datetime.now().astimezone().isoformat(timespec="seconds"), "engine": __version__, "model": spec.model,
        "class field": field, "epochs": spec.epochs, "folds": f"{spec.folds} of 5", "batch size": spec.batch_size,
        "learning rate": spec.learning_rate, "seed": spec.seed, "device": spec.device, "seconds": seconds,
    }  # fmt: skip
