"""`experiment`: a table of the paper on a region's parcels; runs are kept, resumed and shared between processes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.workflows.documents import as_document
from backend.workflows.experiment import ExperimentResult, ExperimentSpec, experiment


@click.command("experiment")
@options_of("experiment")
@click.pass_obj
def command(reporter: Reporter, store: tuple[Path, ...], **options: Any) -> Outcome:
    """Compute TABLE of the paper (table1 needs no data) from the parcels of one STORE, or of one for each season.

    Every finished run is kept in the output folder, so a command that was stopped continues when it is started again.
    Started several times, once for each GPU or machine with access to the folder, the command shares the runs between
    the processes, if the disk supports file locks. The tables are updated after each run.
    """
    result = experiment(ExperimentSpec.of(stores=store, **options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: ExperimentResult) -> str:
    texts = [path.read_text(encoding="utf-8") for path in result.tables.values()]
    if result.left:
        left = f"{len(result.left)} of {result.runs} runs failed or are being run by other processes"
        texts.append(f"{left}: {', '.join(result.left)}")
    return "\n".join([*texts, f"report  {result.report}"])
