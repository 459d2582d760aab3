"""The background work of Engine Set-up: create, check and remove the environment."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine import install
from ..engine.process import run_job
from ..engine.protocol import Job
from .background import Cancelled, OnLine, Work


@dataclass(frozen=True)
class Checked:
    """A Python that runs the engine, and what `doctor` found in it."""

    python: Path
    doctor: Any


def check(python: Path) -> Work:
    """Runs `doctor` in `python`."""

    def work(on_line: OnLine, is_cancelled: Cancelled) -> Checked:
        def on_event(event: Any) -> None:
            if event.kind in ("log", "warning"):
                on_line(event.message)

        return Checked(python, run_job(Job("doctor"), on_event, is_cancelled, python=python))

    return work


def create(plan: install.InstallPlan) -> Work:
    """Makes the environment and checks it."""

    def work(on_line: OnLine, is_cancelled: Cancelled) -> Checked:
        return check(install.install(plan, on_line, is_cancelled))(on_line, is_cancelled)

    return work


def remove(location: Path) -> Work:
    """Deletes the environment."""

    def work(on_line: OnLine, is_cancelled: Cancelled) -> None:
        on_line(str(location))
        install.remove(location)

    return work
