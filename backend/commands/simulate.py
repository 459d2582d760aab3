"""`simulate`: a made-up region with known crops."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import PATH, option
from backend.protocol import Reporter
from backend.workflows.simulate import SimulatedRegion, SimulateSpec, SimulationSpec, simulate


@click.command("simulate")
@click.argument("output", type=PATH)
@option("--parcels", int, "Number of parcels.", SimulationSpec.parcels)
@option("--dates", int, "Number of acquisitions.", SimulationSpec.dates)
@option("--seed", int, "Decides all that is random.", SimulationSpec.seed)
@option("--year", int, "Year of the harvest.", SimulationSpec.year)
@option(
    "--years",
    click.IntRange(min=1),
    "Number of years from --year on, each in a folder of its own: the same fields, their crops in rotation.",
    SimulateSpec.years,
)
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Make up a region in OUTPUT: dated images, cloud masks and a parcel layer with its true crops."""
    made = simulate(SimulateSpec.of(**options), reporter)
    return Outcome(made.document(), "\n".join(map(_text, made.regions)))


def _text(region: SimulatedRegion) -> str:
    fields = f"crop in {region.class_field}"
    if region.previous_field:
        fields += f", last year's in {region.previous_field}"
    return (
        f"A made-up region of {region.parcel_count} parcels and {len(region.dates)} dates\n"
        f"imagery  {region.imagery}\nmasks    {region.masks}\nparcels  {region.parcels} ({fields})"
    )
