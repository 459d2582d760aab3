"""Model files as nobody should write them: every value of a small real model replaced, and its zip taken apart."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import copy
import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import torch
from safetensors.torch import load, save

Path = tuple[str | int, ...]
Members = dict[str, bytes]

LITERALS = {"NaN": "NaN", "infinite": "Infinity", "too large": "1e999", "digits": "9" * 5000, "deep": "[" * 3000}
MISSING = object()
REPLACED = {
    "missing": MISSING,
    "null": None,
    "text": "x",
    "empty text": "",
    "true": True,
    "negative": -1,
    "zero": 0,
    "huge": 10**30,
    "fraction": 0.5,
    "list": [],
    "object": {},
    "long text": "x" * 20_000,
    "no text": "\ud800",
    "nested": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],
    **{name: f"@{name}@" for name in LITERALS},
}


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place of a document; of a list the first entry stands for the others."""
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths(part, (*at, key))


def replaced(document: Any, at: Path, value: Any) -> Any:
    """The document with another value there, or none."""
    whole = copy.deepcopy(document)
    inside = whole
    for key in at[:-1]:
        inside = inside[key]
    if value is MISSING:
        del inside[at[-1]]
    else:
        inside[at[-1]] = value
    return whole


def as_json(document: Any) -> bytes:
    """JSON in which `@NAME@` stands for what json.dumps would not write."""
    text = json.dumps(document)
    for name, literal in LITERALS.items():
        text = text.replace(f'"@{name}@"', literal)
    return text.encode()


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


# The zip


def _doubled(members: Members, name: str) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # of the very name that is there twice
        for member, content in (*members.items(), (name, members[name])):
            archive.writestr(member, content)
    return target.getvalue()


def _patched(content: bytes, entry: int, offset: int, form: str, value: int) -> bytes:
    """A field of an entry of the central directory overwritten."""
    where = -1
    for _ in range(entry + 1):
        where = content.index(b"PK\x01\x02", where + 1)
    whole = bytearray(content)
    struct.pack_into(form, whole, where + offset, value)
    return bytes(whole)


def _deep(depth: int) -> bytes:
    return b'{"schema": 1, "x": ' + b"[" * depth + b"]" * depth + b"}"


