"""A Reporter that remembers what was reported to it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

from backend.console import warn


class Recorder:
    def __init__(self) -> None:
        self.warnings: list[tuple[str, str]] = []
        self.logs: list[str] = []
        self.fractions: list[float] = []

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        self.fractions.append(fraction)

    def log(self, message: str) -> None:
        self.logs.append(message)

    def metric(self, name: str, **values: Any) -> None: ...

    def warning(self, code: str, /, **fields: Any) -> None:
        self.warnings.append((code, warn(code, fields).message))
