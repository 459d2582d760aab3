"""A JSON document from a server or from disk, with limits on time and size; what fails names the address."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from backend import __version__
from backend.errors import BadCatalogue, UnreachableCatalogue
from backend.imagery.locations import is_remote, unsigned

TIMEOUT_S = 30.0  # for the server's next word
PAUSES_S = (0.5, 2.0, 5.0)  # before each further try
_WHOLE_S = 180.0
_MOST_BYTES = 100_000_000
_PART_BYTES = 1 << 18
_PASSING = (408, 425, 429, 500, 502, 503, 504)


def fetch(address: str) -> dict[str, Any]:
    """The JSON object at a path or an http(s) address. Raises UnreachableCatalogue, BadCatalogue."""
    name = unsigned(address)
    content = _download(address) if is_remote(address) else _read(Path(address))
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadCatalogue(name, f"expected JSON, found {content[:40]!r}") from error
    if not isinstance(document, dict):
        raise BadCatalogue(name, f"expected a JSON object, found {type(document).__name__}")
    return document


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _limited(file, str(path))
    except OSError as error:
        raise UnreachableCatalogue(path, error.strerror or error) from error


def _download(address: str) -> bytes:
    """Tries again after passing failures, as many times as there are PAUSES_S."""
    headers = {"Accept": "application/geo+json, application/json", "User-Agent": f"crop-classifier/{__version__}"}
    for pause in (*PAUSES_S, None):
        try:
            request = Request(address, headers=headers)  # noqa: S310 (never file:, see `fetch`)
            with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # nosec B310
                return _limited(answer, unsigned(address))
        except HTTPError as error:
            reason, passing = f"the server answers {error.code} {error.reason}", error.code in _PASSING
        except (OSError, HTTPException) as error:  # URLError and timeouts are OSErrors
            reason, passing = str(getattr(error, "reason", error)) or type(error).__name__, True
        except ValueError as error:  # an address that is none
            reason, passing = str(error), False
        if pause is None or not passing:
            break
        time.sleep(pause)
    raise UnreachableCatalogue(unsigned(address), reason)


def _limited(stream: BinaryIO, name: str) -> bytes:
    parts, size, end = [], 0, time.monotonic() + _WHOLE_S
    while part := stream.read(_PART_BYTES):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise BadCatalogue(name, f"expected a page of at most {_MOST_BYTES // 1_000_000} MB")
        if time.monotonic() > end:
            raise UnreachableCatalogue(name, f"the server took longer than {_WHOLE_S:.0f} s")
    return b"".join(parts)
