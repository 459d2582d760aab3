"""The values of a store's JSON document, each checked, every fault named by its key (read by `json_document`)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from backend.json_document import Fault, shown

T = TypeVar("T")
Check = Callable[[Any, str], T]  # (value, its key) -> the checked value; raises Fault


def mismatch(at: str, expected: str, found: object) -> Fault:
    return Fault(f"{at}: expected {expected}, found {shown(found)}")


@dataclass(frozen=True)
class Record:
    """An object of a document. Unknown keys are ignored: a newer minor version may have more."""

    values: Mapping[str, Any]
    at: str = ""

    @classmethod
    def of(cls, value: Any, at: str = "") -> Record:
        if not isinstance(value, Mapping):
            raise mismatch(at or "the document", "an object", value)
        return cls(value, at)

    def require(self, *keys: str) -> None:
        missing = [key for key in keys if key not in self.values]
        if missing:
            raise Fault(f"{self.at or 'it'} lacks {', '.join(missing)}")

    def read(self, key: str, check: Check[T], *default: T) -> T:
        """The checked value of a key; the default where the key is missing."""
        if default and key not in self.values:
            return default[0]
        self.require(key)
        return check(self.values[key], f"{self.at}.{key}".lstrip("."))


def text(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise mismatch(at, "text", value)
    return value


def flag(value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        raise mismatch(at, "true or false", value)
    return value


def mapping(value: Any, at: str) -> Mapping[str, Any]:
    return Record.of(value, at).values


def day(value: Any, at: str) -> date:
    try:
        return date.fromisoformat(text(value, at))
    except ValueError as error:
        raise mismatch(at, "a date YYYY-MM-DD", value) from error


def integer(low: int, high: int) -> Check[int]:
    def check(value: Any, at: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise mismatch(at, f"a whole number from {low} to {high}", value)
        return value

    return check


def number(low: float, high: float) -> Check[float]:
    def check(value: Any, at: str) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
            raise mismatch(at, f"a number from {low:g} to {high:g}", value)
        return value

    return check


def choice(known: Collection[str]) -> Check[str]:
    def check(value: Any, at: str) -> str:
        if text(value, at) not in known:
            raise mismatch(at, f"one of {', '.join(known)}", value)
        return str(value)

    return check


def optional(inner: Check[T]) -> Check[T | None]:
    return lambda value, at: None if value is None else inner(value, at)


def array_of(inner: Check[T], least: int = 0) -> Check[tuple[T, ...]]:
    def check(value: Any, at: str) -> tuple[T, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise mismatch(at, f"a list of at least {least} values" if least else "a list", value)
        return tuple(inner(item, f"{at}[{number}]") for number, item in enumerate(value))

    return check
