"""The message and advice of an engine event, in the language of QGIS where its template has a translation."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Tuple

from ..translation import translated
from .protocol import messages


def message_of(event: Any) -> Tuple[str, str]:
    """Message and advice of a `Warn` or `Failed`: the translated template with the event's fields, else the engine's.

    The engine's own English is used where there is no translation, or where the code or its fields are not in this
    version's table, which can happen with an older or a newer engine.
    """
    table = messages.ERRORS if event.kind == "failed" else {**messages.ERRORS, **messages.WARNINGS}
    text = table.get(event.code)
    if text is None or not event.fields:
        return event.message, event.advice
    template = messages.Text(translated(text.message), translated(text.advice))
    if template == text:
        return event.message, event.advice
    try:
        return messages.compose(template, event.fields)
    except (KeyError, ValueError, TypeError, AttributeError):
        return event.message, event.advice
