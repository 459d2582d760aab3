"""The encoding of a shapefile's texts: from the user, from its .cpg, or guessed from the bytes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass

from backend.errors import BadArgument
from backend.parcels.sources.locations import Place

WESTERN = "cp1252"  # what Windows writes in western Europe and the Americas; Latin-1's letters are the same
_UNSAID = (0x00, 0x57)  # language driver ids that name no code page, "ANSI"


@dataclass(frozen=True)
class Encoding:
    """`name` for GDAL, None for the format's own; `guessed` where it is a guess."""

    name: str | None
    guessed: bool = False


def of(place: Place, asked: str | None) -> Encoding:
    """How a layer's texts are to be read. Raises BadArgument (an unknown encoding, or one of a format that has none).

    Without `asked` or a .cpg, or where bytes are not UTF-8 although the .cpg says so: UTF-8 if the bytes are valid,
    otherwise Windows-1252, with a warning. A code page in the .dbf's header is left to GDAL.
    """
    if place.suffix != ".shp":
        if asked:
            raise BadArgument("encoding", f"none, as {place.suffix} files name theirs; only shapefiles take one", asked)
        return Encoding(None)
    if asked:
        return Encoding(_python_name(asked, asked))
    table = place.beside(".dbf")
    if table is None:
        return Encoding(None)
    declared = _declared(place.beside(".cpg"))
    if declared and not (declared == "utf-8" and not _is_utf_8(table)):
        return Encoding(declared)
    if not declared and len(table) > 29 and table[29] not in _UNSAID:
        return Encoding(None)
    return Encoding("utf-8") if _is_utf_8(table) else Encoding(WESTERN, guessed=True)


def _declared(cpg: bytes | None) -> str | None:
    """A .cpg's encoding; None without one, or where it is unknown."""
    text = (cpg or b"").decode("ascii", "ignore").strip()
    try:
        return _python_name(text, None) if text else None
    except BadArgument:
        return None


def _python_name(text: str, found: str | None) -> str:
    """A codec's name for what users and .cpg files write: UTF-8, 1252, ANSI 1252, Windows-1252, 88591, ISO 8859-15."""
    plain = text.lower().replace("_", "-").strip()
    latin = re.fullmatch(r"(?:iso)?[ -]?8859[ -]?(\d{1,2})", plain)
    page = re.fullmatch(r"(?:ansi|windows|cp|oem)?[ -]?(\d{3,5})", plain)
    name = f"iso8859-{latin[1]}" if latin else f"cp{page[1]}" if page else plain
    try:
        return codecs.lookup("utf-8" if name == "cp65001" else name).name
    except LookupError as error:
        raise BadArgument("encoding", "a text encoding such as UTF-8, CP1252 or ISO-8859-15", found) from error


def _is_utf_8(table: bytes) -> bool:
    """Whether a .dbf's letters beyond ASCII are UTF-8: nearly all, since a text may be cut within its last letter."""
    header = struct.unpack("<H", table[8:10])[0] if len(table) > 10 else 0
    names = b"".join(table[start : start + 11] for start in range(32, header - 32, 32))
    text = (names + table[header:]).decode("utf-8", "replace")
    beyond = sum(not letter.isascii() for letter in text) if not text.isascii() else 0
    return text.count("\ufffd") * 10 <= beyond
