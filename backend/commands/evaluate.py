"""`evaluate`: the report only, for any layer that holds predictions and the truth."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import EXISTING, PATH, TABLES, option, unknown_class_option
from backend.protocol import Reporter
from backend.reports.tables import as_text
from backend.workflows.documents import as_document
from backend.workflows.evaluate import EvaluateSpec, evaluate


@click.command("evaluate")
@click.argument("predictions", type=EXISTING)
@click.option("--truth", required=True, help="Field with the declared crop.")
@option("--class-table", str, f"The class table of the model: {TABLES}; else codes as they are.")
@unknown_class_option
@option("--layer", str, "Layer of a file that holds several.")
@option("--report", PATH, "The report's HTML file; else PREDICTIONS_evaluation.html.")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Report how well PREDICTIONS, a classified layer, agree with a field of declared crops."""
    result = evaluate(EvaluateSpec.of(**options), reporter)
    return Outcome(as_document(result), f"{as_text(result.scores)}\nreport  {result.report}")
