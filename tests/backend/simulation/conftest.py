"""One small simulated region, shared by the tests that only read it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from backend.protocol import Silent
from backend.simulation import SimulatedRegion, SimulationSpec, simulate
from backend.simulation.ground import Ground
from backend.simulation.region import World, make_ground, make_world


class Land(NamedTuple):
    """A world without sky or instrument: what a region is before it is photographed."""

    spec: SimulationSpec
    world: World
    ground: Ground


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> SimulatedRegion:
    output: Path = tmp_path_factory.mktemp("simulated") / "region"
    return simulate(SimulationSpec(parcels=120, dates=6, seed=3), output, Silent())


@pytest.fixture(scope="session")
def land() -> Land:
    spec = SimulationSpec(parcels=500, seed=11)
    world = make_world(spec)
    return Land(spec, world, make_ground(spec, world))
