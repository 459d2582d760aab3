"""The engine process from the plugin's side: its events, how it fails, and that it can be stopped."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from crop_classifier_plugin.engine import process
from crop_classifier_plugin.engine.errors import (
    EngineCancelled,
    EngineCrashed,
    EngineFailed,
    EngineKilled,
    EngineNotReady,
)
from crop_classifier_plugin.engine.protocol import Job, protocol

pytestmark = pytest.mark.usefixtures("fake_engine")


def run(command: str, on_event=lambda event: None, is_cancelled=lambda: False, log=None, **arguments):
    return process.run_job(Job(command, arguments), on_event, is_cancelled, log=log)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet collected by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(condition, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


class CancelAfterFirstEvent:
    """Cancels half a second after the engine's first event, and tells how long the engine took to be gone."""

    def __init__(self) -> None:
        self.since = None

    def on_event(self, event) -> None:
        self.since = self.since or time.monotonic()

    def is_cancelled(self) -> bool:
        return self.since is not None and time.monotonic() - self.since > 0.5

    def seconds(self) -> float:
        return time.monotonic() - self.since - 0.5


def test_job_reaches_the_engine_as_it_is() -> None:
    arguments = {
        "imagery": "/data/été 2018/«x» 'y' \"z\" %20 $HOME",
        "exclude": ["2018-05-01"],
        "scale": 1e-4,
        "n": None,
    }
    assert run("echo", **arguments)["arguments"] == arguments


def test_environment_is_cleaned_and_the_engine_isolated(monkeypatch, fake_engine) -> None:
    for name in (
        "PYTHONPATH",
        "PYTHONHOME",
        "GDAL_DATA",
        "PROJ_LIB",
        "QT_PLUGIN_PATH",
        "LD_LIBRARY_PATH",
        "VIRTUAL_ENV",
    ):
        monkeypatch.setenv(name, "/qgis")
    monkeypatch.setenv("KEPT_BY_THE_ENGINE", "1")
    values = run("echo")
    assert not [name for name, value in values["environment"].items() if value == "/qgis"]
    assert values["environment"]["KEPT_BY_THE_ENGINE"] == "1"
    assert values["path"][0] == str(fake_engine.root)
    assert values["name"] == "__main__"
    assert "" not in values["path"] and str(Path.cwd()) not in values["path"]


def test_garbage_on_stdout_is_skipped() -> None:
    events = []
    assert run("garbage", events.append) == 7
    assert [type(event) for event in events] == [protocol.Log, protocol.Result]
    assert events[0].message == "between the garbage: é 漢"


def test_events_come_in_the_callers_thread_and_in_order() -> None:
    threads, kinds = set(), []

    def on_event(event) -> None:
        threads.add(threading.get_ident())
        kinds.append(event.kind)

    run("all_events", on_event)
    assert threads == {threading.get_ident()}
    assert kinds == ["started", "progress", "log", "metric", "warning", "result"]


def test_failure_is_reported_completely() -> None:
    with pytest.raises(EngineFailed) as caught:
        run("fail")
    assert caught.value.code == "parcels.empty"
    assert str(caught.value) == "The parcel layer «Été» holds no polygon.\nSecond line.\nChoose another layer."


def test_crash_reports_the_exit_code_and_the_last_lines_and_keeps_the_log(tmp_path) -> None:
    log = tmp_path / "engine.log"
    with pytest.raises(EngineCrashed) as caught:
        run("crash", log=log)
    assert caught.value.exit_code == 41
    assert caught.value.last_lines.splitlines() == [f"line {n}" for n in range(988, 1000)]
    assert str(log) in str(caught.value)
    assert len(log.read_text().splitlines()) == 1000


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("by", "exit_code"), [("kernel", -9), ("container", 137), ("library", -6), ("loader", 127)])
def test_an_engine_that_memory_ended_is_reported_so(by, exit_code) -> None:
    with pytest.raises(EngineKilled, match="memory ran out") as caught:
        run("killed", by=by)
    assert caught.value.exit_code == exit_code
    assert caught.value.code == "engine.killed"


