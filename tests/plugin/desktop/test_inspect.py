"""The parcel inspector in the real QGIS Desktop, from the packed plugin: clicks, pictures, keys, and no pauses."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sys
from pathlib import Path

import pytest
from inspected_region import ROOT, made_region, needs_engine

sys.path.insert(0, str(ROOT / "scripts"))
import desktop  # noqa: E402

__all__ = ["made_region"]
pytestmark = [
    needs_engine,
    pytest.mark.skipif(bool(desktop.missing_programs()), reason=f"not installed: {desktop.missing_programs()}"),
]
NUMBERS = (12, 30, 5)  # parcels
MOST_S, MOST_PAUSE_S = 0.3, 0.5  # of a click; of anything, on a machine that does other work, too


def test_clicks_on_the_map_are_answered_at_once(made_region, tmp_path):
    profile = desktop.install_plugin(tmp_path / "QGIS")
    values = {"layer": str(made_region.folder / "crops.gpkg"), "numbers": NUMBERS}
    results = desktop.run_story(profile, Path(__file__).parent / "inspect_story.py", values)
    assert results["checked"] and results["titles"] == [f"Parcel {number}" for number in NUMBERS]
    assert results["problems"] == [""] * len(NUMBERS) and min(results["grounds"]) >= 2
    assert results["next"] == f"Parcel {NUMBERS[-1] + 1}"
    assert max(results["clicks_s"]) < MOST_S and results["longest_pause_s"] < MOST_PAUSE_S
