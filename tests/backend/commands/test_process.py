"""The engine as a process: stdout carries results alone, jobs and events, exit codes, cancel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.protocol import Failed, Job, Progress, Result, Started, decode

ROOT = Path(__file__).resolve().parents[3]


def engine(*arguments, **options):
    command = [sys.executable, "-m", "backend", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)


def start(job, tmp_path):
    path = tmp_path / "job.json"
    path.write_text(job.to_json())
    return subprocess.Popen(
        [sys.executable, "-m", "backend", "--job", str(path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_only_json_on_stdout():
    done = engine("models", "--json")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    counts = {"cnn": 92_899, "cnn-gru-0.7": 92_035, "cnn-gru-0.8": 93_807, "cnn-gru-0.9": 90_179, "gru": 94_587}
    assert {name: rows[name]["parameters"] for name in counts} == counts
    assert abs(rows["conv-lstm"]["parameters"] / 95_353 - 1) <= 0.03
    assert done.returncode == 0


def test_a_job_speaks_in_events(region, tmp_path):
    job = Job("inspect", {"imagery": str(region.images), "masks": str(region.masks), "exclude": ["2017-01-03"]})
    with start(job, tmp_path) as process:  # its stdin stays open: a closed one means that the parent is gone
        events = [decode(line) for line in process.stdout]
    assert None not in events
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Progress) for event in events)
    assert isinstance(events[-1], Result)
    assert len(events[-1].values["acquisitions"]) == 4


def test_failures_have_codes_in_every_tongue(tmp_path):
    human = engine("inspect", tmp_path)
    assert human.returncode == 1
    assert human.stdout == ""
    assert "Error [imagery.none_found]" in human.stderr
    machine = engine("inspect", tmp_path, "--json")
    assert json.loads(machine.stdout)["failed"]["code"] == "imagery.none_found"
    event = decode(engine("inspect", tmp_path, "--events").stdout.splitlines()[-1])
    assert isinstance(event, Failed)
    assert event.advice


@pytest.mark.parametrize(
    "text", ["not json", "{}", '{"protocol": 99, "command": "models"}', '{"protocol": 1, "command": "fly"}']
)
def test_bad_jobs(tmp_path, text):
    path = tmp_path / "job.json"
    path.write_text(text)
    done = engine("--job", path)
    assert done.returncode == 1
    assert decode(done.stdout.splitlines()[-1]).code == "job.invalid"


def test_wrong_arguments(tmp_path):
    assert engine("train").returncode == 2
    (tmp_path / "job.json").write_text(Job("inspect", {"picture": "x"}).to_json())
    last = decode(engine("--job", tmp_path / "job.json").stdout.splitlines()[-1])
    assert last.code == "argument.invalid"
    assert "picture" in last.message


def long_job(region, tmp_path):
    arguments = {"store": str(region.store), "output": str(tmp_path / "m.cropmodel"), "model": "gru", "epochs": 5000}
    return Job("train", {**arguments, "class_field": "CODE_CULTU", "device": "cpu"})


def wait_for_epochs(process):
    for line in process.stdout:
        event = decode(line)
        if event is not None and event.kind == "metric":
            return


@pytest.mark.parametrize("how", ["ask", "terminate", "lose the parent"])
def test_cancel_is_quick_and_leaves_no_model(region, tmp_path, how):
    with start(long_job(region, tmp_path), tmp_path) as process:
        wait_for_epochs(process)
        began = time.monotonic()
        if how == "ask":
            process.stdin.write("cancel\n")
            process.stdin.flush()
        elif how == "terminate":
            os.kill(process.pid, signal.SIGTERM)
        else:
            process.stdin.close()
        rest = process.stdout.read().splitlines()
        assert process.wait(timeout=20) == 3
    assert time.monotonic() - began < 10  # a bound against hanging, not a timing
    assert decode(rest[-1]).code == "engine.cancelled"
    assert [path.name for path in tmp_path.glob("*.cropmodel")] == []
