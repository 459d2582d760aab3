"""Templates of messages: lists, parts that may be left out, fields as JSON can hold them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from backend.console import warn
from backend.errors import BadArgument, DiskFull, ParcelsOutsideImagery, TooFewClasses, UnreadableImage, UnsupportedZarr
from backend.messages import Text, compose, plain
from backend.protocol import Failed, Warn, decode, encode


@pytest.mark.parametrize(
    ("template", "fields", "expected"),
    [
        ("{a!r} of {n:,.0f}", {"a": "x", "n": 12345.6}, "'x' of 12,346"),
        ("{names:list 2}", {"names": ["a", "b"]}, "a, b"),
        ("{names:list 2}", {"names": ["a", "b", "c", "d"]}, "a, b and 2 more"),
        ("{names:list}", {"names": [str(n) for n in range(14)]}, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"),
        ("{names:list 0 ;}", {"names": ["a"] * 14}, "; ".join(["a"] * 14)),
        ("[{names:list}|none]", {"names": []}, "none"),
        ("none[: {names:list}].", {"names": ["[x|y]", "{z}"]}, "none: [x|y], {z}."),
        ("none[: {names:list}].", {}, "none."),
        ("[{flag:when}yes|no]", {"flag": True}, "yes"),
        ("[{flag:when}yes|no]", {"flag": False}, "no"),
        ("[{mb:,.0f} MB|more] needed", {"mb": None}, "more needed"),
        ("rate {rate:g}", {"rate": "inf"}, "rate inf"),
    ],
)
def test_compose(template, fields, expected):
    assert compose(Text(template), fields) == (expected, "")


def test_a_needed_field_may_not_be_missing():
    with pytest.raises(KeyError):
        compose(Text("{a} [and {b}]"), {"b": 1})
    for given in ({"b"}, {"a", "c"}):
        with pytest.raises(TypeError, match="expected the fields"):
            Text("{a} [and {b}]").check(frozenset(given))
    Text("{a} [and {b}]").check(frozenset({"a", "prefix"}))


def test_fields_are_json():
    text = Text("{path} {count} {rate} {days:list} {names:list}")
    given = {
        "path": Path("a"),
        "count": np.int64(3),
        "rate": float("nan"),
        "days": (date(2018, 5, 1),),
        "names": iter("ab"),
    }
    fields = plain(text, given)
    assert fields == {"path": "a", "count": 3, "rate": "nan", "days": ["2018-05-01"], "names": ["a", "b"]}
    assert json.loads(json.dumps(fields, allow_nan=False)) == fields


def test_messages_of_errors():
    few = TooFewClasses(["wheat (9)"], [], 5)
    assert few.message == (
        "Training needs at least two classes with 5 usable parcels each; found wheat (9); too rare: none."
    )
    assert few.fields == {"usable": ["wheat (9)"], "rare": [], "needed": 5}
    full = DiskFull("d", None, 2000.0)
    assert full.message == "The disk of d has too little space: more needed, 2,000 MB free."
    assert "x and y exchanged" in ParcelsOutsideImagery("p", "a", "b", swapped=True).advice
    assert ParcelsOutsideImagery("p", "a", "b").advice.startswith("Check the layer's coordinate system")
    assert BadArgument("seed", "a number", "x").message == "seed: expected a number, found 'x'."


def test_an_unreadable_image_keeps_its_path_and_reason():
    error = UnreadableImage(Path("a.tif"), OSError("block 3."))
    assert (error.path, error.reason, error.message) == (Path("a.tif"), "block 3", "a.tif cannot be read: block 3.")
    assert UnsupportedZarr("a.zarr", "zstd").advice.startswith("Write it again as Zarr 2")


@pytest.mark.parametrize(
    "make", [lambda: DiskFull("a"), lambda: BadArgument(1, 2, 3, 4), lambda: DiskFull(1, 2, 3, path=1)]
)
def test_an_error_refuses_wrong_fields(make):
    with pytest.raises(TypeError):
        make()


def test_a_date_that_is_left_out_says_so():
    error = UnreadableImage("a.tif", "cut off")
    assert warn(error.code, {**error.fields, "left_out": True}).advice == "Its date is left out of all parcels."
    prefixed = warn(error.code, {**error.fields, "prefix": "gru, fold 1"})
    assert prefixed.message == "gru, fold 1: a.tif cannot be read: cut off."
    assert prefixed.advice == error.advice


def test_events_carry_the_fields_and_newer_keys_are_left_out():
    event = Failed("a.b", "m", "a", {"path": "p", "names": ["x"]})
    assert decode(encode(event)) == event
    assert decode('{"event": "warning", "code": "a.b", "message": "m", "colour": 1}') == Warn("a.b", "m")
    assert decode('{"event": "warning", "code": "a.b"}') is None
