"""The runs of a benchmark that are done, a line each: a stopped one goes on, and several processes may share a file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

Run = TypeVar("Run")


class Lines(Generic[Run]):
    """`path`: the file; `of`: the dataclass of a run."""

    def __init__(self, path: Path, of: type[Run]) -> None:
        self.path, self.of = path, of

    def done(self) -> dict[Run, dict[str, Any]]:
        """What was found in each run so far."""
        if not self.path.exists():
            return {}
        rows = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        return {self.of(**row["run"]): row["found"] for row in rows}

    def add(self, run: Run, found: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"run": asdict(run), "found": found}) + "\n")
