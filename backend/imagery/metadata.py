"""The XML metadata of products: values by their tag, and errors that name the file and what it lacks."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree  # nosec B405
from xml.etree.ElementTree import Element  # nosec B405

from backend.errors import BadMetadata
from backend.imagery.names import moment_in


@dataclass(frozen=True)
class Metadata:
    """A document; tags are looked up anywhere in it and without their namespace, which changes between baselines."""

    where: str
    root: Element

    def all(self, tag: str) -> list[Element]:
        return self.root.findall(f".//{{*}}{tag}")

    def text(self, *tags: str) -> str:
        """The first of these tags that holds a text. Raises BadMetadata when none does."""
        for tag in tags:
            for element in self.all(tag):
                if element.text and element.text.strip():
                    return element.text.strip()
        raise BadMetadata(self.where, f"expected {' or '.join(tags)}, found none")

    def number(self, *tags: str) -> float:
        return as_number(self.text(*tags), " or ".join(tags), self.where)

    def positive(self, *tags: str) -> float:
        """A number above 0. Raises BadMetadata."""
        number = self.number(*tags)
        if number <= 0:
            raise BadMetadata(self.where, f"expected a number above 0 in {' or '.join(tags)}, found {number:g}")
        return number

    def moment(self, *tags: str) -> datetime:
        """A UTC time, to the second. Raises BadMetadata."""
        text = self.text(*tags)
        moment = moment_in(text)
        if moment is None:
            raise BadMetadata(self.where, f"expected a date in {' or '.join(tags)}, found {text[:40]!r}")
        return moment


def parse(where: str, data: bytes) -> Metadata:
    """Raises BadMetadata. Products have no document type; one that has could make the parser expand its entities.

    The checkers warn of exactly that, and of the parser's import.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadMetadata(where, "expected plain XML, found a document type declaration")
    try:
        return Metadata(where, ElementTree.fromstring(data))  # noqa: S314  # nosec B314
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the latter two: odd encodings
        raise BadMetadata(where, f"expected XML, found what is none ({error}); the file may be cut off") from error


def as_number(text: str | None, what: str, where: str) -> float:
    """Raises BadMetadata where `text` is not a finite number."""
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadMetadata(where, f"expected a number in {what}, found {(text or '')[:40]!r}")
    return number
