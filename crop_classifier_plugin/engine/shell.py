"""Runs the installer's commands: each line to the log and to the caller, who may cancel at any time.

Standard library only, valid on Python 3.9, no QGIS.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import contextlib
import os
import queue
import re
import shlex
import signal
import subprocess
import threading
from collections import deque
from pathlib import Path
from typing import IO, Callable, Iterator, Optional, TextIO

from .environment import clean_environment

# The settings of the user for pip, which uv gets as well.
UV_NAMES = {
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_PROXY": "ALL_PROXY",
}
OWN = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "UV_NO_CONFIG": "1",  # the working folder's projects are not ours
    "UV_SYSTEM_CERTS": "1",  # a company's certificates are in the system's store
}


class InstallError(Exception):
    """Raised when the environment cannot be made; `advice` says what the user can do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class InstallCancelled(InstallError):
    """Raised when the user stopped the installation; the next one starts afresh."""

    def __init__(self) -> None:
        super().__init__("The installation was cancelled.", "Start it again when you like.")


def environment() -> dict[str, str]:
    """The environment of the children: the engine's, with the settings of pip and uv, pip's said to uv too."""
    settings = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    variables = {**clean_environment(), **settings}
    for pip_name, uv_name in UV_NAMES.items():
        value = variables.get(pip_name, "")
        if value:
            variables.setdefault(uv_name, ",".join(value.split()) if uv_name == "UV_FIND_LINKS" else value)
    return {**variables, **OWN}


def ask(*command: str) -> str:
    """What a short command prints; nothing where it fails or is not there."""
    try:
        done = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def version(*command: str) -> tuple[int, ...]:
    """Major and minor number that `--version` says; (0,) where it says none."""
    numbers = re.search(r"(\d+)\.(\d+)", ask(*command, "--version"))
    return tuple(map(int, numbers.groups())) if numbers else (0,)


class Shell:
    """Runs commands one after the other."""

    def __init__(self, log: TextIO, on_line: Callable[[str], None], is_cancelled: Callable[[], bool]) -> None:
        self._log, self._on_line, self._is_cancelled = log, on_line, is_cancelled

    def say(self, line: str) -> None:
        self._log.write(line + "\n")
        self._log.flush()
        self._on_line(line)

    def run(self, *command: str) -> None:
        """Raises InstallError with the last lines when the command fails, InstallCancelled when the user stopped it."""
        self.say("$ " + " ".join(map(shlex.quote, command)))
        last: deque[str] = deque(maxlen=12)
        process = _start(command)
        try:
            for line in self._lines(process):
                last.append(line)
                self.say(line)
        finally:
            _stop(process)
        if process.returncode != 0:
            message = "\n".join([f"{Path(command[0]).name} failed:", *last])
            raise InstallError(message, f"The whole log is {self._log.name}.")

    def _lines(self, process: subprocess.Popen[bytes]) -> Iterator[str]:
        """The lines as they come; looks five times a second whether to cancel, also while the command is silent."""
        lines: queue.Queue[Optional[bytes]] = queue.Queue()
        threading.Thread(target=_drain, args=(process.stdout, lines), daemon=True).start()
        while True:
            if self._is_cancelled():
                raise InstallCancelled()
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=0.2)
                if line is None:
                    process.wait()
                    return
                yield line.decode("utf-8", "replace").rstrip()


def _start(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
    windows = os.name == "nt"
    try:
        return subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=not windows,  # so that its children end with it
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise InstallError(f"{command[0]} cannot be started: {error}.", "Choose another Python.") from error


def _drain(stream: IO[bytes], lines: queue.Queue[Optional[bytes]]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the command and what it started, where it still runs."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        command = ["taskkill", "/PID", str(process.pid), "/T", "/F"]
        subprocess.run(command, capture_output=True)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
