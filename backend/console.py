"""The process edge: where progress goes (people or protocol lines), how a cancel is heard, what stdout carries."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any, TextIO

from backend.errors import Cancelled
from backend.messages import compose, plain, warning_text
from backend.protocol import Event, Log, Metric, Progress, Warn, encode

_GRACE_S = 10.0


def take_stdout() -> TextIO:
    """Keeps the real stdout for results and redirects everything else, C libraries too, to stderr."""
    sys.stdout.flush()
    real = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return real


class Cancellation:
    """Set by a signal, a "cancel" line on stdin, or the loss of the parent; checked whenever progress is reported."""

    def __init__(self) -> None:
        self._flag = threading.Event()

    def check(self) -> None:
        if self._flag.is_set():
            raise Cancelled

    def on_signals(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            raise Cancelled

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def on_stdin(self) -> None:
        """Listens to the parent, where stdin is a pipe from one."""
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        lines = os.fdopen(os.dup(0), encoding="utf-8", errors="replace")
        asked = any(line.strip() == "cancel" for line in lines)
        self._flag.set()
        if not asked:  # the pipe has ended: without a parent nothing would stop a step that never reports
            time.sleep(_GRACE_S)
            os._exit(3)


def warn(code: str, fields: Mapping[str, Any]) -> Warn:
    """The event of a warning, in English. Raises KeyError for an unknown code, TypeError for wrong fields."""
    text = warning_text(code)
    text.check(frozenset(fields))
    values = plain(text, fields)
    return Warn(code, *compose(text, values), values)


class _Clock:
    """Seconds left in a stage, from how long its first part took."""

    def __init__(self) -> None:
        self._stage, self._began, self._from = "", 0.0, 0.0

    def left(self, stage: str, fraction: float) -> float | None:
        now = time.monotonic()
        if stage != self._stage or fraction < self._from:
            self._stage, self._began, self._from = stage, now, fraction
        gone = fraction - self._from
        return (now - self._began) / gone * (1 - fraction) if gone > 0.01 else None


class EventReporter:
    """A Reporter that speaks the protocol."""

    def __init__(self, stream: TextIO, cancellation: Cancellation) -> None:
        self._stream, self._cancellation, self._clock = stream, cancellation, _Clock()

    def emit(self, event: Event) -> None:
        self._stream.write(encode(event) + "\n")
        self._stream.flush()

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        self._cancellation.check()
        self.emit(Progress(round(fraction, 4), stage, message, self._clock.left(stage, fraction)))

    def log(self, message: str) -> None:
        self.emit(Log(message))

    def metric(self, name: str, **values: Any) -> None:
        self._cancellation.check()
        self.emit(Metric(name, values))

    def warning(self, code: str, /, **fields: Any) -> None:
        self.emit(warn(code, fields))


class ConsoleReporter:
    """A Reporter for people: lines on stderr; on a terminal one line that is written over."""

    def __init__(self, cancellation: Cancellation) -> None:
        self._cancellation, self._clock = cancellation, _Clock()
        self._live, self._shown, self._when = sys.stderr.isatty(), "", 0.0

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        self._cancellation.check()
        left = self._clock.left(stage, fraction)
        now = time.monotonic()
        if now - self._when < (0.1 if self._live else 5.0) and stage == self._shown and fraction < 1:
            return
        self._when, self._shown = now, stage
        remaining = f", {left:.0f} s left" if left is not None and fraction < 1 else ""
        text = f"{stage} {fraction:4.0%}  {message}{remaining}"
        sys.stderr.write(f"\r\x1b[K{text}" if self._live and fraction < 1 else f"{self._clear()}{text}\n")
        sys.stderr.flush()

    def log(self, message: str) -> None:
        sys.stderr.write(f"{self._clear()}{message}\n")

    def metric(self, name: str, **values: Any) -> None:
        self._cancellation.check()
        parts = "  ".join(
            f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}" for key, value in values.items()
        )
        self.log(f"{name}: {parts}")

    def warning(self, code: str, /, **fields: Any) -> None:
        event = warn(code, fields)
        self.log(f"Warning [{code}]: {event.message} {event.advice}".rstrip())

    def _clear(self) -> str:
        return "\r\x1b[K" if self._live else ""
