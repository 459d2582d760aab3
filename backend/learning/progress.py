"""Progress of a long step, reported at most twice a second."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time

from backend.protocol import Reporter

SECONDS = 0.5


class Progress:
    """Counts up to `total` pieces of one stage. `advance` may raise Cancelled, as every call of a reporter may."""

    def __init__(self, reporter: Reporter, stage: str, total: int) -> None:
        self.reporter, self.stage, self.total = reporter, stage, total
        self.done = 0
        self._reported = -SECONDS

    def advance(self, pieces: int, message: str = "") -> None:
        self.done += pieces
        now = time.monotonic()
        if now - self._reported >= SECONDS or self.done >= self.total:
            self._reported = now
            self.reporter.progress(min(1.0, self.done / max(1, self.total)), self.stage, message)
