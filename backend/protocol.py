"""The messages between the QGIS side and the engine: the job and the events.

Standard library only and valid on Python 3.9: the plugin loads this file by path into QGIS's own interpreter.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Mapping, Optional, Protocol, Union

from .json_document import parse

PROTOCOL_VERSION = 1
MOST_JOB_CHARACTERS = 1 << 20  # a year of dates to exclude takes 5,000
MOST_NUMBER = 2**63


@dataclass(frozen=True)
class Job:
    """One command with its arguments by name: `{"model": "gru", "exclude": ["2018-05-01"]}`.

    Names are those of the command line, without dashes and with underscores (`class_field` for `--class-field`).
    """

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    protocol: int = PROTOCOL_VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """Reads a job; raises ValueError, which names the fault, when the text is not a job of this protocol.

        A value is text, a number, true, false, null, or a list of texts and numbers. Other keys are ignored.
        """
        document = _read_job(text)
        protocol, arguments = document.get("protocol", 0), document.get("arguments", {})
        if type(protocol) is not int or protocol < 1:
            raise ValueError(f"expected protocol {PROTOCOL_VERSION}, found {protocol!r:.60}")
        if protocol > PROTOCOL_VERSION:
            raise ValueError(f"it has protocol {protocol}, which is newer than {PROTOCOL_VERSION}, that of this engine")
        if not isinstance(document.get("command"), str):
            raise ValueError('expected an object {"protocol": 1, "command": "...", "arguments": {...}}')
        if not isinstance(arguments, dict):
            raise ValueError("expected the arguments as an object of names and values")
        for name, value in arguments.items():
            for item in value if isinstance(value, list) else [value]:
                _require_plain(name, item, within_list=isinstance(value, list))
        return cls(document["command"], arguments, protocol)


def _read_job(text: str) -> Mapping[str, Any]:
    """The object of a job's text, bounded in size and depth. Raises ValueError."""
    if len(text) > MOST_JOB_CHARACTERS:
        raise ValueError(f"it has more than {MOST_JOB_CHARACTERS} characters")
    return parse(text.encode("utf-8", "surrogatepass"), "it", most_text=None)


def _require_plain(name: str, value: Any, within_list: bool) -> None:
    """Raises ValueError for what a command line cannot hold: objects, lists in lists, text that cannot be a path."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError(f"the argument {name!r:.60} holds characters that are not text")
    elif isinstance(value, bool) or value is None:
        if within_list:
            raise ValueError(f"the argument {name!r:.60} is a list with {value}, expected texts and numbers")
    elif not isinstance(value, (int, float)) or not abs(value) < MOST_NUMBER:
        raise ValueError(f"the argument {name!r:.60} is neither text, a number, true, false, null nor a list of these")


@dataclass(frozen=True)
class Started:
    kind: ClassVar[str] = "started"
    command: str
    version: str
    pid: int
    protocol: int = PROTOCOL_VERSION


@dataclass(frozen=True)
class Progress:
    kind: ClassVar[str] = "progress"
    fraction: float
    stage: str
    message: str = ""
    seconds_left: Optional[float] = None


@dataclass(frozen=True)
class Log:
    kind: ClassVar[str] = "log"
    message: str


@dataclass(frozen=True)
class Metric:
    """Named values, such as `name="epoch"` with the losses of an epoch."""

    kind: ClassVar[str] = "metric"
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Warn:
    """Something to know of; `fields` are the parts of the message, for a translation of its template."""

    kind: ClassVar[str] = "warning"
    code: str
    message: str
    advice: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The final event of a command that did its work."""

    kind: ClassVar[str] = "result"
    values: Any


@dataclass(frozen=True)
class Failed:
    """The final event of a command that did not: a stable code, what happened, what to do, as in `Warn`."""

    kind: ClassVar[str] = "failed"
    code: str
    message: str
    advice: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


Event = Union[Started, Progress, Log, Metric, Warn, Result, Failed]
EVENTS = {cls.kind: cls for cls in (Started, Progress, Log, Metric, Warn, Result, Failed)}


def encode(event: Event) -> str:
    """One line of ASCII JSON, without the line's end."""
    return json.dumps({"event": event.kind, **asdict(event)}, ensure_ascii=True, allow_nan=False)


def decode(line: str) -> Optional[Event]:
    """The event on a line of the engine's stdout; None for any line that is not one (it is skipped).

    Keys that this version does not know are left out: a newer minor version may add some.
    """
    try:
        document = json.loads(line)
        cls = EVENTS[document.pop("event")]
        known = {entry.name for entry in fields(cls)}
        return cls(**{key: value for key, value in document.items() if key in known})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Reporter(Protocol):
    """Receives the progress of a step. Steps take one; the process edge decides how it is displayed.

    A warning is a code of `backend.messages` with the fields of its texts.
    """

    def progress(self, fraction: float, stage: str, message: str = "") -> None: ...

    def log(self, message: str) -> None: ...

    def metric(self, name: str, **values: Any) -> None: ...

    def warning(self, code: str, /, **fields: Any) -> None: ...


class Silent:
    """A Reporter without output."""

    def progress(self, fraction: float, stage: str, message: str = "") -> None: ...

    def log(self, message: str) -> None: ...

    def metric(self, name: str, **values: Any) -> None: ...

    def warning(self, code: str, /, **fields: Any) -> None: ...
