"""Reads a JSON document that anyone may have written: limits on its values, and checks that name what is wrong.

Standard library only and valid on Python 3.9: the plugin loads this file by path, as what `model_file.py` is made with.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import math
import re
import stat
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

MOST_VALUES, MOST_DEPTH = 1_000_000, 32
MOST_TEXT, MOST_DIGITS = 10_000, 40  # characters of a text, of a number
MOST_SHOWN = 60  # characters of a wrong value in a message

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class Fault(ValueError):
    """Raised with what is wrong with a file, as the end of the sentence "NAME is not usable: ..."."""


class NewerSchema(Fault):
    """Raised for a document of a later version; `found` is its schema."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"it has schema {found}, this version reads up to {known}")
        self.found = found


def parse(
    content: bytes, where: str, most_values: int = MOST_VALUES, most_text: Optional[int] = MOST_TEXT
) -> Dict[str, Any]:
    """The JSON object in UTF-8, with every name once and finite numbers only; raises Fault.

    `most_text` None leaves texts to the caller.
    """
    try:
        if sum(map(content.count, b",[{")) > most_values:
            raise Fault(f"{where} holds more than {most_values} values")
        document = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_pairs, parse_int=_int, parse_float=_float, parse_constant=_constant,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        text = "it is nested too deeply" if isinstance(error, RecursionError) else first_line(error)
        raise Fault(f"{where} is damaged ({text})") from error
    _check_texts(document, where, most_text)
    return as_object(document, where)


def read_object(path: Path, most_bytes: int, most_values: int) -> Dict[str, Any]:
    """The JSON object in a regular file of at most so many bytes and values. Raises OSError, Fault."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise Fault("it is not a regular file")
    if about.st_size > most_bytes:
        raise Fault(f"it has {about.st_size} bytes, expected at most {most_bytes}")
    with path.open("rb") as file:
        return parse(file.read(most_bytes), "it", most_values)


def _pairs(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _int(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"a number too large, {text[:MOST_DIGITS]}")
    return number


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _check_texts(document: Any, where: str, most: Optional[int]) -> None:
    """No text is too long or cannot be written down in UTF-8, and nothing is nested too deeply."""
    level: List[Any] = [document]
    for _ in range(MOST_DEPTH):
        for text in (value for value in level if isinstance(value, str)):
            if most is not None and (len(text) > most or _NOT_TEXT.search(text)):
                raise Fault(f"{where}: a text has more than {most} characters, or some that are not text")
        level = [inner for value in level if isinstance(value, (dict, list)) for inner in _inside(value)]
        if not level:
            return
    raise Fault(f"{where} is nested more than {MOST_DEPTH} deep")


def _inside(value: Any) -> List[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else value


# Values: each raises Fault that names the key, what was expected and what was found


def expect(good: object, where: str, expected: str, found: Any) -> None:
    if not good:
        raise Fault(f"{where}: expected {expected}, found {shown(found)}")


def member_of(document: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in document:
        raise Fault(f"{where} lacks {name!r}")
    return document[name]


def as_object(value: Any, where: str) -> Dict[str, Any]:
    expect(isinstance(value, dict), where, "an object of names and values", value)
    return dict(value)


def as_list(value: Any, where: str, least: int, most: int) -> List[Any]:
    size = str(least) if least == most else f"{least} to {most}"
    expect(isinstance(value, list) and least <= len(value) <= most, where, f"a list of {size}", value)
    return list(value)


def as_text(value: Any, where: str, least: int = 1) -> str:
    expect(isinstance(value, str) and len(value) >= least, where, "a text", value)
    return str(value)


def as_whole(value: Any, where: str, low: int, high: int) -> int:
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    expect(good, where, f"a whole number from {low} to {high}", value)
    return int(value)


def as_number(value: Any, where: str, low: float, high: float) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    expect(good, where, f"a number from {low:g} to {high:g}", value)
    return float(value)


def as_positive(value: Any, where: str, high: float) -> float:
    number = as_number(value, where, 0, high)
    expect(number > 0, where, "a number above 0", value)
    return number


def shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > MOST_SHOWN and isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".:")[:200]
