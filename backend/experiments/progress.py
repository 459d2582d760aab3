"""The progress of a whole experiment, reported from inside one of its runs."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.protocol import Reporter

from .plan import Run

STAGE = "experiment"


@dataclass(frozen=True)
class RunReporter:
    """A Reporter that maps a run's progress to the experiment's: from the fraction `begin` to `end` of it."""

    whole: Reporter
    run: Run
    begin: float
    end: float

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        fraction = self.begin + (self.end - self.begin) * fraction
        self.whole.progress(fraction, STAGE, f"{self.run.model}, {self.run.order}: {message}")

    def log(self, message: str) -> None:
        self.whole.log(f"{self.run.title}: {message}")

    def metric(self, name: str, **values: Any) -> None:
        self.whole.metric(name, model=self.run.model, order=self.run.order, **values)

    def warning(self, code: str, /, **fields: Any) -> None:
        self.whole.warning(code, **{**fields, "prefix": self.run.title})