@pytest.mark.parametrize(("command", "exit_code"), [("silent", 0), ("result_then_crash", 3)])
def test_an_end_without_both_result_and_exit_code_0_is_no_success(command, exit_code) -> None:
    with pytest.raises(EngineCrashed) as caught:
        run(command)
    assert caught.value.exit_code == exit_code


def test_cancel_asks_first(tmp_path) -> None:
    cancel = CancelAfterFirstEvent()
    with pytest.raises(EngineCancelled):
        run("obedient", cancel.on_event, cancel.is_cancelled, mark=str(tmp_path / "mark"))
    assert cancel.seconds() < 1.0
    assert (tmp_path / "mark").read_text() == "cancel\n"


@pytest.mark.skipif(os.name != "posix", reason="process groups and /proc")
def test_cancel_stops_an_engine_that_does_not_listen_and_its_workers_within_2_seconds(tmp_path) -> None:
    cancel = CancelAfterFirstEvent()
    with pytest.raises(EngineCancelled):
        run("stubborn", cancel.on_event, cancel.is_cancelled, mark=str(tmp_path / "mark"))
    assert cancel.seconds() < 2.0
    pids = [int(pid) for pid in (tmp_path / "mark").read_text().split()]
    assert eventually(lambda: not any(map(alive, pids)))


def test_cancel_is_heard_while_the_engine_never_stops_talking() -> None:
    cancel = CancelAfterFirstEvent()
    with pytest.raises(EngineCancelled):
        run("flood", cancel.on_event, cancel.is_cancelled)
    assert cancel.seconds() < 2.0


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_a_worker_that_holds_stdout_open_does_not_hold_up_the_end() -> None:
    pids = []
    began = time.monotonic()
    with pytest.raises(EngineCrashed):
        run("leaves_worker", lambda event: pids.append(int(event.message)))
    assert time.monotonic() - began < 10.0
    assert eventually(lambda: not alive(pids[0]))


def test_a_lost_parent_is_seen_on_stdin(fake_engine, tmp_path) -> None:
    """The caller dies without a word: the operating system closes the pipe, and the engine reads its end."""
    mark = tmp_path / "mark"
    job_file = tmp_path / "job.json"
    job_file.write_text(Job("orphan", {"mark": str(mark)}).to_json())
    command = process.command_line(Path(sys.executable), job_file)
    parent = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", parent, *command], check=True, timeout=30)
    assert eventually(mark.exists)


def test_an_error_in_the_callers_hands_leaves_no_process(tmp_path) -> None:
    def on_event(event) -> None:
        raise KeyError("a bug in a dialog")

    with pytest.raises(KeyError):
        run("stubborn", on_event, mark=str(tmp_path / "mark"))
    pid = int((tmp_path / "mark").read_text().split()[0])
    assert eventually(lambda: not alive(pid))


def test_no_engine_says_what_to_do(no_engine) -> None:
    with pytest.raises(EngineNotReady, match="Engine Set-up"):
        run("echo")


def test_a_python_that_cannot_be_started_is_named(tmp_path) -> None:
    program = tmp_path / "python"
    program.write_text("no program")
    with pytest.raises(EngineNotReady, match="cannot be started"):
        process.run_job(Job("echo"), lambda event: None, lambda: False, python=program)


def test_on_windows_the_folders_of_qgis_leave_the_path(monkeypatch) -> None:
    from crop_classifier_plugin.engine.environment import clean_environment

    path = os.pathsep.join(["/qgis/bin", "/usr/bin", "/qgis-other"])
    assert clean_environment({"OSGEO4W_ROOT": "/qgis", "PATH": path})["PATH"] == os.pathsep.join(
        ["/usr/bin", "/qgis-other"]
    )
