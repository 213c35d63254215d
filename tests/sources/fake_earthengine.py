"""The real Earth Engine client over a wire that is not there.

The client that students use does all that it always does: it checks calls against the server's signatures,
builds the graph, sends it, pages and retries. Only its HTTP transport is ours. It knows no pixels: what it
answers is planned by the test, and what nobody planned is an error.
"""

from __future__ import annotations

import contextlib
import json
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import ee
import httplib2

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

Reply = Callable[[dict], tuple[int, dict]]


class Wire:
    """A transport as `httplib2` has it, that answers what was planned and keeps what was sent."""

    def __init__(self, planned: dict[str, Reply]):
        self.planned = planned
        self.sent: list[dict] = []

    def request(self, uri, method="GET", body=None, headers=None, **_):
        status, answer = self._answer(urllib.parse.urlsplit(uri).path, body)
        response = httplib2.Response({"status": status, "content-type": "application/json"})
        return response, answer

    def _answer(self, path: str, body) -> tuple[int, bytes]:
        if path.endswith("/$discovery/rest"):
            return 200, _DISCOVERY
        if path.endswith("/algorithms"):
            return 200, _ALGORITHMS
        for ending, reply in self.planned.items():
            if path.endswith(ending):
                request = json.loads(body)
                check_graph(request["expression"])
                self.sent.append(request)
                status, answer = reply(request)
                return status, json.dumps(answer).encode()
        raise AssertionError(f"nobody planned for a request to {path}")


@contextlib.contextmanager
def signed_in(planned: dict[str, Reply] | None = None) -> Iterator[Wire]:
    """Sign the real client in over a fake wire, for the length of a ``with`` block."""
    wire = Wire(planned or {})
    # At start-up the client looks up deprecated assets on a website, which is no part of Earth Engine.
    with mock.patch.object(ee.deprecation, "_FetchDataCatalogStac", return_value={}):
        ee.Reset()
        try:
            ee.Initialize(credentials=None, project="a-class", http_transport=wire, url="http://fake.invalid")
            yield wire
        finally:
            ee.Reset()


def calls(graph: dict) -> Iterator[dict]:
    """Every call of a server function in a graph: its name and arguments."""
    for node in nodes(graph["values"]):
        # A call without a name is one of a function that the graph itself defines.
        if "functionName" in node.get("functionInvocationValue", {}):
            yield node["functionInvocationValue"]


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
