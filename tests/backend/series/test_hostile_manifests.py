"""Manifests that were edited: each edit is refused by name, or changes nothing; none is a fault or a wrong result."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.errors import EngineError
from backend.series import store as stores
from backend.series.manifest import Manifest, ParcelsRecord, Skipped
from backend.series.store import open_store
from tests.backend.series.edits import INVALID, NEWER, Edit, hold
from tests.backend.series.hand_made import GRID, OPTICAL, RADAR, SEASON

WRONG = {
    "null": None, "text": "text", "fraction": 3.7, "true": True, "list": [], "object": {}, "negative": -1,
    "huge": 10**30, "nested": [[1]], "NaN": float("nan"), "infinite": float("inf"),
}  # fmt: skip
OPAQUE = ("inputs.images",)  # compared with other inputs only


def document_edit(name: str, change: Callable[[dict[str, Any]], None], refused: str = "") -> Edit:
    def apply(path: Path) -> None:
        file = path / "manifest.json"
        document = json.loads(file.read_text())
        change(document)
        file.write_text(json.dumps(document))

    return Edit(name, apply, refused)


def text_edit(name: str, change: Callable[[str], str | bytes]) -> Edit:
    def apply(path: Path) -> None:
        text = change((path / "manifest.json").read_text())
        (path / "manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())

    return Edit(name, apply, "store.invalid")


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of the document and the first item of every list, outermost first."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        if ".".join(map(str, (*at, key))) not in OPAQUE:
            yield from paths(inner, (*at, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def remove(document: Any, path: tuple[Any, ...]) -> None:
    for key in path[:-1]:
        document = document[key]
    del document[path[-1]]


def example() -> dict[str, Any]:
    """A manifest with every key."""
    skipped = (Skipped("a.tif", "imagery.unreadable", "it is damaged"),)
    parcels = ParcelsRecord("parcels.gpkg", "parcels")
    manifest = Manifest(
        False, SEASON, GRID, (OPTICAL, RADAR), parcels, {"images": [], "inner_buffer_m": 0.0}, True, skipped
    )
    document = manifest.to_document()
    for source in document["sources"]:
        for acquisition in source["acquisitions"]:
            acquisition["clear_share"] = 0.5
    return document


def manifest_edits() -> Iterator[Edit]:
    for path in paths(example()):
        name = ".".join(map(str, path))
        if name != "sources.1":  # without it, a sound store of one source
            yield document_edit(f"{name} missing", lambda d, path=path: remove(d, path))
        for kind, value in WRONG.items():
            yield document_edit(f"{name} {kind}", lambda d, path=path, value=value: put(d, path, copy.copy(value)))


def set_of(number: int, key: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def apply(document: dict[str, Any]) -> None:
        document["sources"][number][key] = change(document["sources"][number][key])

    return apply


def in_acquisition(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return set_of(1, "acquisitions", lambda records: [{**records[0], key: value}, *records[1:]])


def deep(levels: int) -> Callable[[str], str]:
    return lambda text: text.replace('"images": []', '"images": ' + "[" * levels + "]" * levels)


RELATIONS = [
    *(
        document_edit(f"{key} of {name} {what}", set_of(number, key, change), INVALID)
        for number, name in enumerate(("sentinel-2", "radar"))
        for key in ("days", "acquisition_days", "acquisitions")
        for what, change in {
            "in falling order": lambda v: v[::-1],
            "twice": lambda v: [v[0], *v[:-1]],
            "one fewer": lambda v: v[:-1],
            "one more": lambda v: [*v, v[-1]],
            "none": lambda v: [],
        }.items()
    ),
    *(
        document_edit(f"bands of {name} {what}", set_of(number, "bands", change), INVALID)
        for number, name in enumerate(("sentinel-2", "radar"))
        for what, change in {
            "one fewer": lambda v: v[:-1],
            "one more": lambda v: [*v, {**v[0], "name": "B11"}],
            "the first twice": lambda v: [v[0], *v[:-1]],
            "names only": lambda v: [band["name"] for band in v],
            "of another dtype": lambda v: [{**band, "dtype": "float32"} for band in v],
            "of two dtypes": lambda v: [{**v[0], "dtype": "float32"}, *v[1:]],
            "of an unknown dtype": lambda v: [{**band, "dtype": "object"} for band in v],
        }.items()
    ),
    document_edit("both days a day later", lambda d: [
        set_of(0, key, lambda v: [day + 1 for day in v])(d) for key in ("days", "acquisition_days")
    ], INVALID),
    document_edit("days a century away", lambda d: [
        set_of(0, key, lambda v: [day + 50_000 for day in v])(d) for key in ("days", "acquisition_days")
    ], INVALID),
    document_edit("another scale", set_of(0, "bands", lambda v: [{**b, "scale": 0.001} for b in v]), INVALID),
    document_edit("another unit", set_of(0, "bands", lambda v: [{**b, "unit": "%"} for b in v]), INVALID),
    document_edit("another year", lambda d: d.update(season=2019), INVALID),
    document_edit("year 0", lambda d: d.update(season=0), INVALID),
    document_edit("year 9999", lambda d: d.update(season=9999), INVALID),
    document_edit("not finished", lambda d: d.update(complete=False), INVALID),
    document_edit("no positions", lambda d: d.update(positions=False), "store.no_positions"),
    document_edit("no sources", lambda d: d.update(sources=[]), INVALID),
    document_edit("sources exchanged", lambda d: d.update(sources=d["sources"][::-1]), INVALID),
    document_edit("a source twice", lambda d: d.update(sources=d["sources"][:1] * 2), INVALID),
    document_edit("a source named as an array", lambda d: d["sources"][1].update(name="position"), INVALID),
    document_edit("a source elsewhere", lambda d: d["sources"][1].update(name="../s.parcels/radar"), INVALID),
    document_edit("a source without arrays", lambda d: d["sources"][1].update(name="lidar"), INVALID),
    *(
        document_edit(f"{key} {value} of an acquisition", in_acquisition(key, value), INVALID)
        for key, value in (("date", "2018-01-01"), ("date", "2018-02-30"), ("clear_share", 1.5), ("outliers", -1))
    ),
    document_edit("an unknown filling", lambda d: d["sources"][0]["series"].update(filling="cubic"), INVALID),
    document_edit("max_gap_days 0", lambda d: d["sources"][0]["series"].update(max_gap_days=0), INVALID),
    document_edit("a grid of no system", lambda d: d["grid"].update(crs="EPSG:999999"), INVALID),
    document_edit("a grid that is wider than its bounds", lambda d: d["grid"].update(width=21), INVALID),
    document_edit("a grid too small for its parcels", lambda d: d["grid"].update(
        height=10, bounds=[500_000.0, 4_999_900.0, 500_200.0, 5_000_000.0]), INVALID),
    document_edit("bounds turned over", lambda d: d["grid"].update(bounds=d["grid"]["bounds"][::-1]), INVALID),
    document_edit("three bounds", lambda d: d["grid"].update(bounds=d["grid"]["bounds"][:3]), INVALID),
    document_edit("a negative inner buffer", lambda d: d["inputs"].update(inner_buffer_m=-5), INVALID),
    document_edit("an inner buffer of text", lambda d: d["inputs"].update(inner_buffer_m="5"), INVALID),
    document_edit("schema 3", lambda d: d.update(schema=3), NEWER),
    document_edit("schema 3 and nothing else", lambda d: [d.clear(), d.update(schema=3)], NEWER),
    document_edit("schema 0", lambda d: d.update(schema=0), INVALID),
    document_edit("schema as text", lambda d: d.update(schema="2"), INVALID),
    document_edit("schema 2.0", lambda d: d.update(schema=2.0), INVALID),
    document_edit("schema 1 in the form of 2", lambda d: d.update(schema=1), INVALID),
    text_edit("empty", lambda text: ""),
    text_edit("cut off", lambda text: text[: len(text) // 2]),
    text_edit("two documents", lambda text: text + text),
    text_edit("a list", lambda text: f"[{text}]"),
    text_edit("null", lambda text: "null"),
    text_edit("UTF-16", lambda text: text.encode("utf-16")),
    text_edit("no UTF-8", lambda text: b"\xff" + text.encode()),
    text_edit("a key twice", lambda text: text.replace('"complete"', '"season": 2018, "complete"', 1)),
    text_edit("a number out of range", lambda text: text.replace('"inner_buffer_m": 0.0', '"inner_buffer_m": 1e999')),
    text_edit("a number of 10,000 digits", lambda text: text.replace('"season": 2018', '"season": ' + "9" * 10_000)),
    text_edit("40 deep", deep(40)),
    text_edit("100,000 deep", deep(100_000)),
]  # fmt: skip


@pytest.mark.parametrize("edit", list(manifest_edits()), ids=str)
def test_every_key_of_the_manifest(store, edit, expected):
    hold(store, edit, expected)


@pytest.mark.parametrize("edit", RELATIONS, ids=str)
def test_a_manifest_that_contradicts_itself_or_the_arrays(store, edit, expected):
    hold(store, edit, expected)


def test_a_manifest_that_is_too_large(store, monkeypatch):
    monkeypatch.setattr(stores, "MOST_BYTES", 1000)
    with pytest.raises(EngineError, match="expected at most 1000") as caught:
        open_store(store)
    assert caught.value.code == "store.invalid"
