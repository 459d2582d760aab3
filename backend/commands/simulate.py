"""`simulate`: a made-up region with known crops."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import PATH
from backend.protocol import Reporter
from backend.simulation import SimulatedRegion, SimulationSpec, simulate_years


@click.command("simulate")
@click.argument("output", type=PATH)
@click.option("--parcels", type=int, default=SimulationSpec.parcels, show_default=True)
@click.option("--dates", type=int, default=SimulationSpec.dates, show_default=True)
@click.option("--seed", type=int, default=SimulationSpec.seed, show_default=True)
@click.option("--year", type=int, default=SimulationSpec.year, show_default=True)
@click.option(
    "--years",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="So many from --year on, each in a folder of its own: the same fields, their crops in rotation.",
)
@click.pass_obj
def command(reporter: Reporter, output: Path, parcels: int, dates: int, seed: int, year: int, years: int) -> Outcome:
    """Make up a region in OUTPUT: dated images, cloud masks and a parcel layer with its true crops."""
    regions = simulate_years(SimulationSpec(parcels, dates, seed, year), years, output, reporter)
    seasons = [{"year": year + later, **_values(region)} for later, region in enumerate(regions)]
    return Outcome({**_values(regions[-1]), "seasons": seasons}, "\n".join(map(_text, regions)))


def _values(region: SimulatedRegion) -> dict[str, Any]:
    return {
        "imagery": str(region.imagery),
        "masks": str(region.masks),
        "parcels": str(region.parcels),
        "class_field": region.class_field,
        "previous_field": region.previous_field,
        "parcel_count": region.parcel_count,
        "dates": list(region.dates),
    }


def _text(region: SimulatedRegion) -> str:
    fields = f"crop in {region.class_field}"
    if region.previous_field:
        fields += f", last year's in {region.previous_field}"
    return (
        f"A made-up region of {region.parcel_count} parcels and {len(region.dates)} dates\n"
        f"imagery  {region.imagery}\nmasks    {region.masks}\nparcels  {region.parcels} ({fields})"
    )
