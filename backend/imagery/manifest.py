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
    sizes = _sizes(package)
    for member, size in package.sizes(member for member in members if member in sizes).items():
        if size < sizes[member]:
            name, expected = member.rpartition("/")[2], f"{sizes[member]:,.0f} bytes according to manifest.safe"
            raise UnreadableImage(package.path, f"{name} is cut off: expected {expected}, found {size:,}")


def _sizes(package: Package) -> dict[str, float]:
    """Bytes of each member. Empty where the manifest is not XML, as in products of baseline 02.08; what is at another
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