def zips(members: Members) -> dict[str, bytes]:
    """Zip files that are to be refused, by name, whose fault both halves can find."""
    good, model = zipped(members), members["model.json"]
    patched = {
        "encrypted": _patched(good, 0, 8, "<H", 1),
        "method": _patched(good, 0, 10, "<H", 99),
        "checksum": _patched(good, 0, 16, "<L", 1),
        "packed size": _patched(good, 0, 20, "<L", 2**31),
        "unpacked size": _patched(good, 1, 24, "<L", 2**32 - 2),
        "smaller than it is": _patched(good, 0, 24, "<L", len(model) - 5),
        "offset": _patched(good, 0, 42, "<L", len(good) - 4),
        "entries": good[:-14] + struct.pack("<2H", 65535, 65535) + good[-10:],
        "directory size": good[:-10] + struct.pack("<L", 2**32 - 1) + good[-6:],
        "directory offset": good[:-6] + struct.pack("<L", 2**31) + good[-2:],
        "comment": good[:-2] + struct.pack("<H", 3) + b"abc",
        "64 bits": good[:-22] + b"PK\x06\x07" + bytes(16) + good[-22:],
    }
    documents = {
        "no object": b"[1]",
        "no JSON": b"{",
        "other encoding": model.decode().encode("utf-16"),
        "byte order mark": b"\xef\xbb\xbf" + model,
        "bytes": b"\xff\xfe\x00",
        "empty": b"",
        "name twice": model.rstrip()[:-1] + b', "schema": 1}',
        "depth 100": _deep(100),
        "depth 100000": _deep(100_000),
        "many values": b'{"schema": 1, "x": [' + b"0," * 2_000_000 + b"0]}",
        "long number": model.rstrip()[:-1] + b', "x": ' + b"9" * 100_000 + b"}",
    }
    return {
        **{f"zip: {name}": content for name, content in patched.items()},
        **{f"model.json: {name}": zipped({**members, "model.json": content}) for name, content in documents.items()},
        **{f"zip: {name} twice": _doubled(members, name) for name in members},
        **{f"zip: without {name}": zipped({n: c for n, c in members.items() if n != name}) for name in members},
        **{f"zip: {bits} of its bytes": good[: len(good) * bits // 8] for bits in range(8)},
        "zip: many members": zipped({**members, **{f"{number}": b"" for number in range(20)}}),
        "zip: many names": zipped({**members, **{f"{number}" * 50: b"" for number in range(2000)}}),
        "zip: bzip2": zipped(members, zipfile.ZIP_BZIP2),
        "zip: lzma": zipped(members, zipfile.ZIP_LZMA),
        "zip: other": b"GIF89a" + bytes(100),
    }


def bombs(members: Members) -> dict[str, bytes]:
    """Small files that unpack to a gigabyte or more."""
    zeros = io.BytesIO()
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            with archive.open(name, "w") as stream:
                stream.write(content if name != "weights.safetensors" else b"")
                for _ in range(1024 if name == "weights.safetensors" else 0):
                    stream.write(bytes(1 << 20))
    weights = zeros.getvalue()
    hidden = _patched(weights, 1, 20, "<L", 2**30)  # declares itself larger, as if it were less packed
    spaces = zipped({**members, "model.json": members["model.json"] + b" " * (200 << 20)})
    return {"weights": weights, "hidden ratio": hidden, "spaces": spaces}


# The weights


def _header(content: bytes) -> tuple[dict[str, Any], bytes]:
    size = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def _with_header(header: Any, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def weights(content: bytes, name: str) -> dict[str, bytes]:
    """Weights that are to be refused: of another network, not finite, or with a header that does not hold. The tensor
    of that name is the one that is changed; it has two axes of different lengths."""
    tensors, (header, data) = load(content), _header(content)
    value = tensors[name]

    def given(**changes: torch.Tensor) -> bytes:
        return save({**tensors, **changes})

    def declared(**changes: Any) -> bytes:
        return _with_header({**header, name: {**header[name], **changes}}, data)

    text = json.dumps(header).encode()
    return {
        "NaN": given(**{name: torch.full_like(value, torch.nan)}),
        "infinite": given(**{name: torch.full_like(value, torch.inf)}),
        "one NaN": given(**{name: value.flatten().index_fill(0, torch.tensor([3]), torch.nan).view_as(value)}),
        "half": given(**{name: value.half()}),
        "other precision": given(**{name: value.to(torch.float64 if value.dtype == torch.float32 else torch.float32)}),
        "whole numbers": given(**{name: value.long()}),
        "complex": given(**{name: value.to(torch.complex64)}),
        "other shape": given(**{name: value.flatten()}),
        "transposed": given(**{name: value.T.contiguous()}),
        "no number": given(**{name: value[:0]}),
        "further tensor": given(further=torch.zeros(2)),
        "missing tensor": save({key: tensor for key, tensor in tensors.items() if key != name}),
        "no tensor": save({}),
        "empty": b"",
        "bytes": b"\xff" * 100,
        "header too large": struct.pack("<Q", 2**60) + content[8:],
        "header cut off": content[:20],
        "data cut off": content[:-4],
        "data too long": content + bytes(4),
        "header no object": _with_header([1], data),
        "header deep": _with_header(b"[" * 5000 + b"]" * 5000, data),
        "name twice": _with_header(text[:-1] + b", " + json.dumps({name: header[name]}).encode()[1:], data),
        "unknown type": declared(dtype="F7"),
        "type no text": declared(dtype=5),
        "shape negative": declared(shape=[-1, 5]),
        "shape huge": declared(shape=[2**62, 2**62]),
        "shape no list": declared(shape="x"),
        "offsets outside": declared(data_offsets=[0, 2**40]),
        "offsets swapped": declared(data_offsets=[8, 0]),
        "no offsets": _with_header({**header, name: {key: header[name][key] for key in ("dtype", "shape")}}, data),
    }


Trees = dict[str, torch.Tensor]


def forests(trees: Trees) -> dict[str, Trees]:
    """Arrays of trees whose walks would not end, end elsewhere or give no shares or scores."""
    inner = (trees["branches"] != torch.arange(len(trees["branches"]))[:, None]).any(1).nonzero().flatten()
    last, first = int(inner[-1]), int(inner[0])

    def branch(node: int, *targets: int) -> torch.Tensor:
        changed = trees["branches"].clone()
        changed[node] = torch.tensor(targets)
        return changed

    change: Callable[..., Trees] = lambda **arrays: {**trees, **arrays}  # noqa: E731
    tables = _shares(trees) if "shares" in trees else _scores(trees)
    return {
        "cycle": change(branches=branch(last, first, first)),
        "shared branch": change(branches=branch(first, first + 1, first + 1)),
        "endless steps and a cycle": change(branches=branch(last, first, first), steps=torch.tensor(2**62)),
        "too few steps": change(steps=torch.tensor(0)),
        "negative steps": change(steps=torch.tensor(-1)),
        "threshold NaN": change(threshold=torch.full_like(trees["threshold"], torch.nan)),
        "feature outside": change(feature=trees["feature"] + 999),
        "leaf outside": change(leaf=trees["leaf"] + 99_999),
        "roots outside": change(roots=trees["roots"] + 10**9),
        "fewer roots": change(roots=trees["roots"][:-1]),
        "empty": {name: array[:0] if array.ndim else array for name, array in trees.items()},
        **{name: change(**changed) for name, changed in tables.items()},
    }


def _shares(trees: Trees) -> dict[str, Trees]:
    shares = trees["shares"]
    return {
        "shares NaN": {"shares": torch.full_like(shares, torch.nan)},
        "shares negative": {"shares": -shares},
        "shares too large": {"shares": shares * 3},
        "shares without rows": {"shares": shares[:0]},
        "shares of other classes": {"shares": shares[:, :1].contiguous()},
        "shares in a row": {"shares": shares[0]},
    }


def _scores(trees: Trees) -> dict[str, Trees]:
    values, columns, baseline = (trees[name] for name in ("values", "columns", "baseline"))
    return {
        "values NaN": {"values": torch.full_like(values, torch.nan)},
        "values endless": {"values": torch.full_like(values, 1e308)},
        "values of two columns": {"values": values[:, None].repeat(1, 2)},
        "no values": {"values": values[:0]},
        "columns outside": {"columns": columns + 2},
        "columns negative": {"columns": columns - 2},
        "columns of fewer trees": {"columns": columns[1:]},
        "columns in two axes": {"columns": columns[None]},
        "baseline too large": {"baseline": baseline + 1e300},
        "baseline of more classes": {"baseline": baseline.repeat(2)},
        "no baseline": {"baseline": baseline[:0]},
        "baseline without axes": {"baseline": baseline[0]},
    }
