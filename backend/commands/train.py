"""`train`: from a store and declared crops to a model file and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.reports.tables import as_text, folds_as_text, tried_as_text
from backend.workflows.documents import as_document
from backend.workflows.train import TrainSpec, train
from backend.workflows.trained_model import Training


@click.command("train")
@options_of("train")
@click.pass_obj
def command(reporter: Reporter, store: tuple[Path, ...], **options: Any) -> Outcome:
    """Train a model on the declared crops of one STORE, or of one for each season.

    A run that was stopped continues when it is started again.
    """
    result = train(TrainSpec.of(stores=store, **options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Training) -> str:
    parts = [as_text(result.scores), folds_as_text(list(result.fold_scores))]
    parts += [tried_as_text(result.tried)]
    parts += [f"trained in {result.seconds} s, split {result.split}: {result.model_name}"]
    parts += [f"model   {result.model}", f"report  {result.report}"]
    return "\n".join(filter(None, parts))
