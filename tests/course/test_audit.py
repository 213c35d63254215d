"""Known holes in packages are found, and what could not be looked up is never called clean."""

from __future__ import annotations

import gzip
import json
from http.server import BaseHTTPRequestHandler

import pytest

from tests.loopback import answering
from tools.course.audit import audits

HOLE = {"id": 1, "url": "https://example.org/GHSA-leaf", "title": "A hole", "severity": "high"} | {
    "vulnerable_versions": "<2",
    "cwe": [],
    "cvss": {"score": 0, "vectorString": None},
}
OSV_HOLE = {
    "id": "PYSEC-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "A hole",
    "affected": [
        {
            "package": {"name": "leaf", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}


class Advisories(BaseHTTPRequestHandler):
    """Both databases, which know one hole: in `leaf` before 2."""

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        asked = json.loads(content)
        if self.path.endswith("/bulk"):
            answer = {"leaf": [HOLE]} if "leaf" in asked else {}
        else:
            answer = {"vulns": [OSV_HOLE]} if asked["package"]["name"] == "leaf" else {}
        self.say(answer)

    def do_GET(self):
        """The package itself, which npm asks for to see whether another version would do."""
        name = self.path.strip("/")
        self.say({"name": name, "versions": {"1.0.0": {"name": name, "version": "1.0.0"}}})

    def say(self, answer):
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def advisories(monkeypatch):
    """The address of a database, which npm takes for its registry."""
    with answering(Advisories) as address:
        monkeypatch.setenv("npm_config_registry", f"{address}/")
        yield address


def project(folder, name):
    """A project that has locked one package of each kind."""
    packages = {"": {"name": "pages", "dependencies": {name: "1.0.0"}}}
    packages[f"node_modules/{name}"] = {"version": "1.0.0"}
    lock = {"name": "pages", "lockfileVersion": 3, "requires": True, "packages": packages}
    (folder / "package.json").write_text(json.dumps(packages[""]), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    (folder / "constraints.txt").write_text(f"{name}==1.0.0\n", encoding="utf-8")
    return folder


def test_a_package_with_a_known_hole_is_named_with_its_advisory(tmp_path, advisories):
    python, pages = audits(project(tmp_path, "leaf"), osv=f"{advisories}/v1/query")
    assert python.holes == ("leaf 1.0.0: PYSEC-2026-1",)
    assert pages.holes == ("leaf: https://example.org/GHSA-leaf",)


def test_packages_without_a_known_hole_are_clean(tmp_path, advisories):
    for found in audits(project(tmp_path, "twig"), osv=f"{advisories}/v1/query"):
        assert not found.holes
        assert not found.unknown, found.unknown


def test_what_could_not_be_looked_up_is_not_called_clean(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with answering(BaseHTTPRequestHandler) as address:  # which refuses to be posted to
        monkeypatch.setenv("npm_config_registry", f"{address}/")
        for found in audits(project(tmp_path, "twig"), osv=f"{address}/v1/query"):
            assert found.unknown
