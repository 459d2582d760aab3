"""Jobs that were edited: each is refused as job.invalid or argument.invalid, or means what it says; none is a fault."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from backend.__main__ import _as_arguments, _command, _read_job, cli
from backend.commands import COMMANDS
from backend.errors import BadArgument, BadJob, EngineError, NotFound
from backend.protocol import MOST_JOB_CHARACTERS, PROTOCOL_VERSION, Job
from tests.backend.recorder import Recorder

WITHOUT_INPUTS = ("simulate", "doctor", "models")  # these would run
INSPECT = {"protocol": PROTOCOL_VERSION, "command": "inspect", "arguments": {"imagery": "images"}}
FIXTURE = Path(__file__).parents[2] / "fixtures" / "v0.1.0" / "job.json"


def read(path: Path, text: str | bytes) -> Job:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return _read_job(path)


def parsed(job: Job) -> dict[str, Any]:
    """The command's parameters as click takes them from the job. Raises BadArgument, click.UsageError."""
    command = cli.get_command(click.Context(cli), job.command)
    return command.make_context(job.command, _as_arguments(job)).params


def test_a_job_of_version_0_1_0_is_read():
    job = _read_job(FIXTURE)
    expected = {"source": "STORE", "model": "MODEL", "output": "OUTPUT", "device": "cpu", "truth": "CODE_CULTU"}
    assert (job.command, job.arguments, job.protocol) == ("classify", expected, 1)


WHOLE = json.dumps(INSPECT)
TEXTS = {
    "empty": "",
    "no JSON": "inspect",
    "cut off": WHOLE[:-10],
    "two jobs": WHOLE + WHOLE,
    "null": "null",
    "a list": f"[{WHOLE}]",
    "a text": '"inspect"',
    "a number": "1",
    "UTF-16": WHOLE.encode("utf-16"),
    "no UTF-8": b"\xff" + WHOLE.encode(),
    "a byte order mark": b"\xef\xbb\xbf" + WHOLE.encode(),
    "100,000 lists deep": "[" * 100_000 + "]" * 100_000,
    "100,000 objects deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep beside the job": WHOLE[:-1] + ', "note": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "too large": WHOLE + " " * MOST_JOB_CHARACTERS,
    "a command twice": '{"command": "models", ' + WHOLE[1:],
    "an argument twice": WHOLE.replace('"imagery": "images"', '"imagery": "images", "imagery": "others"'),
    "NaN": WHOLE.replace('"images"', "NaN"),
    "infinite": WHOLE.replace('"images"', "-Infinity"),
    "out of range": WHOLE.replace('"images"', "1e999"),
    "a number of 10,000 digits": WHOLE.replace('"images"', "9" * 10_000),
}
WRONG_KEYS = {
    "no protocol": {"protocol": ...},
    "protocol null": {"protocol": None},
    "protocol text": {"protocol": "1"},
    "protocol true": {"protocol": True},
    "protocol 1.0": {"protocol": 1.0},
    "protocol 0": {"protocol": 0},
    "protocol -1": {"protocol": -1},
    "protocol list": {"protocol": [1]},
    "no command": {"command": ...},
    "command null": {"command": None},
    "command number": {"command": 1},
    "command list": {"command": ["inspect"]},
    "command object": {"command": {}},
    "command empty": {"command": ""},
    "command unknown": {"command": "delete"},
    "command option": {"command": "--help"},
    "command module": {"command": "../inspect"},
    "arguments null": {"arguments": None},
    "arguments list": {"arguments": ["images"]},
    "arguments text": {"arguments": "images"},
    "arguments number": {"arguments": 1},
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_no_job(tmp_path, text):
    with pytest.raises(BadJob):
        read(tmp_path / "job.json", text)


@pytest.mark.parametrize("change", WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_keys_that_are_missing_or_wrong(tmp_path, change):
    job = {key: value for key, value in {**INSPECT, **change}.items() if value is not ...}
    with pytest.raises(BadJob):
        read(tmp_path / "job.json", json.dumps(job))


def test_a_newer_protocol_is_named(tmp_path):
    with pytest.raises(BadJob, match=f"protocol {PROTOCOL_VERSION + 1}, which is newer than {PROTOCOL_VERSION}"):
        read(tmp_path / "job.json", json.dumps({"protocol": PROTOCOL_VERSION + 1, "task": "inspect"}))


def test_keys_of_a_newer_minor_version_are_ignored(tmp_path):
    job = read(tmp_path / "job.json", json.dumps({**INSPECT, "priority": {"of": [1]}}))
    assert job.arguments == INSPECT["arguments"]


def test_a_folder_or_nothing_is_no_job(tmp_path):
    with pytest.raises(BadJob):
        _read_job(tmp_path)
    with pytest.raises(NotFound, match="job: expected .* there is nothing at .*none.json"):
        _read_job(tmp_path / "none.json")


NO_VALUE = {
    "object": {"a": 1}, "list in a list": [[1]], "object in a list": [{}], "null in a list": ["a", None],
    "true in a list": ["a", True], "huge": 2**63, "negative and huge": -(2**70), "a fraction and huge": 1e300,
    "a zero byte": "a\0b", "half a character": "\udc80", "half a character in a list": ["\ud800"],
}  # fmt: skip


@pytest.mark.parametrize("value", NO_VALUE.values(), ids=NO_VALUE)
def test_what_is_no_value(tmp_path, value):
    with pytest.raises(BadJob, match="'imagery'"):
        read(tmp_path / "job.json", json.dumps({**INSPECT, "arguments": {"imagery": value}}))


VALUES = {
    "text": "text", "empty": "", "an option": "--overwrite", "dashes": "--", "spaces": "a = b", "line ends": "a\nb",
    "Unicode": "Ã©\u202e\U0001f33e", "long": "x" * 70_000, "whole": 3, "negative": -1, "fraction": 0.5, "large": 2**62,
    "true": True, "false": False, "null": None, "a list": ["1", "2"], "a list of one": [1], "an empty list": [],
}  # fmt: skip


def arguments() -> Iterator[Any]:
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        for parameter in command.params:
            for kind in VALUES:
                yield pytest.param(name, parameter, VALUES[kind], id=f"{name} {parameter.name} {kind}")


@pytest.mark.parametrize(("command", "parameter", "value"), list(arguments()))
def test_every_argument_is_refused_or_means_what_it_says(tmp_path, monkeypatch, command, parameter, value):
    """All arguments but one are as a user gives them; what must exist is an empty folder, so no command ends well."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    needed = {p.name: "there" for p in cli.get_command(click.Context(cli), command).params if p.required}
    changed = {**INSPECT, "command": command, "arguments": {**needed, parameter.name: value}}
    job = read(tmp_path / "job.json", json.dumps(changed))
    try:
        found = parsed(job)[parameter.name]
    except (BadArgument, click.UsageError):
        return
    if value in ("", None, []) or (value is False and not parameter.secondary_opts):
        assert found in (None, (), "", False, parameter.get_default(click.Context(cli)))
    elif isinstance(value, bool):
        assert found is value
    else:
        given = value if isinstance(value, list) else [value]
        assert words(found) in (words(value), words(given))
    if command not in WITHOUT_INPUTS:
        with pytest.raises((EngineError, click.UsageError)):
            _command([command, *_as_arguments(job)], Recorder())


def words(value: Any) -> Any:
    """Values of any type in the words that a command line has for them."""
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, map(words, value)))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
