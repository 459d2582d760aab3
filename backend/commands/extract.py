"""`extract`: images x parcels -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.workflows.documents import as_document
from backend.workflows.extract import Extraction, ExtractSpec, extract

_NO_MASK = "no cloud mask: how many pixels were clear is not known"


@click.command("extract")
@options_of("extract")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Build the parcel series store of PARCELS from IMAGERY (a folder, a file, or stac:ADDRESS).

    A run that was stopped continues when it is started again.
    """
    result = extract(ExtractSpec.of(**options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Extraction) -> str:
    shares = [row["clear_share"] for row in result.acquisitions if row["clear_share"] is not None]
    removed = [row["outliers"] for row in result.acquisitions if row["outliers"] is not None]
    flags = ", ".join(f"{flag} {count}" for flag, count in result.quality.items())
    return (
        f"{result.store}: {result.parcels} parcels ({flags}), {result.pixels} pixels, "
        f"{len(result.dates)} dates, {len(result.bands)} bands in {result.seconds} s; "
        + (f"{sum(shares) / len(shares):.0%} of the parcels' pixels were clear on average" if shares else _NO_MASK)
        + (f", {sum(removed):,} outliers were removed" if removed else "")
    )
