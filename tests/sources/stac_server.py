"""A STAC API on loopback over a static catalogue: it searches as the public one does, and serves ranges."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pystac
from shapely.geometry import box, shape

from tests.loopback import answering

SEARCH = "https://api.stacspec.org/v1.0.0/item-search"
CONFORMANCE = ("https://api.stacspec.org/v1.0.0/core", SEARCH)
PAGE = 3
"""Items a page, so that a search needs several."""


@dataclass
class StacServer:
    """What the server has, how it behaves, and what it was asked."""

    catalogue: Path
    with_query: bool = True
    failures: int = 0
    url: str = ""
    searches: list[dict] = field(default_factory=list)
    ranges: int = 0

    def items(self) -> list[dict]:
        """All items as an API lists them, with assets at this server."""
        root, found = self.catalogue.parent, []
        for item in pystac.Catalog.from_file(str(self.catalogue)).get_items(recursive=True):
            folder = Path(item.get_self_href()).parent.relative_to(root)
            listed = item.to_dict(include_self_link=False, transform_hrefs=False) | {"links": []}
            for asset in listed["assets"].values():
                asset["href"] = f"{self.url}/files/{folder.as_posix()}/{asset['href'].removeprefix('./')}"
            found.append(listed)
        return found

    def search(self, asked: dict) -> dict:
        """Answer one page of a search."""
        self.searches.append(asked)
        low, high = (datetime.fromisoformat(end) for end in asked["datetime"].split("/"))
        limit = asked.get("query", {}).get("eo:cloud_cover", {}).get("lt", 101)
        hits = [
            item
            for item in self.items()
            if item["collection"] in asked["collections"]
            and shape(item["geometry"]).intersects(box(*asked["bbox"]))
            and low <= datetime.fromisoformat(item["properties"]["datetime"]) <= high
            and item["properties"]["eo:cloud_cover"] < limit
        ]
        start = asked.get("token", 0)
        links = []
        if start + PAGE < len(hits):
            href = f"{self.url}/search"
            links = [{"rel": "next", "href": href, "method": "POST", "body": asked | {"token": start + PAGE}}]
        return {"type": "FeatureCollection", "features": hits[start : start + PAGE], "links": links}

    def landing(self) -> dict:
        """What the root says."""
        conforms = [*CONFORMANCE, *([f"{SEARCH}#query"] if self.with_query else [])]
        links = [
            {"rel": "self", "href": self.url},
            {"rel": "root", "href": self.url},
            {"rel": "search", "href": f"{self.url}/search", "type": "application/geo+json", "method": "POST"},
        ]
        about = {"type": "Catalog", "id": "loopback", "stac_version": "1.0.0", "description": "for tests"}
        return about | {"conformsTo": conforms, "links": links}


@contextlib.contextmanager
def serving_stac(server: StacServer) -> Iterator[StacServer]:
    """Serve for the length of a ``with`` block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            if self.path.startswith("/files/"):
                return self.send_file(server.catalogue.parent / self.path.removeprefix("/files/"))
            return self.send_json(server.landing())

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if server.failures:
                server.failures -= 1
                return self.send_bytes(503, b"busy", {})
            return self.send_json(server.search(body))

        def send_file(self, path: Path):
            if not path.is_file():
                return self.send_bytes(404, b"", {})
            body, asked = path.read_bytes(), self.headers.get("Range")
            if not asked:
                return self.send_bytes(200, body, {"Accept-Ranges": "bytes"})
            server.ranges += 1
            first, last = asked.removeprefix("bytes=").split("-")
            start, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
            about = {"Content-Range": f"bytes {start}-{end}/{len(body)}", "Accept-Ranges": "bytes"}
            return self.send_bytes(206, body[start : end + 1], about)

        def send_json(self, answer: dict):
            self.send_bytes(200, json.dumps(answer).encode(), {"Content-Type": "application/geo+json"})

        def send_bytes(self, status: int, body: bytes, headers: dict):
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    with answering(Handler) as server.url:
        yield server
