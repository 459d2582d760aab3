"""How a run of the engine can end without a result."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Optional


class EngineProblem(Exception):
    """The root; `str()` can be shown to the user, `code` is stable."""

    code = "engine.problem"

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__("\n".join(part for part in (message, advice) if part))
        self.message = message
        self.advice = advice


class EngineNotReady(EngineProblem):
    """Raised when no engine is set up; the message says what to do."""

    code = "engine.not_ready"


class EngineCancelled(EngineProblem):
    """Raised when the caller cancelled and the engine process is gone."""

    code = "engine.cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class EngineFailed(EngineProblem):
    """Raised when the final event of the engine is an error."""

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.code = code


class EngineCrashed(EngineProblem):
    """Raised when the engine ended without a final event, or with an exit code that contradicts it."""

    code = "engine.crashed"

    def __init__(self, exit_code: int, last_lines: str, log: Optional[Path] = None) -> None:
        log_text = f" The last lines of its log:\n{last_lines}" if last_lines else " Its log is empty."
        advice = f"The whole log is in {log}." if log else ""
        super().__init__(f"The engine stopped without a result (exit code {exit_code}).{log_text}", advice)
        self.exit_code = exit_code
        self.last_lines = last_lines


class EngineKilled(EngineProblem):
    """Raised when the operating system ended the engine, or a library of it could not get memory."""

    code = "engine.killed"

    def __init__(self, exit_code: int, log: Optional[Path] = None) -> None:
        where = f"The whole log is in {log}." if log else ""
        super().__init__(
            f"The operating system ended the engine (exit code {exit_code}), most often because memory ran out; the "
            "images and parcels are not at fault.",
            f"Close other programs, or read fewer blocks of the images at once. {where}".rstrip(),
        )
        self.exit_code = exit_code
