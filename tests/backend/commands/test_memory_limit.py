"""Commands with little memory end whole, with the error of memory or by a library: no input is blamed, no date lost."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend import memory
from tests.backend.ground import DATES

ROOT = Path(__file__).parents[3]
LIMITED = """
import importlib, resource, sys
import geopandas, pyogrio, rasterio, torch  # what is loaded under the limit would end in other places
for name in ("extract", "train", "classify"):
    importlib.import_module(f"backend.commands.{name}")
from backend.__main__ import main

pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + int(sys.argv[1]) * (1 << 20)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
sys.exit(main([*sys.argv[2:], "--json"]))
"""
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}  # more threads end at other places, some by a signal
ROOM_MB = (200, 40, 15)  # of which none is enough for two threads and their heaps


def arguments(command, region, folder):
    images = [region.images, region.parcels, "--masks", region.masks, "--skip-unreadable"]
    return {
        "extract": ["extract", *images, "-o", folder / "s.parcels", "--workers", 1],
        "train": [
            *("train", region.store, "-o", folder / "m.cropmodel", "--model", "gru", "--class-field", "CODE_CULTU"),
            *("--class-table", "paper", "--min-samples", 5, "--epochs", 2, "--device", "cpu"),
        ],
        "classify": ["classify", *images, "--model", region.model, "-o", folder / "o.gpkg", "--device", "cpu"],
    }[command]


def outcome(done):
    """ "whole", "memory", "library" where one ended the process by a signal, or what is wrong."""
    try:
        values = json.loads(done.stdout)
    except ValueError:
        if memory.ended_by_memory(done.returncode, done.stderr):
            return "memory"
        return (
            "library"
            if done.returncode in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)
            else f"exit code {done.returncode}: {done.stderr[-500:]}"
        )
    if "failed" in values:
        return "memory" if values["failed"]["code"] == "engine.out_of_memory" else values["failed"]["message"]
    lost = len(values.get("dates", DATES)) < len(DATES) or values.get("skipped")
    return f"lost dates: {values}" if lost else "whole"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on a process's memory is Linux's")
@pytest.mark.parametrize("command", ["extract", "train", "classify"])
def test_no_input_is_blamed_where_memory_is_limited(region, tmp_path, command):
    outcomes = []
    for room_mb in ROOM_MB:
        given = [str(room_mb), *map(str, arguments(command, region, tmp_path / str(room_mb)))]
        (tmp_path / str(room_mb)).mkdir()
        run = [sys.executable, "-c", LIMITED, *given]
        done = subprocess.run(run, cwd=ROOT, env=ONE_THREAD, capture_output=True, text=True, check=False)
        outcomes.append(outcome(done))
    assert set(outcomes) <= {"whole", "memory", "library"}, outcomes
    assert "memory" in outcomes and outcomes[-1] != "whole"
