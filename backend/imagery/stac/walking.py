"""From an address to the items it leads to: a search, a collection, a static catalogue, a saved item collection."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

from backend.errors import BadCatalogue
from backend.imagery.locations import is_remote, unsigned
from backend.imagery.stac.fetching import fetch

SCHEME = "stac:"
_MOST_DOCUMENTS = 20_000
_PAGE_ITEMS = 100
_MOST_OF_A_BOX = 1e5  # degrees, and metres of height

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees; west > east crosses the antimeridian


@dataclass(frozen=True)
class Query:
    """What is asked for; None means everything."""

    bounds: Bounds | None = None
    start: date | None = None
    end: date | None = None

    def asked_of(self, address: str) -> str:
        """The address of a search with what it does not say itself; other addresses as they are."""
        parts = urlsplit(address)
        if not is_remote(address) or parts.path.rstrip("/").rpartition("/")[2] not in ("search", "items"):
            return address
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = {"limit": str(_PAGE_ITEMS)}
        if self.bounds and "intersects" not in given:
            asked["bbox"] = ",".join(f"{degree:.6f}" for degree in self.bounds)
        if self.start or self.end:
            first, last = (f"{day}T{time}Z" if day else ".." for day, time in self._ends())
            asked["datetime"] = f"{first}/{last}"
        return urlunsplit(parts._replace(query=urlencode({**asked, **given}, safe=",:/.")))

    def _ends(self) -> tuple[tuple[date | None, str], ...]:
        return (self.start, "00:00:00"), (self.end, "23:59:59")

    def overlaps(self, bbox: object) -> bool:
        """Whether an item's `bbox` may touch the bounds; true where either is not known."""
        if self.bounds is None or not isinstance(bbox, list) or len(bbox) not in (4, 6):
            return True
        if not all(isinstance(number, (int, float)) and abs(number) < _MOST_OF_A_BOX for number in bbox):
            return True
        west, south, east, north = *bbox[:2], *bbox[len(bbox) // 2 :][:2]
        own_west, own_south, own_east, own_north = self.bounds
        begins_in_it = (own_west - west) % 360 <= _eastward(west, east)
        holds_its_begin = (west - own_west) % 360 <= _eastward(own_west, own_east)
        return bool((begins_in_it or holds_its_begin) and north >= own_south and south <= own_north)


def _eastward(west: float, east: float) -> float:
    """Degrees from west to east, over the antimeridian where east is the lesser."""
    return east - west if west <= east else (east - west) % 360


@dataclass(frozen=True)
class Found:
    """An item's document, and the address that its links are relative to."""

    document: dict[str, Any]
    base: str


def items(source: str, query: Query, on_page: Callable[[int], None]) -> Iterator[Found]:
    """The items at `source` (without "stac:") and behind its links; `on_page` hears how many documents were read.

    Raises UnreachableCatalogue, BadCatalogue.
    """
    waiting, seen = deque([query.asked_of(source)]), set[str]()
    while waiting:
        address = waiting.popleft()
        if address in seen:  # a server whose last page leads to itself
            continue
        if len(seen) >= _MOST_DOCUMENTS:
            raise BadCatalogue(unsigned(source), f"it leads to more than {_MOST_DOCUMENTS} documents")
        seen.add(address)
        document = fetch(address)
        on_page(len(seen))
        for found in _items_in(document, address):
            if query.overlaps(found.document.get("bbox")):
                yield found
        waiting.extend(_leads(document, address, query))


def _items_in(document: dict[str, Any], address: str) -> Iterator[Found]:
    kind = document.get("type")
    if kind == "Feature":
        yield Found(document, address)
    elif kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
            raise BadCatalogue(unsigned(address), "its features are no list of items")
        yield from (Found(feature, _own(feature, address)) for feature in features)
    elif kind not in ("Collection", "Catalog"):
        raise BadCatalogue(unsigned(address), f"expected an item, a collection or a catalogue, found the type {kind!r}")


def _leads(document: dict[str, Any], address: str, query: Query) -> list[str]:
    """The addresses that a document leads on to: the next page of a search, a collection's items, a catalogue's."""
    links = [link for link in _list(document.get("links")) if isinstance(link, dict) and _text(link.get("href"))]
    by_rel = {rel: [link for link in links if link.get("rel") == rel] for rel in ("next", "items", "item", "child")}
    if document["type"] == "FeatureCollection":
        return [_next(link, address) for link in by_rel["next"]] if is_remote(address) else []
    if document["type"] == "Feature":
        return []
    searches = [link for link in by_rel["items"] if "json" in str(link.get("type", "json"))]
    if searches and document["type"] == "Collection":
        return [query.asked_of(resolve(address, searches[0]["href"]))]
    if "conformsTo" in document:
        raise BadCatalogue(unsigned(address), "it is the entry of a whole service, not one of its collections")
    return [resolve(address, link["href"]) for link in (*by_rel["item"], *by_rel["child"])]


def _next(link: dict[str, Any], address: str) -> str:
    if str(link.get("method", "GET")).upper() != "GET":
        raise BadCatalogue(unsigned(address), "its next page cannot be asked for by address (it wants a POST)")
    return resolve(address, link["href"])


def _own(feature: dict[str, Any], page: str) -> str:
    """What the links of an item on a page are relative to: the item's own location, if it has one."""
    links = [link for link in _list(feature.get("links")) if isinstance(link, dict) and link.get("rel") == "self"]
    href = links[0].get("href") if links and is_remote(page) else None
    return resolve(page, href) if isinstance(href, str) and href else page


def resolve(base: str, href: str) -> str:
    """`href` as a path or an address; a document from a server leads only to servers. Raises BadCatalogue."""
    if not href:
        raise BadCatalogue(unsigned(base), "it leads nowhere")
    scheme = urlsplit(href).scheme.lower()
    if is_remote(base):
        address = urljoin(base, href)
        if not address.lower().startswith(("http://", "https://")):
            raise BadCatalogue(unsigned(base), f"it leads to {href[:80]}, which is not an http address")
        return address
    if scheme in ("http", "https"):
        return href
    if scheme == "file":
        return url2pathname(urlsplit(href).path)
    if len(scheme) > 1 or href.startswith("/vsi"):  # one letter is a drive
        raise BadCatalogue(base, f"it leads to {href[:80]}, which is neither a file nor an http address")
    beside = Path(base).parent / href
    return str(beside if beside.exists() else Path(base).parent / unquote(href))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
