"""`evaluate`: the report only, for any layer that holds predictions and the truth."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.reports.tables import as_text, seen_sentences
from backend.workflows.documents import as_document
from backend.workflows.evaluate import EvaluateSpec, evaluate


@click.command("evaluate")
@options_of("evaluate")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Report how well PREDICTIONS, a classified layer, agree with a field of declared crops."""
    result = evaluate(EvaluateSpec.of(**options), reporter)
    parts = [as_text(result.scores)] if result.scores else []
    parts += seen_sentences(result.judged, result.not_judged)
    return Outcome(as_document(result), "\n".join([*parts, f"report  {result.report}"]))
