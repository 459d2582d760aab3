"""Step of the `simulate` command: makes a made-up region and says where it lies."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

from backend import simulation
from backend.protocol import Reporter
from backend.simulation import SimulationSpec


def simulate(spec: SimulationSpec, output: Path, reporter: Reporter) -> dict[str, Any]:
    """Makes the region; the values are the `simulate` result of docs/contracts.md, paths as text."""
    region = simulation.simulate(spec, output, reporter)
    return {
        "imagery": str(region.imagery),
        "masks": str(region.masks),
        "parcels": str(region.parcels),
        "class_field": region.class_field,
        "parcel_count": region.parcel_count,
        "dates": list(region.dates),
    }
