"""`train`: from a store and declared crops to a model file and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import EXISTING, PATH, class_options, flag, folding_options, option, training_options
from backend.protocol import DEFAULTS, Reporter
from backend.reports.tables import as_text, folds_as_text
from backend.workflows.documents import as_document
from backend.workflows.train import Training, TrainSpec, train


@click.command("train")
@click.argument("store", type=EXISTING, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="The model file, NAME.cropmodel.")
@option("--model", str, "An architecture; see the models command.", DEFAULTS.model)
@click.option("--class-field", required=True, help="Field with the declared crop.")
@class_options
@option(
    "--previous-field",
    str,
    "Field with last year's crop, in codes of the class table: what follows it weighs what the images say.",
)
@option(
    "--folds",
    click.IntRange(min=1),
    "Of five, or of the years there are; all of them test every parcel.",
    DEFAULTS.folds,
)
@option("--report", PATH, "The report's HTML file; else OUTPUT_report.html.")
@flag("--restart", "Forget what a stopped run had reached.")
@training_options
@folding_options
@click.pass_obj
def command(reporter: Reporter, store: tuple[Path, ...], **options: Any) -> Outcome:
    """Train a model on the declared crops of STORE, or of one for each season; a run that was stopped goes on."""
    result = train(TrainSpec.of(stores=store, **options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Training) -> str:
    parts = [as_text(result.scores), folds_as_text(list(result.fold_scores))]
    parts += [f"trained in {result.seconds} s, split {result.split}"]
    parts += [f"model   {result.model}", f"report  {result.report}"]
    return "\n".join(filter(None, parts))
