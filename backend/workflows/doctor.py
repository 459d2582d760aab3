"""Whether this environment can do the work."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from backend import __version__
from backend.learning.device import probe

_REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"


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
    packages, problems = _packages()
    devices = probe()
    if not any(device["works"] for device in devices):
        problems.append("no device computes rightly, not even the CPU")
    python = f"{platform.python_version()} ({sys.executable})"
    return Diagnosis(__version__, python, packages, tuple(devices), tuple(problems))


def _packages() -> tuple[dict[str, str], list[str]]:
    found, problems = {}, []
    for name in _required():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            problems.append(f"the package {name} is missing")
    return found, problems


def _required() -> list[str]:
    """The names in the list that the engine is installed from."""
    lines = (line for line in _REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in lines if line]
