"""manifest.safe: the size of each file of a product, by which one that was cut off is known before it is read."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable

from backend.errors import BadMetadata, UnreadableImage
from backend.imagery.metadata import as_number, parse
from backend.imagery.packages import Package

_NAME = r"manifest\.safe"


def require_whole(package: Package, members: Iterable[str]) -> None:
    """Raises UnreadableImage for the first member that is smaller than the manifest says. Whatever it does not tell, or
    where there is none, is taken as whole: products are passed on without it.
    """
    told = _told(package)
    for member, size in package.sizes(member for member in members if member in told).items():
        if size < told[member]:
            name, expected = member.rpartition("/")[2], f"{told[member]:,.0f} bytes as manifest.safe says"
            raise UnreadableImage(package.path, f"{name} is cut off: expected {expected}, found {size:,}")


def _told(package: Package) -> dict[str, float]:
    """Bytes of each member. Empty where the manifest is no XML, as in products of baseline 02.08; what lies at another
    path, as in the same, matches no member.
    """
    found = package.find(_NAME)
    if not found:
        return {}
    where = package.source(found[0])
    folder = found[0].rpartition("/")[0]
    sizes = {}
    try:
        for stream in parse(where, package.text(found[0])).all("byteStream"):
            location = stream.find("{*}fileLocation")
            if location is not None:
                path = location.get("href", "").removeprefix("./")
                sizes[f"{folder}/{path}".lstrip("/")] = as_number(stream.get("size"), "size", where)
    except BadMetadata:
        return {}
    return sizes
