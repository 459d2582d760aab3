"""A server on the loopback interface that serves a folder with range requests, a STAC search over it, and faults."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE_ITEMS = 2  # of a search: few, so that there are several pages


@dataclass(frozen=True)
class Asked:
    path: str
    query: dict[str, list[str]]
    ranged: bool
    bytes_sent: int


@dataclass
class Served:
    """What is served and what was asked for. `faults` are answers by path: a status, or bytes in the file's place."""

    folder: Path
    address: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[int | bytes]] = field(default_factory=dict)  # the last of a list stays
    asked: list[Asked] = field(default_factory=list)

    def of(self, ending: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.endswith(ending)]

    def fault(self, path: str) -> int | bytes | None:
        waiting = self.faults.get(path, [])
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0]) if waiting else None

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        first = int(query.get("token", ["0"])[0])
        more = first + PAGE_ITEMS
        links = [{"rel": "next", "href": f"search?token={more}", "method": "GET"}] if more < len(self.items) else []
        return {"type": "FeatureCollection", "features": self.items[first:more], "links": links}


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    served = Served(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            fault = served.fault(parts.path)
            if isinstance(fault, int):
                self._answer(fault, b"no")
            elif isinstance(fault, bytes):
                self._answer(200, fault)
            elif parts.path == "/search":
                self._answer(200, json.dumps(served.page(parse_qs(parts.query))).encode())
            elif not (file := served.folder / parts.path.lstrip("/")).is_file():
                self._answer(404, b"not here")
            else:
                self._part(file.read_bytes())

        def _part(self, content: bytes) -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if wanted is None:
                self._answer(200, content)
                return
            first, last = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
            if first >= len(content):
                self._answer(416, b"")
                return
            about = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
            self._answer(206, content[first : last + 1], about)

        def _answer(self, status: int, content: bytes, about: dict[str, str] | None = None) -> None:
            parts = urlsplit(self.path)
            sent = 0 if self.command == "HEAD" else len(content)
            served.asked.append(Asked(parts.path, parse_qs(parts.query), "Range" in self.headers, sent))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), "Accept-Ranges": "bytes", **(about or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = "http" + f"://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
