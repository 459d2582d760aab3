"""`simulate`: a made-up region with known crops."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import click

from backend.commands import Outcome
from backend.commands.options import PATH
from backend.protocol import Reporter
from backend.simulation import SimulationSpec, simulate


@click.command("simulate")
@click.argument("output", type=PATH)
@click.option("--parcels", type=int, default=SimulationSpec.parcels, show_default=True)
@click.option("--dates", type=int, default=SimulationSpec.dates, show_default=True)
@click.option("--seed", type=int, default=SimulationSpec.seed, show_default=True)
@click.option("--year", type=int, default=SimulationSpec.year, show_default=True)
@click.pass_obj
def command(reporter: Reporter, output: Path, parcels: int, dates: int, seed: int, year: int) -> Outcome:
    """Make up a region in OUTPUT: dated images, cloud masks and a parcel layer with its true crops."""
    region = simulate(SimulationSpec(parcels, dates, seed, year), output, reporter)
    values = {
        "imagery": str(region.imagery),
        "masks": str(region.masks),
        "parcels": str(region.parcels),
        "class_field": region.class_field,
        "parcel_count": region.parcel_count,
        "dates": list(region.dates),
    }
    text = (
        f"A made-up region of {region.parcel_count} parcels and {len(region.dates)} dates\n"
        f"imagery  {region.imagery}\nmasks    {region.masks}\nparcels  {region.parcels} (crop in {region.class_field})"
    )
    return Outcome(values, text)
