"""Typed results as plain values, for JSON."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from os import PathLike
from typing import Any


def as_document(result: Any) -> Any:
    """A result of a workflow with paths as texts and tuples as lists: what `--json` prints (docs/contracts.md)."""
    if is_dataclass(result) and not isinstance(result, type):
        return {field.name: as_document(getattr(result, field.name)) for field in fields(result)}
    if isinstance(result, Mapping):
        return {str(name): as_document(value) for name, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [as_document(value) for value in result]
    return str(result) if isinstance(result, PathLike) else result
