"""Texts from files, layers and the engine, made safe for the parts of Qt and QGIS that would read them as markup."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from html import escape

_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def tooltip(text: str) -> str:
    """The text as a tooltip, which Qt reads as markup wherever it looks like markup: every character is shown."""
    if "<" not in text and "&" not in text:
        return text
    return f"<span>{escape(text)}</span>".replace("\n", "<br>")


def without_markup(text: str) -> str:
    """The text with a `‹` in place of each `<` of a tag, for the places of QGIS that may show it as text or as HTML.

    These are progress texts, titles of tasks, messages of the log and of checks: it depends on the window.
    """
    return _TAG.sub("‹", text)


def without_expressions(text: str) -> str:
    """The text for the labels of a legend, in which QGIS evaluates what stands between `[%` and `%]`."""
    return text.replace("[%", "[ %")
