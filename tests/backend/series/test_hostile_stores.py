"""Stores whose index or arrays were edited: each edit is refused by name, or changes nothing."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pytest

from backend.errors import EngineError
from backend.series.index import COLUMNS
from backend.series.store import open_store
from tests.backend.series.edits import INVALID, Edit, hold

ARRAYS = ("reflectance", "clear", "position", "radar", "radar_clear")

# The index


def index_edit(name: str, change: Callable[[pyarrow.Table], pyarrow.Table], refused: str = INVALID) -> Edit:
    def apply(path: Path) -> None:
        pyarrow.parquet.write_table(change(pyarrow.parquet.read_table(path / "index.parquet")), path / "index.parquet")

    return Edit(name, apply, refused)


def column(name: str, make: Callable[[list[Any]], Any]) -> Callable[[pyarrow.Table], pyarrow.Table]:
    """The table with a column made of its values."""

    def change(table: pyarrow.Table) -> pyarrow.Table:
        place = table.schema.get_field_index(name)
        return table.set_column(place, name, pyarrow.array(make(table.column(name).to_pylist())))

    return change


def column_edits() -> Iterator[Edit]:
    for name, facts in COLUMNS.items():
        optional = "" if not facts.always else INVALID
        yield index_edit(f"{name} missing", lambda t, n=name: t.drop_columns([n]), optional)
        yield index_edit(f"{name} twice", lambda t, n=name: t.append_column(n, t.column(n)))
        changes: dict[str, Callable[[list[Any]], Any]] = {
            "null in a row": lambda v: [None, *v[1:]],
            "nulls": lambda v: [None] * len(v),
            "dates": lambda v: np.array(["2018-01-01"] * len(v), "datetime64[D]"),
            "lists": lambda v: [[item] for item in v],
            "unsigned": lambda v: np.ones(len(v), np.uint64),
        }
        if facts.kind != "text":
            changes["text"] = lambda v: [str(item) for item in v]
        if facts.kind in ("text", "true or false"):
            changes["whole numbers"] = lambda v: np.ones(len(v), np.int64)
        if facts.kind == "whole numbers":
            changes["fractions"] = lambda v: [float(item) for item in v]
            changes["huge"] = lambda v: [2**60, *v[1:]]
        if facts.kind == "numbers":
            changes |= {text: lambda v, text=text: [float(text), *v[1:]] for text in ("nan", "inf", "-inf", "1e300")}
        if facts.kind in ("whole numbers", "numbers"):
            changes["negative"] = lambda v: [type(v[0])(-1), *v[1:]]
        yield from (index_edit(f"{name} {what}", column(name, make)) for what, make in changes.items())


PIXELS = [
    index_edit("first_pixel all negative", column("first_pixel", lambda v: [item - 6 for item in v])),
    index_edit("first_pixel one off", column("first_pixel", lambda v: [v[0], v[1] + 1, *v[2:]])),
    index_edit("first_pixel exchanged", column("first_pixel", lambda v: [v[1], v[0], *v[2:]])),
    index_edit("n_pixels one more", column("n_pixels", lambda v: [*v[:-1], v[-1] + 1])),
    index_edit("n_pixels moved", column("n_pixels", lambda v: [v[0] + 1, v[1] - 1, *v[2:]])),
    index_edit("n_pixels one fewer", column("n_pixels", lambda v: [*v[:-1], v[-1] - 1])),
    index_edit("rows exchanged", lambda t: t.take([1, 0, 2, 3])),
    index_edit("a row fewer", lambda t: t.slice(0, 3)),
    index_edit("a row more", lambda t: pyarrow.concat_tables([t, t.slice(2, 1)])),
    index_edit("no rows", lambda t: t.slice(0, 0)),
    index_edit("a box of no rows", column("height_px", lambda v: [0, *v[1:]])),
    index_edit("a box beyond the grid", column("row_px", lambda v: [*v[:-1], 10])),
    index_edit("a box beside the grid", column("column_px", lambda v: [*v[:-1], 18])),
    index_edit("a box that is too narrow", column("width_px", lambda v: [1, *v[1:]])),
    index_edit("an unknown flag", column("quality", lambda v: ["fine", *v[1:]])),
    index_edit("no flag", column("quality", lambda v: ["", *v[1:]])),
    index_edit("ok without pixels", column("quality", lambda v: ["ok"] * 4)),
    index_edit("ok without an outline", column("valid", lambda v: [False, *v[1:]])),
    index_edit("a share of 2", column("observed", lambda v: [2.0, *v[1:]])),
    index_edit("an unknown outline", column("outline", lambda v: ["crooked", *v[1:]])),
    index_edit("shares more pixels than it has", column("shared_px", lambda v: [7, *v[1:]])),
    index_edit("other metadata", lambda t: t.replace_schema_metadata({b"pandas": b'{"index_columns": ["x"]}'}), ""),
    index_edit("a further column", lambda t: t.append_column("soil", pyarrow.array([{"of": 1}] * 4)), ""),
]  # fmt: skip


@pytest.mark.parametrize("edit", [*column_edits(), *PIXELS], ids=str)
def test_every_column_of_the_index(store, edit, expected):
    hold(store, edit, expected)


# The files


def array_edit(array: str, name: str, change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    def apply(path: Path) -> None:
        np.save(path / f"{array}.npy", change(np.load(path / f"{array}.npy")), allow_pickle=True)

    return Edit(f"{array} {name}", apply, INVALID)


def byte_edit(file: str, name: str, change: Callable[[bytes], bytes]) -> Edit:
    def apply(path: Path) -> None:
        (path / file).write_bytes(change((path / file).read_bytes()))

    return Edit(f"{file} {name}", apply, INVALID)


def header(text: bytes, version: bytes = b"\x01\x00") -> Callable[[bytes], bytes]:
    """The file with another header."""
    size = len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return lambda content: b"\x93NUMPY" + version + size + text + content[128:]


def archive(_: bytes) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, np.zeros(3))
    return buffer.getvalue()


def array_edits() -> Iterator[Edit]:
    shapes = {
        "one pixel more": lambda a: np.concatenate([a, a[:1]]),
        "one pixel fewer": lambda a: a[:-1],
        "no pixels": lambda a: a[:0],
        "one column more": lambda a: np.concatenate([a, a[:, :1]], axis=1),
        "one column fewer": lambda a: a[:, :-1],
        "flat": lambda a: a.ravel(),
        "one axis more": lambda a: a[None],
        "with its axes exchanged": lambda a: np.ascontiguousarray(a.T),
        "in Fortran order": np.asfortranarray,
        "of objects": lambda a: a.astype(object),
        "of text": lambda a: a.astype("U5"),
        "of records": lambda a: a.astype([("a", a.dtype)]),
        "a single number": lambda a: a.ravel()[0],
    }
    for array in ARRAYS:
        yield from (array_edit(array, name, change) for name, change in shapes.items())
        wrong = {"<i2": "reflectance radar", "<u2": "position", "|b1": "clear radar_clear"}
        types = [">i2", "<i2", ">u2", "<u2", "|b1", "|u1", "|i1", "<i4", "<i8", "<f4", "<f8", "<c8", "<M8[s]"]
        yield from (
            array_edit(array, f"as {kind}", lambda a, kind=kind: a.astype("i8").astype(kind))
            for kind in types
            if array not in wrong.get(kind, "").split()
        )


def byte_edits() -> Iterator[Edit]:
    changes = {
        "empty": lambda content: b"",
        "magic only": lambda content: content[:6],
        "header only": lambda content: content[:128],
        "half": lambda content: content[: len(content) // 2],
        "one byte short": lambda content: content[:-1],
        "one byte more": lambda content: content + b"\0",
        "an archive": archive,
        "text": lambda content: b"not an array",
        "of a later format": lambda content: content[:6] + b"\x09" + content[7:],
        "header of code": header(b"{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (19, 2)}\n"),
        "header of nothing": header(b"{}\n"),
        "header cut off": header(b"{'descr': '<i2', 'fortran_order': Fal"),
        "header of a negative length": header(b"{'descr': '<i2', 'fortran_order': False, 'shape': (-1, 4, 3)}\n"),
        "header of a huge length": header(b"{'descr': '<i2', 'fortran_order': False, 'shape': (%d, 4, 3)}\n" % 10**40),
        "header of a true length": header(b"{'descr': '<i2', 'fortran_order': False, 'shape': (True, 4, 3)}\n"),
        "header of objects": header(b"{'descr': '|O', 'fortran_order': False, 'shape': (19, 4, 3)}\n"),
        "header nested": header(b"(" * 3000 + b")" * 3000, b"\x02\x00"),
        "header of megabytes": header(b"{'descr': '<i2'," + b" " * 5_000_000 + b"}\n", b"\x02\x00"),
    }
    for array in ARRAYS:
        yield from (byte_edit(f"{array}.npy", name, change) for name, change in changes.items())
    for table in ("index.parquet", "parcels.parquet"):
        for name in ("empty", "half", "text", "one byte short", "an archive"):
            yield byte_edit(table, name, changes[name])


def remove_file(path: Path) -> None:
    path.unlink()


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def file_edits() -> Iterator[Edit]:
    files = ("manifest.json", "index.parquet", "parcels.parquet", *(f"{array}.npy" for array in ARRAYS))
    for name, change in {"missing": remove_file, "a folder": put_folder}.items():
        for file in files:
            yield Edit(f"{file} {name}", lambda path, change=change, file=file: change(path / file), INVALID)


def more_parcels(path: Path) -> None:
    table = pyarrow.parquet.read_table(path / "parcels.parquet")
    pyarrow.parquet.write_table(pyarrow.concat_tables([table, table.slice(0, 1)]), path / "parcels.parquet")


def broken_geometry(path: Path) -> None:
    table = pyarrow.parquet.read_table(path / "parcels.parquet")
    metadata = {**table.schema.metadata, b"geo": b'{"columns": 3}'}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path / "parcels.parquet")


def outside_the_box(path: Path) -> None:
    position = np.load(path / "position.npy")
    position[0] = 3, 0  # of a box of three rows
    np.save(path / "position.npy", position)


CONTENT = [
    Edit("a parcel more in the layer", more_parcels, INVALID),
    Edit("a layer whose geometry is not described", broken_geometry, INVALID),
    Edit("a pixel outside its parcel's box", outside_the_box, INVALID),
]


@pytest.mark.parametrize("edit", [*array_edits(), *byte_edits(), *file_edits(), *CONTENT], ids=str)
def test_every_file(store, edit, expected):
    hold(store, edit, expected)


def test_messages_name_the_file_the_key_and_what_was_found(store):
    index = pandas.read_parquet(store / "index.parquet")
    index.assign(first_pixel=index["first_pixel"] - 6).to_parquet(store / "index.parquet")
    with pytest.raises(EngineError, match=r"index.parquet .* first_pixel: expected 0 to .*, found .*-6.* in row 0"):
        open_store(store)
