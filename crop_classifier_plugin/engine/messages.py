"""What an event of the engine says, in the language of QGIS where its template has a translation."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Tuple

from ..translation import tr
from .protocol import messages


def message_of(event: Any) -> Tuple[str, str]:
    """Message and advice of a `Warn` or `Failed`: the translated template with the event's fields, else the engine's.

    The engine's own English stands in where there is no translation, or where the code or its fields are not those of
    this version's table, as those of an older or a newer engine may be.
    """
    table = messages.ERRORS if event.kind == "failed" else {**messages.ERRORS, **messages.WARNINGS}
    text = table.get(event.code)
    if text is None or not event.fields:
        return event.message, event.advice
    translated = messages.Text(tr(text.message), tr(text.advice) if text.advice else "")
    if translated == text:
        return event.message, event.advice
    try:
        return messages.compose(translated, event.fields)
    except (KeyError, ValueError, TypeError, AttributeError):
        return event.message, event.advice
