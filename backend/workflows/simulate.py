"""A simulated region with known crops, or the same parcels over several years."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.protocol import Reporter
from backend.simulation import SimulatedRegion, SimulationSpec, simulate_years
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.documents import as_document


@dataclass(frozen=True)
class SimulateSpec:
    """`years` from `region.year` on, each in a folder of its own inside `output` where there are several."""

    output: Path
    region: SimulationSpec = SimulationSpec()
    years: int = 1

    @classmethod
    def of(cls, **options: Any) -> SimulateSpec:
        """From options by name, None where one is not given. Raises BadArgument."""
        region, own = own_options(SimulationSpec, {name: value for name, value in options.items() if value is not None})
        output, years = typed({"output": own.pop("output")})["output"], own.pop("years", cls.years)
        require_none(own)
        return cls(output, SimulationSpec(**region), years)


@dataclass(frozen=True)
class Simulation:
    """The regions, one for each year in order."""

    years: tuple[int, ...]
    regions: tuple[SimulatedRegion, ...]

    def document(self) -> dict[str, Any]:
        """The last year's region, and those of all years under `seasons` (docs/contracts.md)."""
        own: list[Mapping[str, Any]] = [as_document(region) for region in self.regions]
        return {**own[-1], "seasons": [{"year": year, **region} for year, region in zip(self.years, own, strict=True)]}


def simulate(spec: SimulateSpec, reporter: Reporter) -> Simulation:
    """Makes the images, masks and parcel layer. Raises NotWritable (the folder holds something else), DiskFull."""
    regions = simulate_years(spec.region, spec.years, spec.output, reporter)
    return Simulation(tuple(range(spec.region.year, spec.region.year + spec.years)), tuple(regions))
