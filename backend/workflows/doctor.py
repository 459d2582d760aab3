"""Whether this environment can do the work."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend import __version__, installation
from backend.learning.device import probe


@dataclass(frozen=True)
class Diagnosis:
    """Versions, devices and what is wrong with them (docs/contracts.md)."""

    engine: str
    python: str
    packages: Mapping[str, str]
    devices: tuple[Mapping[str, Any], ...]
    problems: tuple[str, ...]


def examine() -> Diagnosis:
    """Looks at the packages and runs a real kernel on each device."""
    packages, missing = installation.packages()
    problems = [f"the package {name} is missing" for name in missing]
    devices = probe()
    if not any(device["works"] for device in devices):
        problems.append("no device computes rightly, not even the CPU")
    python = f"{platform.python_version()} ({sys.executable})"
    return Diagnosis(__version__, python, packages, tuple(devices), tuple(problems))
