"""The real Earth Engine client over a wire that is not there.

The client that students use does all that it always does: it checks calls against the server's signatures,
builds the graph, sends it, pages and retries. Only its HTTP transport is ours. It knows no pixels: what it
answers is planned by the test, and what nobody planned is an error.
"""

from __future__ import annotations

import contextlib
import fnmatch
import http.server
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import ee
import httplib2

from tools.embeddings import BANDS

PROJECT = "a-class"

_SHIPPED = Path(ee.__file__).parent / "tests"
_DISCOVERY = (_SHIPPED / "cloud_api_discovery_document.json").read_bytes()
_ALGORITHMS = (_SHIPPED / "algorithms.json").read_bytes()
SIGNATURES = {
    algorithm["name"].removeprefix("algorithms/"): {
        argument["argumentName"]: bool(argument.get("optional"))
        for argument in algorithm.get("arguments", [])
    }
    for algorithm in json.loads(_ALGORITHMS)["algorithms"]
}


class Request(dict):
    """The body of a request, and where it was sent."""

    def __init__(self, path: str, headers: dict, body: str | bytes | None):
        super().__init__(json.loads(body) if body else {})
        self.path, self.headers = path, headers


Reply = Callable[[Request], tuple[int, dict | bytes]]


class Wire:
    """A transport as `httplib2` has it, that answers what was planned and keeps what was sent.

    Plans are patterns of the end of a path, such as ``table:computeFeatures`` or ``operations/*``.
    """

    def __init__(self, planned: dict[str, Reply] | None = None):
        self.planned = dict(planned or {})
        self.sent: list[Request] = []
        self.unplanned: list[str] = []

    def request(self, uri, method="GET", body=None, headers=None, **_):
        status, kind, content = self.answer(urllib.parse.urlsplit(uri).path, headers or {}, body)
        return httplib2.Response({"status": status, "content-type": kind}), content

    def answer(self, path: str, headers: dict, body: str | bytes | None) -> tuple[int, str, bytes]:
        for ending, reply in self.planned.items():
            if fnmatch.fnmatchcase(path, f"*{ending}"):
                request = Request(path, headers, body)
                if "expression" in request:
                    check_graph(request["expression"])
                self.sent.append(request)
                status, answer = reply(request)
                if isinstance(answer, bytes):
                    return status, "application/octet-stream", answer
                return status, "application/json", json.dumps(answer).encode()
        if path.endswith("/$discovery/rest"):
            return 200, "application/json", _DISCOVERY
        if path.endswith("/algorithms"):
            return 200, "application/json", _ALGORITHMS
        self.unplanned.append(path)
        raise AssertionError(f"nobody planned for a request to {path}")


@contextlib.contextmanager
def signed_in(planned: dict[str, Reply] | None = None, *, project: str = PROJECT) -> Iterator[Wire]:
    """Sign the real client in over a fake wire, for the length of a ``with`` block."""
    wire = Wire(planned)
    with no_catalogue():
        ee.Reset()
        try:
            ee.Initialize(credentials=None, project=project, http_transport=wire, url="http://fake.invalid")
            yield wire
        finally:
            ee.Reset()


def no_catalogue():
    """Keep the client from looking up deprecated assets on a website, which is no part of Earth Engine."""
    return mock.patch.object(ee.deprecation, "_FetchDataCatalogStac", return_value={})


@contextlib.contextmanager
def served(wire: Wire) -> Iterator[str]:
    """The same wire behind a real server on loopback, for other processes; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                status, kind, content = wire.answer(
                    urllib.parse.urlsplit(self.path).path, dict(self.headers), body
                )
            except AssertionError as wrong:
                wire.unplanned.append(str(wrong))
                status, kind = 400, "application/json"
                content = json.dumps({"error": {"code": 400, "message": str(wrong)}}).encode()
            # Whoever was killed in the meantime does not hear the answer.
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def do_GET(self):
            self.do_POST()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not wire.unplanned, wire.unplanned


def refuse(status: int, message: str) -> tuple[int, dict]:
    """A refusal in the server's form."""
    return status, {"error": {"code": status, "message": message}}


class Busy:
    """Refuses the first requests, then answers."""

    def __init__(self, times: int, status: int, message: str, then: Reply):
        self.left, self.refusal, self.then = times, refuse(status, message), then
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> tuple[int, dict | bytes]:
        with self.lock:
            self.left -= 1
            refused = self.left >= 0
        return self.refusal if refused else self.then(request)


def rows_at(request: Request) -> list[tuple[int, float, float]]:
    """The points that a request asks about: number, longitude, latitude."""
    (mapped,) = arguments(request["expression"], "List.map")
    return [tuple(row) for row in mapped["list"]]


def planted(lon: float, lat: float) -> dict[str, float]:
    """An embedding that tells the point it belongs to: longitude and latitude in thousandths, and waves."""
    waves = {
        band: round(0.1 * ((lon * 1e4 + lat * 1e3 + number) % 1), 6) for number, band in enumerate(BANDS)
    }
    return {**waves, "A00": lon / 1000, "A01": lat / 1000}


def under_points(request: Request) -> tuple[int, dict]:
    """The planted embedding of each point that is asked about; none south of the equator, as if masked."""
    features = [
        {
            "type": "Feature",
            "geometry": None,
            "properties": {"course_row": row, **(planted(lon, lat) if lat >= 0 else {})},
        }
        for row, lon, lat in rows_at(request)
    ]
    return 200, {"type": "FeatureCollection", "features": features}


def calls(graph: dict) -> Iterator[dict]:
    """Every call of a server function in a graph: its name and arguments."""
    for node in nodes(graph["values"]):
        # A call without a name is one of a function that the graph itself defines.
        if "functionName" in node.get("functionInvocationValue", {}):
            yield node["functionInvocationValue"]


def names(graph: dict) -> set[str]:
    """The server functions that a graph calls."""
    return {call["functionName"] for call in calls(graph)}


def nodes(tree) -> Iterator[dict]:
    """Every mapping in a tree of JSON."""
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from nodes(below)


def arguments(graph: dict, function: str) -> list[dict]:
    """The constant arguments of each call of a function."""
    found = [call["arguments"] for call in calls(graph) if call["functionName"] == function]
    return [{name: constant(value, graph) for name, value in given.items()} for given in found]


def constant(value: dict, graph: dict):
    """A constant of a graph as plain data; what is no constant stays as it is."""
    if "valueReference" in value:
        return constant(graph["values"][value["valueReference"]], graph)
    if "arrayValue" in value:
        return [constant(below, graph) for below in value["arrayValue"]["values"]]
    if "dictionaryValue" in value:
        return {name: constant(below, graph) for name, below in value["dictionaryValue"]["values"].items()}
    return value.get("constantValue", value)


def check_graph(graph: dict) -> None:
    """Every function is one that the server has, with all arguments that it needs and no others."""
    for call in calls(graph):
        name, given = call["functionName"], set(call.get("arguments", {}))
        assert name in SIGNATURES, f"the server has no function {name}"
        known = SIGNATURES[name]
        needed = {argument for argument, optional in known.items() if not optional}
        assert given <= set(known), f"{name} has no arguments {given - set(known)}"
        assert needed <= given, f"{name} needs {needed - given}"
