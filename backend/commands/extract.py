"""`extract`: images x parcels -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import (
    PATH,
    Imagery,
    flag,
    imagery_options,
    option,
    parcel_options,
    series_options,
)
from backend.protocol import Reporter
from backend.workflows.documents import as_document
from backend.workflows.extract import Extraction, ExtractSpec, extract


@click.command("extract")
@click.argument("imagery", type=Imagery())
@click.argument("parcels")
@click.option("-o", "--output", type=PATH, required=True, help="The store's folder, NAME.parcels.")
@option("--calendar", str, 'Days of the season to interpolate onto: "3,13,43" or "every:10".')
@flag("--overwrite", "Replace a store of other inputs.")
@parcel_options
@imagery_options
@series_options
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Build the parcel series store of PARCELS over IMAGERY (a folder, a file, or stac:ADDRESS); a run that was stopped
    goes on.
    """
    result = extract(ExtractSpec.of(**options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Extraction) -> str:
    shares = [row["clear_share"] for row in result.acquisitions]
    removed = [row["outliers"] for row in result.acquisitions if row["outliers"] is not None]
    flags = ", ".join(f"{flag} {count}" for flag, count in result.quality.items())
    return (
        f"{result.store}: {result.parcels} parcels ({flags}), {result.pixels} pixels, "
        f"{len(result.dates)} dates, {len(result.bands)} bands in {result.seconds} s; "
        f"{sum(shares) / len(shares):.0%} of the parcels' pixels were clear on average"
        + (f", {sum(removed):,} outliers were taken out" if removed else "")
    )
