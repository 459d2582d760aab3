"""A translated template takes the event's fields; else the engine's own message is shown."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from crop_classifier_plugin.engine import messages
from crop_classifier_plugin.engine.protocol import protocol

GERMAN = {
    "The disk of {path} has too little space: [{needed_mb:,.0f} MB|more] needed, {free_mb:,.0f} MB free.": (
        "{path}: [{needed_mb:,.0f} MB|mehr] Platz fehlt."
    ),
    "Classes with fewer than {needed} usable parcels are left out: {classes:list 0}.": "Zu selten: {classes:list 0}.",
}
FIELDS = {"path": "D:/x", "needed_mb": None, "free_mb": 5.0}


@pytest.fixture
def german(monkeypatch):
    monkeypatch.setattr(messages, "translated", lambda text: GERMAN.get(text, text))


def failed(**changes):
    values = {"code": "output.disk_full", "message": "English.", "advice": "Free some space.", "fields": FIELDS}
    return protocol.Failed(**{**values, **changes})


def test_translated(german):
    message, advice = messages.message_of(failed())
    assert message == "D:/x: mehr Platz fehlt."
    assert advice == "Free some space, or choose an output on another disk."
    warning = protocol.Warn("labels.rare_class", "English.", "", {"needed": 5, "classes": ["a (1)", "b (2)"]})
    assert messages.message_of(warning)[0] == "Zu selten: a (1), b (2)."


@pytest.mark.parametrize("changes", [{"code": "newer.code"}, {"fields": {}}, {"fields": {"place": "D:/x"}}])
def test_falls_back_to_the_engines_words(german, changes):
    assert messages.message_of(failed(**changes)) == ("English.", "Free some space.")


def test_untranslated_are_the_engines_words():
    assert messages.message_of(failed()) == ("English.", "Free some space.")
