"""`import`: a published data set -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.workflows.documents import as_document
from backend.workflows.import_series import Import, ImportSeriesSpec, import_series


@click.command("import")
@options_of("import")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Import a published data set into a store: a folder of DATA and META, an .npz, or a .csv or .parquet table."""
    result = import_series(ImportSeriesSpec.of(**options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Import) -> str:
    flags = ", ".join(f"{flag} {count}" for flag, count in result.quality.items())
    return (
        f"{result.store}: {result.parcels} samples ({flags}), {result.pixels} pixels, "
        f"{len(result.dates)} dates, {len(result.bands)} bands in {result.seconds} s\n"
        f"fields  {', '.join(result.fields)}"
    )
