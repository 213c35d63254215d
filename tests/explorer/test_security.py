"""What an attacker, or a confused client, sends comes to nothing; and browsers are told what they may do."""

from __future__ import annotations

import logging
import re

import httpx
import pytest

from tests.explorer.conftest import raw, serving, settings_of
from tests.explorer.test_api import API, refused
from tools.explorer.app import create_app
from tools.explorer.settings import Settings

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}


def policy_of(answer) -> dict[str, list[str]]:
    rules = (rule.split(" ") for rule in answer.headers["content-security-policy"].split("; "))
    return {name: values for name, *values in rules}


@pytest.fixture
def at(explorer) -> str:
    """The address of the server."""
    return str(explorer.base_url).rstrip("/")


def get(at: str, target: bytes, *headers: bytes) -> bytes:
    """A request of these very bytes to this server."""
    host = headers or (b"Host: " + at.removeprefix("http://").encode(),)
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", *host, b"Connection: close", b"", b""])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/assets/index-4f2a.js", 200), (f"{API}/status", 200), (f"{API}/locations", 200),
     ("/nowhere", 404), (f"{API}/tiles/7", 404), (f"{API}/tiles/x", 422), ("/?" + "x" * 3000, 414)],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_tells_browsers_to_be_careful(explorer, method, path, status):
    answer = explorer.request(method, path)
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    assert "geolocation=()" in answer.headers["permissions-policy"]
    policy = policy_of(answer)
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'self'", "http://127.0.0.1:*", "http://localhost:*"]
    assert "cache-control" in answer.headers
    assert "server" not in answer.headers


def test_not_modified_carries_the_headers_too(explorer):
    tag = explorer.get(f"{API}/umap").headers["etag"]
    answer = explorer.get(f"{API}/umap", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert policy_of(answer)["default-src"] == ["'none'"]


@pytest.mark.parametrize(
    ("settings", "site"),
    [
        ({}, "https://tiles.maps.eox.at"),
        ({"mapbox_token": "pk.e30.x"}, "https://api.mapbox.com"),
        ({"mapbox_token": "pk.e30.x", "basemap": "sentinel-2"}, "https://tiles.maps.eox.at"),
        ({"basemap": "none"}, None),
    ],
)
def test_pictures_may_come_from_the_chosen_map_and_nowhere_else(holder, world, built, settings, site):
    with serving(create_app(settings_of(world, **settings), holder, built=built)) as url:
        answer = httpx.get(f"{url}{API}/config")
    policy = policy_of(answer)
    more = [site] if site else []
    assert policy["img-src"] == ["'self'", "data:", "blob:", *more]
    assert policy["connect-src"] == ["'self'", *more]
    addresses = answer.json()["basemap"]["tiles"]
    assert all(address.startswith(f"{site}/") for address in addresses)
    assert bool(addresses) == bool(site)


ESCAPES = [
    b"/../secret.txt", b"/%2e%2e/secret.txt", b"/..%2fsecret.txt", b"/%2e%2e%2fsecret.txt",
    b"/assets/../../secret.txt", b"/assets/..%2f..%2fsecret.txt", b"/..\\secret.txt", b"/..%5csecret.txt",
    b"/assets/%2e%2e%5c%2e%2e%5csecret.txt", b"/%252e%252e%252fsecret.txt", b"//secret.txt",
    b"/....//secret.txt", b"/linked.txt", b"/.hidden", b"/index.html%00.png", b"/%00", b"/secret.txt%00",
    b"/assets/", b"/assets", b"/%c0%ae%c0%ae/secret.txt", b"/\xe2\x80\xa5/secret.txt", b"/%ff%fe",
    b"/etc/passwd", b"//etc/passwd", b"/%2fetc%2fpasswd", b"/C:%5csecret.txt", b"/~root",
    b"/api/v1/tiles/..%2f..%2fsecret.txt/thumbnail", b"/api/v1/tiles/%2e%2e/thumbnail",
    b"/api/v1/tiles/1%00/thumbnail", b"/api/v1/tiles/..\\..\\x/thumbnail",
    b"/api/v1/../../secret.txt",
]  # fmt: skip


@pytest.mark.parametrize("target", ESCAPES, ids=lambda target: repr(target)[2:-1])
def test_no_path_leads_out_of_what_is_served(at, target):
    status, headers, body = raw(at, get(at, target))
    assert status in (400, 404, 422)
    assert b"SECRET" not in body
    assert b"root:" not in body
    if status != 400:  # which the parser of HTTP itself answers, before any application
        assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", [b"evil.example", b"127.0.0.1.evil.example", b"localhost.evil.example",
                                  b"", b"evil.example:8765", b"127.0.0.1@evil.example", b"[::1].evil.example",
                                  b"\xff\xfe", b"127.0.0.1 evil"])  # fmt: skip
def test_a_server_on_loopback_answers_to_its_own_names_only(at, name):
    status, _, body = raw(at, get(at, b"/api/v1/config", b"Host: " + name))
    assert status == 400
    assert b"default_method" not in body


