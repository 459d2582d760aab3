"""`simulate`: a simulated region with known crops."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.workflows.simulate import SimulatedRegion, SimulateSpec, simulate


@click.command("simulate")
@options_of("simulate")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Simulate a region in OUTPUT: dated images, cloud masks and a parcel layer with its true crops."""
    made = simulate(SimulateSpec.of(**options), reporter)
    return Outcome(made.document(), "\n".join(map(_text, made.regions)))


def _text(region: SimulatedRegion) -> str:
    fields = f"crop in {region.class_field}"
    if region.previous_field:
        fields += f", last year's in {region.previous_field}"
    return (
        f"A simulated region of {region.parcel_count} parcels and {len(region.dates)} dates\n"
        f"imagery  {region.imagery}\nmasks    {region.masks}\nparcels  {region.parcels} ({fields})"
    )
