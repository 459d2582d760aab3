"""A simulated region with known truth, for the demo, the tests and the benchmarks."""

# SPDX-License-Identifier: GPL-2.0-or-later
from backend.simulation.region import simulate, simulate_years
from backend.simulation.spec import SimulatedRegion, SimulationSpec

__all__ = ["SimulatedRegion", "SimulationSpec", "simulate", "simulate_years"]
