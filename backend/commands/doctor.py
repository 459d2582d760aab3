"""`doctor`: whether this environment can do the work."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from backend import __version__
from backend.commands import Outcome
from backend.learning.device import probe
from backend.protocol import Reporter

_PACKAGES = (
    "torch", "numpy", "rasterio", "pyogrio", "geopandas", "shapely", "pyproj", "pyarrow", "scikit-learn", "safetensors",
    "click", "jinja2", "matplotlib",
)  # fmt: skip


@click.command("doctor")
@click.pass_obj
def command(reporter: Reporter) -> Outcome:
    """Show versions and devices; a real kernel is run on each device."""
    packages, problems = _packages()
    devices = probe()
    if not any(device["works"] for device in devices):
        problems.append("no device computes rightly, not even the CPU")
    values = {
        "engine": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "packages": packages,
        "devices": devices,
        "problems": problems,
    }
    return Outcome(values, _text(values))


def _packages() -> tuple[dict[str, str], list[str]]:
    found, problems = {}, []
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            problems.append(f"the package {name} is missing")
    return found, problems


def _text(values: dict[str, Any]) -> str:
    lines = [f"engine {values['engine']}, Python {values['python']}"]
    lines += [f"{name:14}{number}" for name, number in values["packages"].items()]
    lines += [
        f"{device['kind']:14}" + (f"works ({device['name']})" if device["works"] else f"not used: {device['note']}")
        for device in values["devices"]
    ]
    return "\n".join([*lines, *(f"problem: {text}" for text in values["problems"])])
