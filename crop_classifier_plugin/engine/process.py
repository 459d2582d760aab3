"""Runs one job in an engine process: starts it, listens, cancels, and turns its end into values or an error.

No Qt here. A reader thread decodes stdout into a queue, so the caller's thread looks at cancel ten times a second
whether the engine speaks or not, and `on_event` is called in the caller's thread alone.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, List, Optional

from . import locate
from .environment import clean_environment
from .errors import EngineCancelled, EngineCrashed, EngineFailed, EngineKilled, EngineNotReady
from .messages import message_of
from .protocol import Job, protocol

# -I keeps the user's site packages, PYTHON* variables and the current folder out, so the root is put on the path here.
LAUNCH = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('backend', run_name='__main__', alter_sys=True)"
)
POLL_S = 0.1
ASK_S = 1.0  # from "cancel" on stdin to terminate
TERMINATE_S = 0.5  # from terminate to kill
LINGER_S = 20.0  # from the final event to kill
DRAIN_S = 1.0  # from the end of the process to the end of its stdout, which a worker may hold open
TAIL_LINES = 12
KILLED = (
    -9,
    137,
)  # signal 9 of the kernel, which comes when memory runs out; 137 where a shell or a container tells it

OUT_OF_MEMORY = ("bad_alloc", "cannot allocate memory")  # what C++ and the C library say when they end the engine


def run_job(
    job: Job,
    on_event: Callable[[Any], None],
    is_cancelled: Callable[[], bool],
    python: Optional[Path] = None,
    log: Optional[Path] = None,
) -> Any:
    """Runs `job`, hands every event to `on_event`, and returns the values of the engine's result.

    `python` is the engine's Python (default: the one that is set up); `log` a file that gets the engine's whole stderr.
    Raises EngineNotReady, EngineFailed, EngineCancelled, EngineKilled or EngineCrashed; whatever happens, no process is
    left behind.
    """
    program = python or _ready_python()
    with tempfile.TemporaryDirectory(prefix="crop_classifier_") as folder:
        job_file = Path(folder) / "job.json"
        job_file.write_text(job.to_json(), encoding="utf-8")
        log_file = log or Path(folder) / "engine.log"
        child = _Child(command_line(program, job_file), log_file)
        try:
            final = child.listen(on_event, is_cancelled)
            exit_code = child.wait(is_cancelled)
        finally:
            child.close()
        return _outcome(final, exit_code, log_file, kept=log is not None)


def command_line(python: Path, job_file: Path) -> List[str]:
    """The engine's command line; paths travel as arguments, so no quoting can go wrong."""
    return [str(python), "-I", "-X", "utf8", "-c", LAUNCH, str(locate.engine_root()), "--job", str(job_file)]


def _ready_python() -> Path:
    status = locate.status()
    if status.python is None:
        raise EngineNotReady(status.problem)
    return status.python


def _outcome(final: Any, exit_code: int, log_file: Path, kept: bool) -> Any:
    if isinstance(final, protocol.Failed):
        raise EngineFailed(final.code, *message_of(final))
    if isinstance(final, protocol.Result) and exit_code == 0:
        return final.values
    if final is None and (exit_code in KILLED or any(words in tail(log_file) for words in OUT_OF_MEMORY)):
        raise EngineKilled(exit_code, log_file if kept else None)
    raise EngineCrashed(exit_code, tail(log_file), log_file if kept else None)


def tail(log_file: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, however long it is."""
    with log_file.open("rb") as stream:
        stream.seek(max(0, log_file.stat().st_size - 200 * lines))
        return "\n".join(stream.read().decode("utf-8", "replace").strip().splitlines()[-lines:])


class _Child:
    """The engine process, its reader thread and its streams: cancel on stdin, events on stdout, the log on stderr."""

    def __init__(self, command: List[str], log_file: Path) -> None:
        with log_file.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,  # stays open: its end tells the engine that its parent is gone
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=clean_environment(),
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                    start_new_session=os.name
                    == "posix",  # a group of its own, so that its workers can be stopped with it
                )
            except OSError as error:
                raise EngineNotReady(f"{command[0]} cannot be started: {error}.") from error
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="crop-classifier-engine", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            event = protocol.decode(line.decode("utf-8", "replace"))
            if event is not None:
                self._events.put(event)

    def listen(self, on_event: Callable[[Any], None], is_cancelled: Callable[[], bool]) -> Any:
        """Hands on events; returns the final one, or None where stdout ends without one. Raises EngineCancelled."""
        while True:
            self._stop_if(is_cancelled)
            ended = self._process.poll() is not None
            if ended:
                self._reader.join(DRAIN_S)
            try:
                event = self._events.get(timeout=0 if ended else POLL_S)
            except queue.Empty:
                if ended:
                    return None
                continue
            on_event(event)
            if isinstance(event, (protocol.Result, protocol.Failed)):
                return event

    def wait(self, is_cancelled: Callable[[], bool]) -> int:
        """The exit code; an engine that does not end after its final event is killed. Raises EngineCancelled."""
        deadline = time.monotonic() + LINGER_S
        while time.monotonic() < deadline:
            self._stop_if(is_cancelled)
            try:
                return self._process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
        self._kill()
        return self._process.wait()

    def _stop_if(self, is_cancelled: Callable[[], bool]) -> None:
        if is_cancelled():
            self._stop()
            raise EngineCancelled()

    def _stop(self) -> None:
        """Asks, then terminates, then kills; returns within two seconds, with the process gone."""
        try:
            self._process.stdin.write(b"cancel\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:  # it ended by itself meanwhile
            return
        for give_up, seconds in ((self._process.terminate, ASK_S), (self._kill, TERMINATE_S)):
            try:
                self._process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                give_up()

    def _kill(self) -> None:
        """Kills the engine and, where the system has process groups, its workers."""
        if os.name == "posix":
            with suppress(OSError):  # nobody of the group is left
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def close(self) -> None:
        """Leaves nothing behind: no process, no worker, no thread, no open pipe."""
        self._kill()
        self._process.wait()
        self._reader.join(DRAIN_S)
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]
