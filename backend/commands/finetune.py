"""`finetune`: from a model file, a store and declared crops of another region or year to a new model file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.reports.tables import as_text, compared_as_text, folds_as_text
from backend.workflows.documents import as_document
from backend.workflows.finetune import FinetuneSpec, finetune
from backend.workflows.trained_model import Training


@click.command("finetune")
@options_of("finetune")
@click.pass_obj
def command(reporter: Reporter, store: tuple[Path, ...], **options: Any) -> Outcome:
    """Carry a trained MODEL on with the declared crops of a STORE of another region or year.

    A run that was stopped continues when it is started again.
    """
    result = finetune(FinetuneSpec.of(stores=store, **options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Training) -> str:
    parts = [as_text(result.scores), folds_as_text(list(result.fold_scores)), compared_as_text(result.compared)]
    parts += [f"fine-tuned in {result.seconds} s, split {result.split}: {result.model_name}"]
    parts += [f"model   {result.model}", f"report  {result.report}"]
    return "\n".join(filter(None, parts))
