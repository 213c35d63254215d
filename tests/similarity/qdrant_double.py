"""The calls of a Qdrant server that the course makes, answered on this machine by Qdrant's own engine.

A server cannot be installed from the package registries; the engine that it is built on can.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from tests.loopback import answering

HNSW = {"m": 16, "ef_construct": 128, "full_scan_threshold": 30_000}
OPTIMISERS = {"deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 1}
KINDS = {"integer": edge.PayloadSchemaType.Integer, "keyword": edge.PayloadSchemaType.Keyword}


class RefusalError(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Qdrant:
    """Collections, aliases, and the ways in which the server can fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shards: dict[str, edge.EdgeShard] = {}
        self.sizes: dict[str, int] = {}
        self.aliases: dict[str, str] = {}
        self.key: str | None = None
        self.awake = threading.Event()
        self.awake.set()
        self.failing = 0
        self.hanging_up = 0
        self.asked: list[str] = []
        self.url = ""

    def answer(self, verb: str, path: str, body: dict, key: str | None) -> Any:
        """Return the ``result`` of a call."""
        self.asked.append(f"{verb} {path}")
        self.awake.wait(30)
        if self.key and key != self.key:
            raise RefusalError(401, "Must provide an API key or an Authorization bearer token")
        if self.failing:
            raise RefusalError(self.failing, "Service is out of order")
        if path == "/aliases":
            pairs = self.aliases.items()
            return {"aliases": [{"alias_name": name, "collection_name": on} for name, on in pairs]}
        if path == "/collections/aliases":
            return self.turn(body["actions"])
        name, rest = re.fullmatch(r"/collections/([^/]+)(/.*)?", path).groups()
        if (verb, rest) == ("PUT", None):
            return self.create(name, body["vectors"])
        name = self.aliases.get(name, name)
        if name not in self.shards:
            raise RefusalError(404, f"Not found: Collection `{name}` doesn't exist!")
        return self.within(verb, name, rest, body)

    def turn(self, actions: list[dict]) -> bool:
        for action in actions:
            if "delete_alias" in action:
                self.aliases.pop(action["delete_alias"]["alias_name"])
            else:
                new = action["create_alias"]
                assert new["collection_name"] in self.shards
                self.aliases[new["alias_name"]] = new["collection_name"]
        return True

    def create(self, name: str, vectors: dict) -> bool:
        if name in self.shards:
            raise RefusalError(409, f"Wrong input: Collection `{name}` already exists!")
        assert vectors["distance"] == "Cosine"
        home = self.folder / f"{len(self.asked)}-{name}"
        home.mkdir(parents=True)
        settings = edge.EdgeConfig(vectors=edge.EdgeVectorParams(vectors["size"], edge.Distance.Cosine))
        self.shards[name], self.sizes[name] = edge.EdgeShard.create(str(home), settings), vectors["size"]
        return True

    def within(self, verb: str, name: str, rest: str | None, body: dict) -> Any:
        shard = self.shards[name]
        if rest is None:
            return self.delete(name) if verb == "DELETE" else self.described(name)
        if rest == "/index":
            kind = KINDS[body["field_schema"]]
            shard.update(edge.UpdateOperation.create_field_index(body["field_name"], kind))
            return {"operation_id": 0, "status": "completed"}
        if (verb, rest) == ("PUT", "/points"):
            rows = zip(*(body["batch"][part] for part in ("ids", "vectors", "payloads")), strict=True)
            shard.update(edge.UpdateOperation.upsert_points([edge.Point(*row) for row in rows]))
            return {"operation_id": 1, "status": "completed"}
        if rest == "/points":
            return [_record(found) for found in shard.retrieve(body["ids"], body["with_payload"], False)]
        if rest == "/points/count":
            return {"count": shard.count(edge.CountRequest(exact=body["exact"]))}
        if rest == "/points/scroll":
            found, start = shard.scroll(
                edge.ScrollRequest(
                    offset=body.get("offset"), limit=body["limit"], with_payload=True, with_vector=True
                )
            )
            points = [_record(point) | {"vector": point.vector} for point in found]
            return {"points": points, "next_page_offset": start}
        assert rest == "/points/query", rest
        return self.query(shard, body)

    def query(self, shard: edge.EdgeShard, body: dict) -> dict:
        query = body["query"]
        query = query["nearest"] if isinstance(query, dict) else query
        if isinstance(query, int):
            query = shard.retrieve([query], False, True)[0].vector
        try:
            hits = shard.search(
                edge.SearchRequest(
                    query=edge.Query.Nearest(query),
                    limit=body["limit"],
                    filter=_filter(body.get("filter")),
                    params=edge.SearchParams(
                        hnsw_ef=body["params"]["hnsw_ef"], exact=body["params"]["exact"]
                    ),
                    with_payload=body["with_payload"],
                )
            )
        except Exception as error:
            raise RefusalError(400, f"Wrong input: {error}") from error
        return {"points": [_record(hit) | {"version": hit.version, "score": hit.score} for hit in hits]}

    def delete(self, name: str) -> bool:
        self.shards.pop(name).close()
        self.aliases = {alias: on for alias, on in self.aliases.items() if on != name}
        return True

    def described(self, name: str) -> dict:
        params = {"vectors": {"size": self.sizes[name], "distance": "Cosine"}}
        return {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": 1,
            "payload_schema": {},
            "config": {
                "params": params,
                "hnsw_config": HNSW,
                "optimizer_config": OPTIMISERS | {"flush_interval_sec": 5},
            },
        }


@contextlib.contextmanager
def serving(server: Qdrant) -> Iterator[str]:
    """Serve on a free port, and give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            if server.hanging_up:
                server.hanging_up -= 1
                self.close_connection = True
                return
            try:
                status, said = 200, {"status": "ok", "time": 0.0}
                path = self.path.partition("?")[0]
                said["result"] = server.answer(self.command, path, body, self.headers.get("api-key"))
            except RefusalError as refusal:
                status, said = refusal.status, {"status": {"error": str(refusal)}, "time": 0.0}
            answer = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # whoever asked may have tired of waiting
                self.wfile.write(answer)

    for verb in ("GET", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.handle_any)
    with answering(Handler) as url:
        server.url = url
        yield url


def _record(point: Any) -> dict:
    return {"id": point.id, "payload": point.payload}


def _filter(asked: dict | None) -> edge.Filter | None:
    if not asked:
        return None
    parts = {
        part: [_condition(condition) for condition in asked[part]]
        for part in ("must", "must_not")
        if asked.get(part)
    }
    return edge.Filter(**parts)


def _condition(asked: dict) -> Any:
    if "has_id" in asked:
        return edge.HasIdCondition(set(asked["has_id"]))
    return edge.FieldCondition(asked["key"], match=edge.MatchAny(asked["match"]["any"]))