@pytest.mark.parametrize("name", [b"127.0.0.1", b"localhost:9", b"LOCALHOST", b"[::1]:8765", b"127.0.0.1:"])
def test_its_own_names_are_those_of_loopback(at, name):
    assert raw(at, get(at, b"/api/v1/config", b"Host: " + name))[0] == 200


def test_two_names_at_once_are_none(at):
    assert raw(at, get(at, b"/api/v1/config", b"Host: 127.0.0.1", b"Host: evil.example"))[0] == 400


def test_names_can_be_allowed(holder, world, built):
    settings = settings_of(world, allowed_hosts="explorer.example.org, *.example.net")
    with serving(create_app(settings, holder, built=built)) as url:
        for name, status in {
            "explorer.example.org": 200, "a.example.net:80": 200, "example.net": 400, "127.0.0.1": 400,
            "evilexample.net": 400,
        }.items():  # fmt: skip
            assert httpx.get(f"{url}{API}/config", headers={"Host": name}).status_code == status, name


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"]
)
@pytest.mark.parametrize("path", ["/", f"{API}/config", f"{API}/tiles/7", "/nowhere"])
def test_nothing_can_be_changed(explorer, method, path):
    answer = explorer.request(method, path, content=b"x" * 1000 if method == "POST" else None)
    refused(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "target",
    [b"/api/v1/status?" + b"a" * 60_000, b"/" + b"a" * 60_000, b"/api/v1/tiles/" + b"9" * 501,
     b"/api/v1/status?" + b"a=1&" * 600],
)  # fmt: skip
def test_an_address_without_end_is_refused(at, target):
    status, headers, body = raw(at, get(at, target))
    assert status == 414
    assert headers["content-type"] == "application/problem+json"
    assert len(body) < 1500


def test_other_sites_may_not_read_by_default(explorer):
    answer = explorer.get(f"{API}/config", headers={"Origin": "https://book.example.org"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    ask = {"Origin": "https://book.example.org", "Access-Control-Request-Method": "GET"}
    answer = explorer.options(f"{API}/config", headers=ask)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_site_that_is_allowed_may_read_and_no_other(holder, world, built):
    settings = settings_of(world, allowed_origins="https://book.example.org")
    with serving(create_app(settings, holder, built=built)) as url:
        for origin, allowed in {"https://book.example.org": True, "https://evil.example": False}.items():
            ask = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            for answer in (
                httpx.get(f"{url}{API}/config", headers={"Origin": origin}),
                httpx.options(f"{url}{API}/config", headers=ask),
            ):
                named = answer.headers.get("access-control-allow-origin")
                assert named == (origin if allowed else None)
                assert "access-control-allow-credentials" not in answer.headers


def test_what_was_sent_is_said_back_as_json_and_in_few_letters(explorer, tile):
    hostile = "<img src=x onerror=alert(1)>" + "A" * 500
    answer = explorer.get(f"{API}/tiles/{tile}/similar", params={"limit": hostile})
    assert len(refused(answer, 422)["detail"]) < 200
    answer = explorer.get("/%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in answer.text


def test_an_error_that_nobody_foresaw_is_logged_and_not_shown(holder, world, built, caplog):
    app = create_app(settings_of(world), holder, built=built)

    @app.get(f"{API}/broken")
    async def broken() -> None:
        raise RuntimeError("the password is tomato")

    app.router.routes.insert(0, app.router.routes.pop())  # before the pages, which take all that is left
    with serving(app) as url, caplog.at_level(logging.ERROR):
        answer = httpx.get(f"{url}{API}/broken")
        problem = refused(answer, 500)
        assert httpx.get(f"{url}{API}/status").status_code == 200
    assert "tomato" not in answer.text
    assert "fault of the explorer" in problem["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "tomato" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"frame_ancestors": "https://a.example; script-src *"},
        {"frame_ancestors": "* 'unsafe-inline'"},
        {"allowed_hosts": "a.example/x"},
        {"allowed_origins": "*"},
        {"allowed_origins": "https://a.example/path"},
        {"mapbox_token": "sk.tomato"},
        {"mapbox_token": "pk.a; script-src *"},
        {"basemap": "mapbox"},
        {"similar_rate": "often"},
        {"port": 70_000},
        {"concurrent_searches": 0},
        {"colour": "red"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_before_anything_starts(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))) as refusal:
        Settings(**wrong)
    assert "tomato" not in str(refusal.value), "a token is no secret from a log only if it is not in it"


def test_settings_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("COURSE_EXPLORER_ALLOWED_ORIGINS", "https://a.example,https://b.example")
    monkeypatch.setenv("COURSE_EXPLORER_SIMILAR_RATE", "10/second")
    monkeypatch.setenv("COURSE_MAPBOX_TOKEN", "pk.e30.x")
    settings = Settings()
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.similar_rate == "10/second"
    assert "pk.e30" not in repr(settings)


def test_it_listens_on_loopback_unless_told_otherwise():
    assert Settings().host == "127.0.0.1"
    assert Settings().on_loopback
    assert Settings(host="::1").on_loopback
    assert not Settings(host="0.0.0.0").on_loopback
    assert all(re.fullmatch(r"[a-z_]+", name) for name in Settings.model_fields)
